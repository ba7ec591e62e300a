"""Where a report goes, and why. Knows rules and facts; does not know maps, tables or people.

`choose_route` is total: whatever the facts, somebody owns the report when it returns, an agency or the desk.
It never tries "the next rule": a winner whose function nobody holds is a gap in the directory that the desk must see.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.domain.geography_places import Placement
from dispatch.domain.routing_choice import Choice, choose, places
from dispatch.domain.routing_facts import EMERGENCY, TRIAGE_FLAGS, Facts, Scalar, Text
from dispatch.domain.routing_route import Ambiguity, Proposal, Reason, Route, RuleRef
from dispatch.domain.routing_view import RulebookView

SURE_ENOUGH = 0.6  # Below this part of all shares a human chooses between the agencies.


@dataclass(frozen=True, slots=True)
class _Judgement:
    """The outcome in words; `decided` is False when a human must look."""

    decided: bool
    reason: Reason
    because: Text


def choose_route(facts: Facts, view: RulebookView, *, desk: str) -> Route:
    """The route of a report; `desk` is the code of the agency that owns what no rule can decide.

    Places that intake refuses (`placement.refusal`) still get an owner here, the desk: imports have no sender to ask.
    """
    choices = [choose(facts, view, place) for place in places(facts)]
    differing = _differing(choices) if facts.placement.verdict == "inside" else []
    abroad = sum(hit.share for hit in facts.placement.neighbours) if facts.placement.verdict == "inside" else 0.0
    confidence = _confidence(facts.placement, differing, abroad)
    judgement = _judge(facts, view, choices, differing, confidence)
    lead = choices[0] if choices else None
    ambiguity = _ambiguity(choices, differing, abroad)
    winner = lead.winner if lead else None
    rule = winner.rule if winner else None
    floor = rule.severity_floor if rule else None
    return Route(
        status="routed" if judgement.decided else "triage",
        agency=(lead and judgement.decided and lead.held.agency) or desk,
        function=rule.function if rule else None,
        rule=RuleRef(rule.code, rule.version) if rule else None,
        reason=judgement.reason,
        because=judgement.because,
        area=facts.placement.area,
        areas=facts.placement.hits,
        ambiguous=ambiguity is not None or judgement.reason == "ambiguous",
        ambiguity=ambiguity,
        confidence=confidence,
        support=_support(facts, view, lead, differing) if lead and judgement.decided else (),
        proposals=_proposals(differing if judgement.decided else choices),
        runners_up=lead.runners_up if lead else (),
        order_key=winner.order_key if winner else None,
        severity=facts.severity if floor is None else max(facts.severity, floor),
        emergency=EMERGENCY in facts.text_flags,
        rulebook=view.version,
    )


def _differing(choices: Sequence[Choice]) -> list[Choice]:
    """The choices that would give the report to somebody else than the leading one does."""
    return [choice for choice in choices[1:] if choice.held.agency != choices[0].held.agency]


def _confidence(placement: Placement, differing: Sequence[Choice], abroad: float) -> float:
    """The leading area's part of all shares; a neighbour's ground inside the circle counts against it.

    Asked layer by layer, and the most doubtful layer speaks. Where our areas agree they count together.
    """
    if placement.verdict != "inside":
        return 1.0 if placement.near else 0.0
    if not differing and not abroad:
        return 1.0
    parts = []
    for layer in {choice.place.area.layer for choice in differing} or {placement.hits[0].area.layer}:
        shares = [hit.share for hit in placement.hits if hit.area.layer == layer]
        lead = shares[0] if differing else sum(shares)
        parts.append(lead / (sum(shares) + abroad))
    return round(min(parts), 4)


def _ambiguity(choices: Sequence[Choice], differing: Sequence[Choice], abroad: float) -> Ambiguity | None:
    """Why more than one answer is possible: maps that overlap at the point, or a circle that reaches farther."""
    if not differing and not abroad:
        return None
    both = choices[0].place.covers_point and any(choice.place.covers_point for choice in differing)
    return "overlap" if both else "accuracy"


def _judge(
    facts: Facts, view: RulebookView, choices: Sequence[Choice], differing: Sequence[Choice], confidence: float
) -> _Judgement:
    """Reasons in order of weight: what was said, where it lies, whether two may act, whether anybody may."""
    placement = facts.placement
    said = sorted(TRIAGE_FLAGS.intersection(facts.text_flags))
    if said:
        return _Judgement(False, "text-flag", Text("route-text-flag", {"flag": said[0]}))
    if not choices:
        return _Judgement(False, "no-rule", _nowhere(facts))
    words = _words(facts, view, choices, differing)
    if placement.verdict == "near":
        return _Judgement(False, "nearest", Text("route-near", words))
    if placement.verdict == "neighbour_border":
        return _Judgement(False, "ambiguous", Text("route-neighbour-border", words))
    if placement.too_uncertain:
        return _Judgement(False, "ambiguous", Text("route-too-uncertain", words))
    if confidence < SURE_ENOUGH:
        return _Judgement(False, "ambiguous", Text("route-ambiguous-undecided", words))
    lead = choices[0]
    if lead.winner is None:
        return _Judgement(False, "no-rule", Text("route-no-rule", words))
    if lead.held.agency is None:
        return _Judgement(False, "no-holder", lead.held.problem or Text("route-no-rule", words))
    if placement.verdict == "nearest":
        return _Judgement(True, "nearest", Text("route-nearest", words))
    if differing or placement.neighbours:
        key = "route-ambiguous" if differing else "route-ambiguous-abroad"
        return _Judgement(True, "ambiguous", Text(key, words))
    return _Judgement(True, "rule", Text("route-rule", words))


def _support(facts: Facts, view: RulebookView, lead: Choice, differing: Sequence[Choice]) -> tuple[str, ...]:
    """Agencies asked to help: those the rule names, then those of the other areas; each once, never the lead."""
    on, rule = facts.placement.on, lead.winner.rule if lead.winner else None
    asked: list[str | None] = []
    if rule and (rule.supporting_functions or rule.supporting_agencies):
        asked += [view.holder(function, lead.place.territory, on).agency for function in rule.supporting_functions]
        asked += [view.standing(agency, on).agency for agency in rule.supporting_agencies]
    asked += [choice.held.agency for choice in differing]
    return tuple(dict.fromkeys(agency for agency in asked if agency and agency != lead.held.agency))


def _proposals(choices: Sequence[Choice]) -> tuple[Proposal, ...]:
    """What a human may click, each agency once, the most likely first."""
    offers: dict[str, Proposal] = {}
    for choice in choices:
        if choice.winner and choice.held.agency and choice.held.agency not in offers:
            rule, place = choice.winner.rule, choice.place
            offers[choice.held.agency] = Proposal(
                choice.held.agency,
                rule.function,
                RuleRef(rule.code, rule.version),
                place.area,
                place.share,
                place.distance_m,
            )
    return tuple(offers.values())


def _words(
    facts: Facts, view: RulebookView, choices: Sequence[Choice], differing: Sequence[Choice]
) -> dict[str, Scalar]:
    """The facts that the sentences of `dispatch/locales/route.*.ftl` may use; metres are whole."""
    lead, placement = choices[0], facts.placement
    words: dict[str, Scalar] = {
        "area": lead.place.area.name,
        "agency": view.agency_name(lead.held.agency) if lead.held.agency else "",
        "title": lead.winner.rule.title if lead.winner else "",
    }
    if placement.verdict != "inside":
        words["metres"] = round(lead.place.distance_m)
    if placement.accuracy_m:
        words["accuracy"] = round(placement.accuracy_m)
    if differing:
        words["other_area"] = differing[0].place.area.name
        words["other_agency"] = view.agency_name(differing[0].held.agency) if differing[0].held.agency else ""
    if placement.neighbours:
        words["neighbour"] = placement.neighbours[0].area.name
    return words


def _nowhere(facts: Facts) -> Text:
    """The sentence for a place outside all our areas."""
    refusal = facts.placement.refusal
    name = refusal.neighbour_name if refusal else None
    return Text("route-outside", {"neighbour": name or "", "hint": refusal.hint if refusal else "outside"})
