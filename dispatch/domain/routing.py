"""Where a report goes, and why. Knows rules and facts; does not know maps, tables or people.

`choose_route` is total: whatever the facts, somebody owns the report when it returns, an agency or the desk.
It never tries "the next rule": a winner whose function nobody holds is a gap in the directory that the desk must see.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.domain.geography_places import Placement
from dispatch.domain.routing_choice import Choice, choose, first_fitting, places
from dispatch.domain.routing_facts import EMERGENCY, TRIAGE_FLAGS, Facts, Scalar, Text
from dispatch.domain.routing_route import Ambiguity, Proposal, Reason, Route
from dispatch.domain.routing_view import RulebookView, Ruling

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
    return _plain(facts, view) or _weighed(facts, view, desk)


def _plain(facts: Facts, view: RulebookView) -> Route | None:
    """The common case kept short: one area, one fitting rule, one holder, nothing said that needs a human.

    None when anything has to be weighed; a property test holds it equal to `_weighed` wherever it answers.
    """
    placement = facts.placement
    if placement.verdict != "inside" or len(placement.hits) > 1 or placement.neighbours:
        return None
    if placement.too_uncertain or facts.text_flags:
        return None
    area = placement.hits[0].area
    ruling, runners_up = first_fitting(facts, view, area.territory)
    if ruling is None or ruling.held.agency is None:
        return None
    rule = ruling.candidate.rule
    floor, severity = rule.severity_floor, facts.severity
    return Route(
        status="routed",
        agency=ruling.held.agency,
        function=rule.function,
        rule=ruling.ref,
        reason="rule",
        because=Text("route-rule", {"area": area.name, "agency": ruling.agency_name, "title": rule.title}),
        area=area,
        areas=placement.hits,
        ambiguous=False,
        ambiguity=None,
        confidence=1.0,
        support=ruling.support,
        proposals=(),
        runners_up=runners_up,
        order_key=ruling.candidate.order_key,
        severity=severity if floor is None or floor < severity else floor,
        emergency=False,
        rulebook=view.version,
    )


def _weighed(facts: Facts, view: RulebookView, desk: str) -> Route:
    """Every area's choice is made and set against the others."""
    placement = facts.placement
    choices = [choose(facts, view, place) for place in places(facts)]
    inside = placement.verdict == "inside"
    differing = _differing(choices) if inside else []
    abroad = sum(hit.share for hit in placement.neighbours) if inside else 0.0
    confidence = _confidence(placement, differing, abroad)
    judgement = _judge(facts, choices, differing, confidence)
    lead = choices[0] if choices else None
    ruling = lead.ruling if lead else None
    rule = ruling.candidate.rule if ruling else None
    floor = rule.severity_floor if rule else None
    ambiguity = _ambiguity(placement, choices, differing) if differing or abroad else None
    return Route(
        status="routed" if judgement.decided else "triage",
        agency=(lead and judgement.decided and lead.agency) or desk,
        function=rule.function if rule else None,
        rule=ruling.ref if ruling else None,
        reason=judgement.reason,
        because=judgement.because,
        area=placement.area,
        areas=placement.hits,
        ambiguous=ambiguity is not None or judgement.reason == "ambiguous",
        ambiguity=ambiguity,
        confidence=confidence,
        support=_support(ruling, differing) if ruling and judgement.decided else (),
        proposals=_proposals(differing if judgement.decided else choices),
        runners_up=lead.runners_up if lead else (),
        order_key=ruling.candidate.order_key if ruling else None,
        severity=facts.severity if floor is None else max(facts.severity, floor),
        emergency=EMERGENCY in facts.text_flags,
        rulebook=view.version,
    )


def _differing(choices: Sequence[Choice]) -> list[Choice]:
    """The choices that would give the report to somebody else than the leading one does."""
    return [choice for choice in choices[1:] if choice.agency != choices[0].agency]


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


def _ambiguity(placement: Placement, choices: Sequence[Choice], differing: Sequence[Choice]) -> Ambiguity:
    """Why more than one answer is possible: maps that overlap at the point, or a circle that reaches farther."""
    others = any(choice.place.covers_point for choice in differing)
    others = others or any(hit.covers_point for hit in placement.neighbours)
    return "overlap" if choices[0].place.covers_point and others else "accuracy"


def _judge(facts: Facts, choices: Sequence[Choice], differing: Sequence[Choice], confidence: float) -> _Judgement:
    """Reasons in order of weight: what was said, where it lies, whether two may act, whether anybody may."""
    placement = facts.placement
    said = sorted(TRIAGE_FLAGS.intersection(facts.text_flags))
    if said:
        return _Judgement(False, "text-flag", Text("route-text-flag", {"flag": said[0]}))
    if not choices:
        return _Judgement(False, "no-rule", _nowhere(facts))
    words = _words(facts, choices, differing)
    if placement.verdict == "near":
        return _Judgement(False, "nearest", Text("route-near", words))
    if placement.verdict == "neighbour_border":
        return _Judgement(False, "ambiguous", Text("route-neighbour-border", words))
    if placement.too_uncertain:
        return _Judgement(False, "ambiguous", Text("route-too-uncertain", words))
    if confidence < SURE_ENOUGH:
        return _Judgement(False, "ambiguous", Text("route-ambiguous-undecided", words))
    lead = choices[0]
    if lead.ruling is None:
        return _Judgement(False, "no-rule", Text("route-no-rule", words))
    if lead.agency is None:
        return _Judgement(False, "no-holder", lead.ruling.held.problem or Text("route-no-rule", words))
    if placement.verdict == "nearest":
        return _Judgement(True, "nearest", Text("route-nearest", words))
    if differing or placement.neighbours:
        key = "route-ambiguous" if differing else "route-ambiguous-abroad"
        return _Judgement(True, "ambiguous", Text(key, words))
    return _Judgement(True, "rule", Text("route-rule", words))


def _support(ruling: Ruling, differing: Sequence[Choice]) -> tuple[str, ...]:
    """Agencies asked to help: those the rule names, then those of the other areas; each once, never the lead."""
    others = (choice.agency for choice in differing)
    return tuple(dict.fromkeys((*ruling.support, *(agency for agency in others if agency))))


def _proposals(choices: Sequence[Choice]) -> tuple[Proposal, ...]:
    """What a human may click, each agency once, the most likely first."""
    offers: dict[str, Proposal] = {}
    for choice in choices:
        agency, ruling, place = choice.agency, choice.ruling, choice.place
        if ruling and agency and agency not in offers:
            function = ruling.candidate.rule.function
            offers[agency] = Proposal(agency, function, ruling.ref, place.area, place.share, place.distance_m)
    return tuple(offers.values())


def _words(facts: Facts, choices: Sequence[Choice], differing: Sequence[Choice]) -> dict[str, Scalar]:
    """The facts that the sentences of `dispatch/locales/route.*.ftl` may use; metres are whole."""
    lead, placement = choices[0], facts.placement
    words: dict[str, Scalar] = {
        "area": lead.place.area.name,
        "agency": lead.ruling.agency_name if lead.ruling else "",
        "title": lead.ruling.candidate.rule.title if lead.ruling else "",
    }
    if placement.verdict != "inside":
        words["metres"] = round(lead.place.distance_m)
    if placement.too_uncertain:
        words["accuracy"] = round(placement.accuracy_m)
    if differing:
        words["other_area"] = differing[0].place.area.name
        words["other_agency"] = differing[0].ruling.agency_name if differing[0].ruling else ""
    if placement.neighbours:
        words["neighbour"] = placement.neighbours[0].area.name
    return words


def _nowhere(facts: Facts) -> Text:
    """The sentence for a place outside all our areas."""
    refusal = facts.placement.refusal
    name = refusal.neighbour_name if refusal else None
    return Text("route-outside", {"neighbour": name or "", "hint": refusal.hint if refusal else "outside"})
