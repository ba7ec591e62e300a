"""A route as a value: the decision with everything it hung on, fit to be stored, shown and replayed."""

from dataclasses import dataclass
from typing import Literal

from dispatch.domain.geography_places import Area, AreaHit
from dispatch.domain.routing_facts import Text
from dispatch.domain.routing_specificity import OrderKey

Reason = Literal["rule", "nearest", "ambiguous", "no-rule", "no-holder", "text-flag"]
Ambiguity = Literal["accuracy", "overlap"]


@dataclass(frozen=True, slots=True)
class RuleRef:
    """One version of a rule."""

    code: str
    version: int


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """A rule for this category and place that did not win, and why not."""

    rule: RuleRef
    why_not: Text


@dataclass(frozen=True, slots=True)
class Proposal:
    """A choice ready for the desk to click: this agency, as the rule for this area would have it."""

    agency: str
    function: str | None
    rule: RuleRef
    area: Area
    share: float
    distance_m: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """Who owns the report and why.

    `agency` is the desk while `status` is triage; `rule` is then the rule that would have decided.
    `support` are agencies asked to help: the rule's own, and those of other areas at an ambiguous point.
    `area` may be used in figures as the unit at receipt; None when a human must still say where the report lies.
    `areas` are the hits (polygon versions, shares, metres inside). `confidence`, 0 to 1, is the leading area's part
    of all shares; 1.0 where every area names the same agency, 0.0 where the report lies nowhere.
    `severity` has the rule's floor applied; `emergency` marks emergency words, which never hold a report back.
    """

    status: Literal["routed", "triage"]
    agency: str
    function: str | None
    rule: RuleRef | None
    reason: Reason
    because: Text
    area: Area | None
    areas: tuple[AreaHit, ...]
    ambiguous: bool
    ambiguity: Ambiguity | None
    confidence: float
    support: tuple[str, ...]
    proposals: tuple[Proposal, ...]
    runners_up: tuple[RunnerUp, ...]
    order_key: OrderKey | None
    severity: int
    emergency: bool
    rulebook: str
