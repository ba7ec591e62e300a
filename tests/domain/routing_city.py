"""Two wards of Việt Trì, their agencies and builders of rules, facts and rulebooks for the routing tests."""

from datetime import UTC, date, datetime

from dispatch.domain.geography_places import Area, AreaHit, Placement
from dispatch.domain.routing import choose_route
from dispatch.domain.routing_facts import Facts
from dispatch.domain.routing_rules import AgencyView, CategoryTree, Holder, RoutingRule
from dispatch.domain.routing_view import RulebookView

START, REFORM, TODAY = date(2020, 1, 1), date(2025, 7, 1), date(2026, 3, 2)  # a Monday
MORNING = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # 09:00 in Việt Trì
DESK = "ioc"

PHU_THO = Area(id=1, layer="province", code="25", name="Phú Thọ", depth=1, valid_from=REFORM)
VIET_TRI = Area(
    id=11, layer="ward", code="07900", name="Phường Việt Trì", depth=2, valid_from=REFORM, ancestors=(PHU_THO,)
)
NONG_TRANG = Area(
    id=12, layer="ward", code="07909", name="Phường Nông Trang", depth=2, valid_from=REFORM, ancestors=(PHU_THO,)
)
ACROSS = Area(id=90, layer="neighbour", code="00090", name="Xã Láng Giềng", depth=2, valid_from=REFORM)

TREE = CategoryTree({"street": None, "street.light": "street", "street.light.dark": "street.light", "waste": None})
NAMES = ("ward-viet-tri", "ward-nong-trang", "so-xay-dung", "so-ntmt", "dien-luc", "cong-an", DESK)


def rule(code: str, **more) -> RoutingRule:
    asked = {"version": 1, "title": f"Quy tắc {code}", "valid_from": START} | more
    if "agency" not in asked:
        asked.setdefault("function", "upkeep")
    return RoutingRule(code=code, **asked)


WARD_UPKEEP = (
    Holder(function="upkeep", agency="ward-viet-tri", layer="ward", code="07900", valid_from=START),
    Holder(function="upkeep", agency="ward-nong-trang", layer="ward", code="07909", valid_from=START),
    Holder(function="upkeep", agency="so-xay-dung", valid_from=START),
    Holder(function="power", agency="dien-luc", valid_from=START),
)


def book(*rules: RoutingRule, holders=WARD_UPKEEP, agencies=(), version="7") -> RulebookView:
    known = agencies or [AgencyView(code=name, valid_from=START) for name in NAMES]
    return RulebookView(
        version=version, zone="Asia/Ho_Chi_Minh", categories=TREE, rules=rules, holders=holders, agencies=known
    )


def placed(*hits: tuple[Area, float, float], verdict="inside", on=TODAY, **more) -> Placement:
    found = tuple(AreaHit(*hit) for hit in hits)
    return Placement(lon=105.4, lat=21.3, accuracy_m=0, on=on, verdict=verdict, hits=found, **more)


HOME = placed((VIET_TRI, 1.0, 400.0))


def facts(category="street.light", placement=HOME, **more) -> Facts:
    return Facts(category=category, placement=placement, **{"received_at": MORNING, "occurred_at": MORNING} | more)


def route(given_facts: Facts, view: RulebookView):
    return choose_route(given_facts, view, desk=DESK)
