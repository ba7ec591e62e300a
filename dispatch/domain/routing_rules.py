"""What a city writes down about who acts: routing rules, holders of functions, agencies in time, the category tree.

Plain values with validity dates. All validity is half-open: `valid_to` is the first day that no longer counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property


@dataclass(frozen=True)
class AssetCondition:
    """An asset of this class must lie within so many metres of the point."""

    asset_class: str
    within_m: float


@dataclass(frozen=True, kw_only=True)
class RoutingRule:
    """One version of a rule. Empty conditions ask nothing; a rule names a function or an agency, never both.

    `categories` are roots of subtrees; `areas` are (layer, code) pairs that hold for everything inside them;
    `hours` are half-open windows of local time that may run past midnight, `weekdays` ISO numbers (Monday = 1),
    `dates` inclusive (first, last) days, all judged at receipt in `zone` (IANA; the installation's when None).
    `sources` are the channels a report came by; `flags` must all have been found in the text.
    """

    code: str
    version: int
    title: str
    categories: tuple[str, ...] = ()
    areas: tuple[tuple[str, str], ...] = ()
    asset: AssetCondition | None = None
    hours: tuple[tuple[time, time], ...] = ()
    weekdays: tuple[int, ...] = ()
    dates: tuple[tuple[date, date], ...] = ()
    zone: str | None = None
    sources: tuple[str, ...] = ()
    min_severity: int | None = None
    flags: tuple[str, ...] = ()
    function: str | None = None
    agency: str | None = None
    supporting_functions: tuple[str, ...] = ()
    supporting_agencies: tuple[str, ...] = ()
    severity_floor: int | None = None
    rank: int = 100
    valid_from: date
    valid_to: date | None = None

    def __post_init__(self) -> None:
        if (self.function is None) == (self.agency is None):
            raise ValueError(f"rule {self.code}: a rule points to a function or to an agency")

    @cached_property
    def other_conditions(self) -> int:
        """How many conditions beside category, area and asset this rule makes."""
        asked = (self.hours, self.weekdays, self.dates, self.sources, self.flags)
        return sum(bool(part) for part in asked) + (self.min_severity is not None)

    @cached_property
    def decided_by_place(self) -> bool:
        """True when category and area alone say whether the rule fits."""
        return self.asset is None and self.other_conditions == 0


@dataclass(frozen=True, kw_only=True)
class Holder:
    """An agency that holds a function for a territory; `layer` and `code` None mean everywhere we serve."""

    function: str
    agency: str
    layer: str | None = None
    code: str | None = None
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, kw_only=True)
class AgencyView:
    """What routing needs of an agency: its life span and who took over its work (merged, split, renamed)."""

    code: str
    name: str = ""
    valid_from: date
    valid_to: date | None = None
    successor: str | None = None


class CategoryTree:
    """Categories with their parents; a root has depth 1."""

    def __init__(self, parents: Mapping[str, str | None]) -> None:
        self._paths = {code: tuple(_path(code, parents)) for code in parents}

    def path(self, code: str) -> tuple[str, ...]:
        """The category and all above it, deepest first; empty when unknown."""
        return self._paths.get(code, ())

    def depth(self, code: str) -> int:
        """1 for a root, growing downwards; 0 when unknown."""
        return len(self.path(code))


def _path(code: str, parents: Mapping[str, str | None]) -> Iterable[str]:
    seen: set[str] = set()
    at: str | None = code
    while at is not None and at not in seen:
        seen.add(at)
        yield at
        at = parents.get(at)
    if at is not None:
        raise ValueError(f"category {code} lies in a circle of parents")
