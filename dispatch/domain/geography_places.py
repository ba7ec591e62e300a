"""Areas and placements as plain values: what the map said about a point, complete enough to be stored and replayed.

Knows no geometry engine beyond holding a shape for `Atlas.build`; the measuring is done in `geography`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Literal

Layer = Literal["ward", "province", "district", "neighbour"]
Verdict = Literal["inside", "nearest", "near", "neighbour_border", "neighbour", "outside"]
Hint = Literal["swapped", "null-island", "outside"]
Territory = tuple[tuple[str, str, int], ...]

NEAREST_M = 50.0  # A point this close to an area is used as if inside, and marked.
NEAR_M = 5_000.0  # Up to here an area is proposed to a human; beyond it the place is not ours.
ACCURACY_CAP_M = 500.0  # A vaguer fix than this decides nothing by itself.
EVEN_SHARES = 0.1  # Shares closer than this count as equal; then depth inside the area decides.


def valid_on(valid_from: date, valid_to: date | None, on: date) -> bool:
    """Half-open validity: `valid_to` is the first day on which the thing no longer holds."""
    return valid_from <= on and (valid_to is None or on < valid_to)


@dataclass(frozen=True, kw_only=True)
class AreaShape:
    """One version of an area as the map gives it; geometry is WGS 84 (lon, lat), None where no polygon exists.

    `depth` is 1 for the widest of our areas (the province) and grows towards the ward.
    """

    id: int
    layer: Layer
    code: str
    name: str
    parent_code: str | None = None
    depth: int
    valid_from: date
    valid_to: date | None = None
    approximate: bool = False
    geometry: Any = None


@dataclass(frozen=True, kw_only=True)
class Area:
    """An area without its shape, with the areas above it (nearest first) on the day it was looked up."""

    id: int
    layer: str
    code: str
    name: str
    depth: int
    valid_from: date
    valid_to: date | None = None
    approximate: bool = False
    ancestors: tuple["Area", ...] = ()

    @property
    def version(self) -> str:
        """Codes are reused over the years, so a version is the first day of validity (ISO date)."""
        return self.valid_from.isoformat()

    @cached_property
    def territory(self) -> Territory:
        """(layer, code, depth) of this area and of all above it: what rules and holders are matched against."""
        return tuple((area.layer, area.code, area.depth) for area in (self, *self.ancestors))


@dataclass(frozen=True, slots=True)
class AreaHit:
    """One area at the point. `share` is the part of the accuracy circle inside it (1.0 for a bare point).

    `distance_inside_m` is metres from the point to the area's border, negative when the point itself lies outside
    and only its accuracy circle reaches in; a point on the border has 0.
    """

    area: Area
    share: float
    distance_inside_m: float

    @property
    def covers_point(self) -> bool:
        return self.distance_inside_m >= 0.0


@dataclass(frozen=True, slots=True)
class NearArea:
    """An area that does not cover the point, and the metres to it."""

    area: Area
    distance_m: float


@dataclass(frozen=True, slots=True)
class OutOfArea:
    """Why a place is refused: the hint for the sender and the neighbour it lies in or next to, where known."""

    hint: Hint
    neighbour_code: str | None
    neighbour_name: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    """Where a point lies among our areas on a day. `hits` has the leading area of each layer first.

    `accuracy_m` is the radius that was asked for (0 = a bare point); above 500 m the circle used is 500 m and
    `too_uncertain` is set. `near` lists our closest areas when none covers the point, nearest first.
    """

    lon: float
    lat: float
    accuracy_m: float
    on: date
    verdict: Verdict
    hits: tuple[AreaHit, ...] = ()
    near: tuple[NearArea, ...] = ()
    neighbours: tuple[AreaHit, ...] = ()
    nearest_neighbour: NearArea | None = None
    hint: Hint | None = None
    too_uncertain: bool = False

    @property
    def area(self) -> Area | None:
        """The area that may be used without asking: the leading hit, or the nearest within 50 m."""
        if self.verdict == "inside":
            return self.hits[0].area
        return self.near[0].area if self.verdict == "nearest" else None

    @property
    def refusal(self) -> OutOfArea | None:
        """Not None when the report must be refused with `location-out-of-area`."""
        if self.verdict not in ("neighbour", "outside"):
            return None
        known = self.neighbours[0].area if self.neighbours else None
        if known is None and self.nearest_neighbour:
            known = self.nearest_neighbour.area
        if known is None:
            return OutOfArea(self.hint or "outside", None, None)
        return OutOfArea(self.hint or "outside", known.code, known.name)


def lead_first(hits: Sequence[AreaHit]) -> tuple[AreaHit, ...]:
    """Order hits by who leads: larger share; shares within 0.1 of the largest → deeper inside, then code.

    "Within 0.1" is not transitive, so the lead is picked from those near the maximum, then the next lead from the
    rest: the outcome does not depend on the order in which the map answered.
    """
    rest, ordered = list(hits), []
    while rest:
        bar = max(hit.share for hit in rest) - EVEN_SHARES - 1e-9
        even = (hit for hit in rest if hit.share >= bar)
        lead = min(even, key=lambda hit: (-hit.distance_inside_m, hit.area.code, hit.area.layer, hit.area.id))
        ordered.append(lead)
        rest.remove(lead)
    return tuple(ordered)


def effective_accuracy(location_source: str, accuracy_m: float | None) -> float:
    """The radius in metres that counts: a GPS fix is as vague as it says, a place picked on a map is exact."""
    return float(accuracy_m or 0.0) if location_source == "gps" else 0.0


def lead_by_layer(hits: Iterable[AreaHit]) -> list[AreaHit]:
    """Hits grouped by layer, the deepest layer first, each layer's leading area first."""
    layers: dict[tuple[int, str], list[AreaHit]] = {}
    for hit in hits:
        layers.setdefault((-hit.area.depth, hit.area.layer), []).append(hit)
    return [hit for layer in sorted(layers) for hit in lead_first(layers[layer])]
