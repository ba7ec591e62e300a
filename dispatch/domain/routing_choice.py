"""What the rulebook says for each area at a point: the rule that wins there, who holds its function, who came second.

Nothing is decided here; `routing` weighs the choices against each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.domain.geography_places import NEAREST_M, Area, AreaHit, Territory
from dispatch.domain.routing_facts import Facts, Text
from dispatch.domain.routing_route import RuleRef, RunnerUp
from dispatch.domain.routing_specificity import Candidate, unmet_condition, why_later
from dispatch.domain.routing_view import Held, RulebookView

RUNNERS_UP_KEPT = 10
NOBODY = Held(None)


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
    winner: Candidate | None
    held: Held
    runners_up: tuple[RunnerUp, ...]


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
    on = facts.placement.on
    shortlist = view.shortlist(facts.category, place.territory, on)
    winner: Candidate | None = None
    others: list[tuple[Candidate, Text | None]] = []
    for candidate in shortlist:
        if winner is not None and len(others) >= RUNNERS_UP_KEPT:
            break
        unmet = unmet_condition(candidate.rule, facts, view.zone)
        if unmet is None and winner is None:
            winner = candidate
        else:
            others.append((candidate, unmet))
    runners_up = tuple(
        RunnerUp(
            RuleRef(other.rule.code, other.rule.version),
            unmet or why_later(other.order_key, winner.order_key if winner else other.order_key),
        )
        for other, unmet in others[:RUNNERS_UP_KEPT]
    )
    held = _held(view, winner, place.territory, facts) if winner else NOBODY
    return Choice(place, winner, held, runners_up)


def _held(view: RulebookView, winner: Candidate, territory: Territory, facts: Facts) -> Held:
    on = facts.placement.on
    if winner.rule.function is not None:
        return view.holder(winner.rule.function, territory, on)
    return view.standing(winner.rule.agency or "", on)
