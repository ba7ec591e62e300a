"""Facts and routes as plain JSON values and back, without loss: what a trace stores.

Written out by hand, field by field: a stored trace must stay readable for years, so its form is a promise and not a
by-product of how today's classes look. Times are ISO 8601 with offset, days ISO dates, lengths metres.
"""

from datetime import date, datetime
from typing import Any

from dispatch.domain.geography_places import Area, AreaHit, NearArea, Placement
from dispatch.domain.routing_facts import AssetNear, Facts, Text
from dispatch.domain.routing_route import Proposal, Route, RuleRef, RunnerUp

Json = dict[str, Any]


def facts_to_json(facts: Facts) -> Json:
    """Everything the decision looked at, hits included, so that a replay needs no map."""
    return {
        "category": facts.category,
        "placement": placement_to_json(facts.placement),
        "received_at": facts.received_at.isoformat(),
        "occurred_at": facts.occurred_at.isoformat(),
        "severity": facts.severity,
        "location_source": facts.location_source,
        "channel": facts.channel,
        "attributes": dict(facts.attributes),
        "assets": [{"class": a.asset_class, "distance_m": a.distance_m, "code": a.code} for a in facts.assets],
        "text_flags": list(facts.text_flags),
    }


def facts_from_json(stored: Json) -> Facts:
    """The inverse of `facts_to_json`; KeyError or ValueError for anything else."""
    return Facts(
        category=stored["category"],
        placement=placement_from_json(stored["placement"]),
        received_at=datetime.fromisoformat(stored["received_at"]),
        occurred_at=datetime.fromisoformat(stored["occurred_at"]),
        severity=stored["severity"],
        location_source=stored["location_source"],
        channel=stored["channel"],
        attributes=dict(stored["attributes"]),
        assets=tuple(AssetNear(a["class"], a["distance_m"], a["code"]) for a in stored["assets"]),
        text_flags=tuple(stored["text_flags"]),
    )


def placement_to_json(placement: Placement) -> Json:
    next_door = placement.nearest_neighbour
    return {
        "lon": placement.lon,
        "lat": placement.lat,
        "accuracy_m": placement.accuracy_m,
        "on": placement.on.isoformat(),
        "verdict": placement.verdict,
        "hits": [_hit_to_json(hit) for hit in placement.hits],
        "near": [_near_to_json(near) for near in placement.near],
        "neighbours": [_hit_to_json(hit) for hit in placement.neighbours],
        "nearest_neighbour": _near_to_json(next_door) if next_door else None,
        "hint": placement.hint,
        "too_uncertain": placement.too_uncertain,
    }


def placement_from_json(stored: Json) -> Placement:
    next_door = stored["nearest_neighbour"]
    return Placement(
        lon=stored["lon"],
        lat=stored["lat"],
        accuracy_m=stored["accuracy_m"],
        on=date.fromisoformat(stored["on"]),
        verdict=stored["verdict"],
        hits=tuple(map(_hit_from_json, stored["hits"])),
        near=tuple(map(_near_from_json, stored["near"])),
        neighbours=tuple(map(_hit_from_json, stored["neighbours"])),
        nearest_neighbour=_near_from_json(next_door) if next_door else None,
        hint=stored["hint"],
        too_uncertain=stored["too_uncertain"],
    )


def route_to_json(route: Route) -> Json:
    """The whole decision; `route_from_json` gives an equal Route back."""
    return {
        "status": route.status,
        "agency": route.agency,
        "function": route.function,
        "rule": _rule_to_json(route.rule) if route.rule else None,
        "reason": route.reason,
        "because": _text_to_json(route.because),
        "area": _area_to_json(route.area) if route.area else None,
        "areas": [_hit_to_json(hit) for hit in route.areas],
        "ambiguous": route.ambiguous,
        "ambiguity": route.ambiguity,
        "confidence": route.confidence,
        "support": list(route.support),
        "proposals": [_proposal_to_json(proposal) for proposal in route.proposals],
        "runners_up": [{"rule": _rule_to_json(r.rule), "why_not": _text_to_json(r.why_not)} for r in route.runners_up],
        "order_key": list(route.order_key) if route.order_key else None,
        "severity": route.severity,
        "emergency": route.emergency,
        "rulebook": route.rulebook,
    }


def route_from_json(stored: Json) -> Route:
    """The inverse of `route_to_json`; KeyError or ValueError for anything else."""
    return Route(
        status=stored["status"],
        agency=stored["agency"],
        function=stored["function"],
        rule=RuleRef(**stored["rule"]) if stored["rule"] else None,
        reason=stored["reason"],
        because=Text(**stored["because"]),
        area=_area_from_json(stored["area"]) if stored["area"] else None,
        areas=tuple(map(_hit_from_json, stored["areas"])),
        ambiguous=stored["ambiguous"],
        ambiguity=stored["ambiguity"],
        confidence=stored["confidence"],
        support=tuple(stored["support"]),
        proposals=tuple(map(_proposal_from_json, stored["proposals"])),
        runners_up=tuple(RunnerUp(RuleRef(**r["rule"]), Text(**r["why_not"])) for r in stored["runners_up"]),
        order_key=tuple(stored["order_key"]) if stored["order_key"] else None,
        severity=stored["severity"],
        emergency=stored["emergency"],
        rulebook=stored["rulebook"],
    )


def _area_to_json(area: Area) -> Json:
    return {
        "id": area.id,
        "layer": area.layer,
        "code": area.code,
        "name": area.name,
        "depth": area.depth,
        "valid_from": area.valid_from.isoformat(),
        "valid_to": area.valid_to.isoformat() if area.valid_to else None,
        "approximate": area.approximate,
        "ancestors": [_area_to_json(above) for above in area.ancestors],
    }


def _area_from_json(stored: Json) -> Area:
    return Area(
        id=stored["id"],
        layer=stored["layer"],
        code=stored["code"],
        name=stored["name"],
        depth=stored["depth"],
        valid_from=date.fromisoformat(stored["valid_from"]),
        valid_to=date.fromisoformat(stored["valid_to"]) if stored["valid_to"] else None,
        approximate=stored["approximate"],
        ancestors=tuple(map(_area_from_json, stored["ancestors"])),
    )


def _hit_to_json(hit: AreaHit) -> Json:
    return {"area": _area_to_json(hit.area), "share": hit.share, "distance_inside_m": hit.distance_inside_m}


def _hit_from_json(stored: Json) -> AreaHit:
    return AreaHit(_area_from_json(stored["area"]), stored["share"], stored["distance_inside_m"])


def _near_to_json(near: NearArea) -> Json:
    return {"area": _area_to_json(near.area), "distance_m": near.distance_m}


def _near_from_json(stored: Json) -> NearArea:
    return NearArea(_area_from_json(stored["area"]), stored["distance_m"])


def _rule_to_json(rule: RuleRef) -> Json:
    return {"code": rule.code, "version": rule.version}


def _text_to_json(text: Text) -> Json:
    return {"key": text.key, "args": dict(text.args)}


def _proposal_to_json(proposal: Proposal) -> Json:
    return {
        "agency": proposal.agency,
        "function": proposal.function,
        "rule": _rule_to_json(proposal.rule),
        "area": _area_to_json(proposal.area),
        "share": proposal.share,
        "distance_m": proposal.distance_m,
    }


def _proposal_from_json(stored: Json) -> Proposal:
    return Proposal(
        stored["agency"],
        stored["function"],
        RuleRef(**stored["rule"]),
        _area_from_json(stored["area"]),
        stored["share"],
        stored["distance_m"],
    )
