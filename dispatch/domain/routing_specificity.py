"""Which rules fit, and which fitting rule is the most specific: the total order of the domain.

Order = (-category depth, has no asset condition, -area depth, -other conditions, rank, rule code), ascending.
Given the category and the territory the whole tuple is known before any other fact is looked at, so candidates are
sorted once and the first that fits wins.
"""

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from dispatch.domain.geography_places import Territory
from dispatch.domain.routing_facts import Facts, Text
from dispatch.domain.routing_rules import RoutingRule

OrderKey = tuple[int, int, int, int, int, str]
ORDER_PARTS = ("category", "asset", "area", "conditions", "rank", "code")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule whose category and area fit, with its place in the order."""

    order_key: OrderKey
    rule: RoutingRule


def matched_category_depth(rule: RoutingRule, path: tuple[str, ...]) -> int | None:
    """Depth of the deepest category on the path that the rule names; 0 if it names none, None if it misses.

    `path` is the report's category and all above it, deepest first.
    """
    if not rule.categories:
        return 0
    for above, code in enumerate(path):
        if code in rule.categories:
            return len(path) - above
    return None


def matched_area_depth(rule: RoutingRule, territory: Territory) -> int | None:
    """Depth of the deepest area there that the rule names; 0 if it names none, None if it misses."""
    if not rule.areas:
        return 0
    return max((depth for layer, code, depth in territory if (layer, code) in rule.areas), default=None)


def order_key(rule: RoutingRule, category_depth: int, area_depth: int) -> OrderKey:
    no_asset = 0 if rule.asset else 1
    return (-category_depth, no_asset, -area_depth, -rule.other_conditions, rule.rank, rule.code)


def unmet_condition(rule: RoutingRule, facts: Facts, zone: ZoneInfo) -> Text | None:
    """The first condition beside category and area that the facts do not meet; None when the rule fits."""
    if rule.decided_by_place:
        return None
    if rule.asset and not any(
        asset.asset_class == rule.asset.asset_class and asset.distance_m <= rule.asset.within_m
        for asset in facts.assets
    ):
        return Text("route-unmet-asset", {"asset": rule.asset.asset_class, "metres": rule.asset.within_m})
    if rule.hours or rule.weekdays or rule.dates:
        local = facts.received_at.astimezone(ZoneInfo(rule.zone) if rule.zone else zone)
        if unmet := _unmet_time(rule, local):
            return unmet
    if rule.sources and facts.channel not in rule.sources:
        return Text("route-unmet-source", {"source": facts.channel})
    if rule.min_severity is not None and facts.severity < rule.min_severity:
        return Text("route-unmet-severity", {"severity": facts.severity, "least": rule.min_severity})
    missing = sorted(set(rule.flags) - set(facts.text_flags))
    return Text("route-unmet-flag", {"flag": missing[0]}) if missing else None


def _unmet_time(rule: RoutingRule, local: datetime) -> Text | None:
    at = local.time()
    if rule.hours and not any(_in_window(at, start, end) for start, end in rule.hours):
        return Text("route-unmet-hours", {"time": at.strftime("%H:%M")})
    if rule.weekdays and local.isoweekday() not in rule.weekdays:
        return Text("route-unmet-weekday", {"weekday": local.isoweekday()})
    if rule.dates and not any(first <= local.date() <= last for first, last in rule.dates):
        return Text("route-unmet-date", {"date": local.date().isoformat()})
    return None


def _in_window(at: time, start: time, end: time) -> bool:
    """Half-open; a window whose end is not after its start runs past midnight."""
    return start <= at < end if start < end else at >= start or at < end


def why_later(loser: OrderKey, winner: OrderKey) -> Text:
    """Which part of the order put a fitting rule behind the winner."""
    pairs = zip(ORDER_PARTS, loser, winner, strict=True)
    part = next((part for part, mine, best in pairs if mine != best), "version")
    return Text("route-later", {"by": part})
