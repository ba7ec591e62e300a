"""Who acts, and why: stories of the total order, of holders and of agencies in time."""

from dataclasses import replace
from datetime import date, time

import pytest

from dispatch.domain.routing_facts import AssetNear
from dispatch.domain.routing_rules import AgencyView, AssetCondition, Holder
from tests.domain.routing_city import (
    DESK,
    HOME,
    MORNING,
    REFORM,
    START,
    TODAY,
    WARD_UPKEEP,
    book,
    facts,
    route,
    rule,
)


def test_a_broken_light_goes_to_the_ward_that_holds_the_function():
    decided = route(facts(), book(rule("lights", categories=("street",))))
    assert (decided.status, decided.agency, decided.function) == ("routed", "ward-viet-tri", "upkeep")
    assert (decided.rule.code, decided.rule.version, decided.reason) == ("lights", 1, "rule")
    assert (decided.area.code, decided.area.version, decided.confidence) == ("07900", "2025-07-01", 1.0)
    assert decided.order_key == (-1, 1, 0, 0, 100, "lights")
    assert decided.rulebook == "7"


@pytest.mark.parametrize(
    ("narrower", "wider", "part"),
    [
        ({"categories": ("street.light",)}, {"categories": ("street",), "areas": (("ward", "07900"),)}, "category"),
        ({"asset": AssetCondition("pole", 30)}, {"areas": (("ward", "07900"),)}, "asset"),
        ({"areas": (("ward", "07900"),)}, {"areas": (("province", "25"),), "sources": ("app",)}, "area"),
        ({"sources": ("app",), "rank": 900}, {"rank": 1}, "conditions"),
        ({"rank": 1}, {"rank": 2}, "rank"),
        ({}, {}, "code"),
    ],
)
def test_each_part_of_the_order_decides_in_its_turn(narrower, wider, part):
    view = book(rule("b", **narrower), rule("c" if part == "code" else "a", **wider))
    decided = route(facts(assets=(AssetNear("pole", 12.0),)), view)
    assert decided.rule.code == "b"
    (second,) = decided.runners_up
    assert (second.why_not.key, second.why_not.args) == ("route-later", {"by": part})


@pytest.mark.parametrize(
    ("condition", "key"),
    [
        ({"asset": AssetCondition("road-national", 20)}, "route-unmet-asset"),
        ({"hours": ((time(18), time(6)),)}, "route-unmet-hours"),
        ({"weekdays": (6, 7)}, "route-unmet-weekday"),
        ({"dates": ((date(2026, 2, 14), date(2026, 2, 22)),)}, "route-unmet-date"),
        ({"sources": ("hotline",)}, "route-unmet-source"),
        ({"min_severity": 3}, "route-unmet-severity"),
        ({"flags": ("emergency",)}, "route-unmet-flag"),
    ],
)
def test_a_rule_whose_condition_is_not_met_stands_aside_and_says_which(condition, key):
    view = book(rule("special", agency="cong-an", **condition), rule("usual"))
    decided = route(facts(assets=(AssetNear("road-national", 20.5),), severity=2), view)
    assert decided.rule.code == "usual"
    assert [(r.rule.code, r.why_not.key) for r in decided.runners_up] == [("special", key)]


def test_every_condition_met_lets_the_special_rule_win():
    special = rule(
        "special",
        agency="cong-an",
        asset=AssetCondition("road-national", 20),
        hours=((time(7), time(9)), (time(9), time(11, 30))),
        weekdays=(1,),
        dates=((TODAY, TODAY),),
        sources=("hotline", "app"),
        min_severity=2,
        flags=("emergency",),
        severity_floor=4,
        supporting_functions=("power", "upkeep"),
        supporting_agencies=("so-ntmt", "cong-an"),
    )
    seen = facts(assets=(AssetNear("road-national", 20.0),), severity=2, text_flags=("emergency",))
    decided = route(seen, book(special, rule("usual")))
    assert (decided.agency, decided.status, decided.emergency) == ("cong-an", "routed", True)
    assert decided.severity == 4
    assert decided.support == ("dien-luc", "ward-viet-tri", "so-ntmt")


@pytest.mark.parametrize(
    ("utc_hour", "night"), [(10, False), (11, True), (17, True), (22, True), (23, False)]
)  # 17:00, 18:00, 00:00, 05:00, 06:00 local
def test_a_night_rule_runs_past_midnight_in_the_citys_own_time(utc_hour, night):
    view = book(rule("night", agency="cong-an", hours=((time(18), time(6)),)), rule("day"))
    decided = route(facts(received_at=MORNING.replace(hour=utc_hour)), view)
    assert (decided.rule.code == "night") == night


def test_a_winner_whose_function_nobody_holds_goes_to_the_desk_never_to_the_next_rule():
    view = book(rule("narrow", categories=("street.light",), function="lamps"), rule("wide"))
    decided = route(facts(), view)
    assert (decided.status, decided.agency, decided.reason) == ("triage", DESK, "no-holder")
    assert decided.rule.code == "narrow"
    assert decided.because.key == "route-holder-none"


def test_two_holders_of_the_same_territory_are_nobody():
    two = (*WARD_UPKEEP, Holder(function="upkeep", agency="so-ntmt", layer="ward", code="07900", valid_from=START))
    decided = route(facts(), book(rule("lights"), holders=two))
    assert (decided.reason, decided.because.key) == ("no-holder", "route-holder-several")


def test_where_no_rule_fits_the_desk_owns_the_report():
    decided = route(facts("waste"), book(rule("lights", categories=("street",))))
    assert (decided.status, decided.agency, decided.reason, decided.rule) == ("triage", DESK, "no-rule", None)
    assert route(facts("unheard-of"), book(rule("lights", categories=("street",)))).reason == "no-rule"


def test_rules_and_holders_count_on_their_days_and_the_highest_version_speaks():
    view = book(
        rule("lights", version=1, agency="so-ntmt", valid_to=TODAY),
        rule("lights", version=2, agency="dien-luc", valid_from=TODAY),
        rule("lights", version=3, agency="cong-an", valid_from=date(2026, 4, 1)),
    )
    on = {day: route(facts(placement=replace(HOME, on=day)), view) for day in (date(2026, 3, 1), TODAY)}
    assert {day.isoformat(): (r.agency, r.rule.version) for day, r in on.items()} == {
        "2026-03-01": ("so-ntmt", 1),
        "2026-03-02": ("dien-luc", 2),
    }
    later = replace(HOME, on=date(2026, 5, 1))
    assert route(facts(placement=later), view).rule.version == 3  # 2 and 3 overlap
    narrowed = book(rule("r", version=1), rule("r", version=2, categories=("waste",)))
    assert route(facts(), narrowed).reason == "no-rule"  # version 2 no longer speaks of lights


def test_a_dissolved_agencys_work_is_followed_to_its_heir():
    old, middle, heir = (
        AgencyView(code="phong-do-thi", valid_from=START, valid_to=REFORM, successor="phong-kinh-te"),
        AgencyView(code="phong-kinh-te", valid_from=START, valid_to=date(2026, 1, 1), successor="so-xay-dung"),
        AgencyView(code="so-xay-dung", name="Sở Xây dựng", valid_from=START),
    )
    view = book(rule("lights", agency="phong-do-thi"), agencies=(old, middle, heir))
    days = (date(2025, 6, 30), REFORM, TODAY)
    assert [route(facts(placement=replace(HOME, on=day)), view).agency for day in days] == [
        "phong-do-thi",
        "phong-kinh-te",
        "so-xay-dung",
    ]
    assert route(facts(), view).because.args["agency"] == "Sở Xây dựng"
    circle = (replace(old, successor="phong-kinh-te"), replace(middle, successor="phong-do-thi"))
    lost = route(facts(), book(rule("lights", agency="phong-do-thi"), agencies=circle))
    assert (lost.reason, lost.because.key) == ("no-holder", "route-holder-gone")


def test_two_holders_merged_into_one_heir_are_one():
    agencies = [
        AgencyView(code=code, valid_from=START, valid_to=REFORM, successor="so-xay-dung") for code in ("a", "b")
    ]
    agencies.append(AgencyView(code="so-xay-dung", valid_from=START))
    holders = [Holder(function="upkeep", agency=code, valid_from=START) for code in ("a", "b")]
    decided = route(facts(), book(rule("lights"), holders=holders, agencies=agencies))
    assert (decided.status, decided.agency) == ("routed", "so-xay-dung")
