"""What the rulebook says for each area at a point: the rule that wins there, who holds its function, who came second.

Nothing is decided here; `routing` weighs the choices against each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.domain.geography_places import NEAREST_M, Area, AreaHit, Territory
from dispatch.domain.routing_facts import Facts
from dispatch.domain.routing_route import RuleRef, RunnerUp
from dispatch.domain.routing_specificity import unmet_condition
from dispatch.domain.routing_view import RUNNERS_UP_KEPT, RulebookView, Ruling


@dataclass(frozen=True, slots=True)
class Place:
    """One area whose rules are asked, and the territory they are matched against."""

    area: Area
    territory: Territory
    share: float
    distance_m: float = 0.0
    covers_point: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """What the rulebook says for one place, before anything is made of the others."""

    place: Place
    ruling: Ruling | None
    runners_up: tuple[RunnerUp, ...]

    @property
    def agency(self) -> str | None:
        """Who would act; None where no rule fits or nobody holds its function."""
        return self.ruling.held.agency if self.ruling else None


def places(facts: Facts) -> list[Place]:
    """The areas whose rules are asked, the leading one first."""
    placement = facts.placement
    if placement.verdict == "inside":
        return _places_inside(placement.hits)
    reach_m = NEAREST_M if placement.verdict == "nearest" else float("inf")
    near = (near for near in placement.near if near.distance_m <= reach_m)
    return [Place(n.area, n.area.territory, 0.0, n.distance_m) for n in near]


def _places_inside(hits: Sequence[AreaHit]) -> list[Place]:
    """The leading hit, then every hit that does not lead its layer.

    Each stands together with the leading hits of the other layers: a ward's rule may also name a police district.
    """
    leads: dict[str, AreaHit] = {}
    for hit in hits:
        leads.setdefault(hit.area.layer, hit)
    asked = [hit for hit in hits if hit is hits[0] or leads[hit.area.layer] is not hit]
    places = []
    for hit in asked:
        territory = hit.area.territory
        for lead in leads.values() if len(leads) > 1 else ():
            if lead.area.layer != hit.area.layer:
                territory += lead.area.territory
        places.append(Place(hit.area, territory, hit.share, 0.0, hit.covers_point))
    return places


def choose(facts: Facts, view: RulebookView, place: Place) -> Choice:
    """What the rulebook says for one place."""
    return Choice(place, *first_fitting(facts, view, place.territory))


def first_fitting(facts: Facts, view: RulebookView, territory: Territory) -> tuple[Ruling | None, tuple[RunnerUp, ...]]:
    """Walk the shortlist to the first rule that fits. Those behind it are not asked: they could not win."""
    shortlist = view.shortlist(facts.category, territory, facts.placement.on)
    passed: tuple[RunnerUp, ...] = ()
    for position, candidate in enumerate(shortlist.candidates):
        unmet = unmet_condition(candidate.rule, facts, view.zone)
        if unmet is None:
            ruling = shortlist.ruling(position)
            return ruling, (passed + ruling.behind)[:RUNNERS_UP_KEPT] if passed else ruling.behind
        passed += (RunnerUp(RuleRef(candidate.rule.code, candidate.rule.version), unmet),)
    return None, passed[:RUNNERS_UP_KEPT]
