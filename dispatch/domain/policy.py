"""Which promise holds: the most specific policy for category, severity and kind of agency on the day of receipt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dispatch.domain.ladder import Rung
from dispatch.domain.promise import Target
from dispatch.domain.routing_rules import CategoryTree


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One version of a promise. `targets` by clock kind; `ladder` in ascending percent; day counts are working days."""

    id: int
    code: str
    version: int
    category: str | None
    min_severity: int
    agency_kind: str | None
    calendar: str | None
    targets: dict[str, Target]
    ladder: tuple[Rung, ...]
    max_extensions: int
    max_extension_days: int
    max_pause_days: int
    valid_from: datetime
    valid_to: datetime | None


def choose_policy(
    policies: Iterable[Policy],
    *,
    path: Sequence[str],
    tree: CategoryTree,
    severity: int,
    agency_kind: str,
    at: datetime,
) -> Policy | None:
    """The policy in force at `at`, or None. `path`: the category and all above it, deepest first.

    Order: deeper category, then higher severity threshold, then named agency kind, then code and newest version.
    """
    fitting = [
        policy
        for policy in policies
        if (policy.category is None or policy.category in path)
        and policy.min_severity <= severity
        and policy.agency_kind in (None, agency_kind)
        and policy.valid_from <= at
        and (policy.valid_to is None or at < policy.valid_to)
    ]
    return min(
        fitting,
        key=lambda policy: (
            -(tree.depth(policy.category) if policy.category else 0),
            -policy.min_severity,
            policy.agency_kind is None,
            policy.code,
            -policy.version,
        ),
        default=None,
    )
