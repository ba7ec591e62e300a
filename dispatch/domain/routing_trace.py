"""Routes looked at again: replaying a stored decision, and explaining what every rule says about some facts.

A trace is `{"facts": …, "desk": …, "route": …}`. Replayed with the rulebook it was made with it gives the same route;
with another one the differences are named, which is also what a backtest counts.
"""

from dataclasses import dataclass

from dispatch.domain.geography_places import Territory, valid_on
from dispatch.domain.routing import choose_route
from dispatch.domain.routing_choice import places
from dispatch.domain.routing_facts import Facts, Text
from dispatch.domain.routing_json import Json, facts_from_json, facts_to_json, route_from_json, route_to_json
from dispatch.domain.routing_route import Route, RuleRef
from dispatch.domain.routing_rules import RoutingRule
from dispatch.domain.routing_specificity import (
    OrderKey,
    matched_area_depth,
    matched_category_depth,
    order_key,
    unmet_condition,
    why_later,
)
from dispatch.domain.routing_view import RulebookView


@dataclass(frozen=True)
class Replay:
    """A stored route beside the one decided now; `changed` names the members that differ (never the rulebook's)."""

    before: Route
    now: Route
    changed: tuple[str, ...]

    @property
    def same(self) -> bool:
        return not self.changed


@dataclass(frozen=True)
class Explained:
    """What one rule says: it wins, it fits but stands behind, or the first condition that it finds unmet."""

    rule: RuleRef
    title: str
    wins: bool
    fits: bool
    why: Text
    order_key: OrderKey | None


def trace_to_json(facts: Facts, route: Route, *, desk: str) -> Json:
    """What to store beside a report so that its route can be shown and replayed without the map."""
    return {"facts": facts_to_json(facts), "desk": desk, "route": route_to_json(route)}


def replay(trace: Json, view: RulebookView) -> Replay:
    """Decide a stored trace again; KeyError or ValueError when it is not a trace."""
    before = route_from_json(trace["route"])
    now = choose_route(facts_from_json(trace["facts"]), view, desk=trace["desk"])
    then, again = route_to_json(before), route_to_json(now)
    changed = tuple(name for name in then if name != "rulebook" and then[name] != again[name])
    return Replay(before, now, changed)


def explain(facts: Facts, view: RulebookView) -> list[Explained]:
    """Every rule of the rulebook for these facts at the leading area: fitting ones in order, the others by code."""
    asked = places(facts)
    territory = asked[0].territory if asked else ()
    in_force = view.in_force(facts.placement.on)
    judged = [_explain(rule, in_force.get(rule.code), territory, facts, view) for rule in view.rules]
    fitting = sorted((e for e in judged if e.fits), key=lambda e: e.order_key or ())
    if not fitting:
        return judged
    winner = fitting[0]
    best = winner.order_key or (0, 0, 0, 0, 0, "")
    behind = [
        Explained(e.rule, e.title, False, True, why_later(e.order_key or best, best), e.order_key) for e in fitting[1:]
    ]
    first = Explained(winner.rule, winner.title, True, True, winner.why, winner.order_key)
    return [first, *behind, *(e for e in judged if not e.fits)]


def _explain(
    rule: RoutingRule, newest: RoutingRule | None, territory: Territory, facts: Facts, view: RulebookView
) -> Explained:
    on = facts.placement.on
    category = matched_category_depth(rule, view.categories.path(facts.category))
    area = matched_area_depth(rule, territory)
    unmet: Text | None
    if not valid_on(rule.valid_from, rule.valid_to, on):
        unmet = Text("route-unmet-validity", {"date": on.isoformat()})
    elif newest is not None and newest.version != rule.version:
        unmet = Text("route-unmet-superseded", {"version": newest.version})
    elif category is None:
        unmet = Text("route-unmet-category")
    elif area is None or facts.placement.verdict in ("neighbour", "outside"):
        unmet = Text("route-unmet-area")
    else:
        unmet = unmet_condition(rule, facts, view.zone)
    key = order_key(rule, category, area) if category is not None and area is not None else None
    return Explained(
        RuleRef(rule.code, rule.version), rule.title, False, unmet is None, unmet or Text("route-fits"), key
    )
