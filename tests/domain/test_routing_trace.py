"""Traces replay, rules explain themselves, and nothing hangs on the order in which rules were written down."""

import json
import re
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.domain.geography_places import NearArea
from dispatch.domain.routing import _plain, _weighed
from dispatch.domain.routing_facts import AssetNear
from dispatch.domain.routing_json import facts_from_json, facts_to_json, route_from_json, route_to_json
from dispatch.domain.routing_rules import AssetCondition, CategoryTree
from dispatch.domain.routing_trace import explain, replay, trace_to_json
from kit.words import Catalogue
from tests.domain.routing_city import (
    DESK,
    HOME,
    NAMES,
    NONG_TRANG,
    REFORM,
    START,
    TODAY,
    VIET_TRI,
    book,
    facts,
    placed,
    route,
    rule,
)


def test_explain_says_of_every_rule_whether_it_fits_or_what_it_misses():
    view = book(
        rule("lights", categories=("street.light",)),
        rule("any"),
        rule("old", valid_to=REFORM),
        rule("twice"),
        rule("twice", version=2),
        rule("waste", categories=("waste",)),
        rule("elsewhere", areas=(("ward", "07909"),)),
        rule("hotline", sources=("hotline",)),
    )
    told = {(e.rule.code, e.rule.version): e for e in explain(facts(), view)}
    assert {code: e.why.key for (code, version), e in told.items() if version == 1} == {
        "lights": "route-fits",
        "any": "route-later",
        "old": "route-unmet-validity",
        "twice": "route-unmet-superseded",
        "waste": "route-unmet-category",
        "elsewhere": "route-unmet-area",
        "hotline": "route-unmet-source",
    }
    assert [e.rule.code for e in told.values() if e.wins] == [route(facts(), view).rule.code] == ["lights"]


def test_a_trace_replays_alike_and_names_what_an_edit_changes():
    where = placed((VIET_TRI, 0.8, 20.0), (NONG_TRANG, 0.2, -20.0))
    seen, view = facts(placement=where, assets=(AssetNear("pole", 3.5, "P7"),)), book(rule("lights"), rule("b"))
    stored = json.loads(json.dumps(trace_to_json(seen, route(seen, view), desk=DESK)))
    assert replay(stored, view).same
    edited = book(rule("lights", version=2, agency="dien-luc"), rule("b"), version="8")
    assert edited.shortlist("street.light", VIET_TRI.territory, TODAY).candidates[0].rule.code == "b"
    again = replay(stored, book(rule("a", agency="dien-luc"), rule("b"), version="8"))
    assert not again.same
    assert {"agency", "rule", "function", "because"} <= set(again.changed)
    assert (again.before.agency, again.now.agency) == ("ward-viet-tri", "dien-luc")


def test_a_rule_points_to_one_actor_and_categories_run_in_no_circle():
    with pytest.raises(ValueError, match="function or to an agency"):
        rule("both", function="upkeep", agency="dien-luc")
    with pytest.raises(ValueError, match="circle"):
        CategoryTree({"a": "b", "b": "a"})


def test_every_reason_has_words_in_both_languages():
    root = Path(__file__).resolve().parents[2] / "dispatch"
    words = Catalogue(root / "locales")
    source = "".join(path.read_text(encoding="utf-8") for path in (root / "domain").glob("routing*.py"))
    used = set(re.findall(r'"(route-[a-z-]+)"', source))
    assert len(used) > 20
    assert used <= words.keys("vi") & words.keys("en")
    decided = route(facts(), book(rule("lights")))
    said = words.say(decided.because.key, "en", **decided.because.args)
    assert said == "ward-viet-tri acts in Phường Việt Trì by the rule “Quy tắc lights”."


conditions = st.fixed_dictionaries(
    {},
    optional={
        "categories": st.sampled_from([("street",), ("street.light",), ("street.light.dark",), ("waste", "street")]),
        "areas": st.sampled_from(
            [(("ward", "07900"),), (("province", "25"),), (("ward", "07909"), ("province", "25"))]
        ),
        "asset": st.sampled_from([AssetCondition("pole", 10.0), AssetCondition("pole", 40.0)]),
        "hours": st.sampled_from([((time(8), time(10)),), ((time(22), time(6)),)]),
        "sources": st.sampled_from([("app",), ("hotline",)]),
        "min_severity": st.integers(0, 3),
        "rank": st.integers(1, 3),
        "agency": st.sampled_from(NAMES),
        "valid_from": st.sampled_from([START, TODAY, date(2027, 1, 1)]),
    },
)
rulebooks = st.lists(conditions, min_size=1, max_size=8).map(
    lambda found: [rule(f"r{number}", **asked) for number, asked in enumerate(found)]
)
placements = st.sampled_from(
    [
        HOME,
        placed((NONG_TRANG, 0.7, 9.0), (VIET_TRI, 0.3, -9.0)),
        placed((VIET_TRI, 1.0, 0.0), (NONG_TRANG, 1.0, 0.0)),
        placed(verdict="near", near=(NearArea(NONG_TRANG, 80.0),)),
        placed(verdict="outside"),
    ]
)
reports = st.builds(
    facts,
    st.sampled_from(["street", "street.light", "street.light.dark", "waste"]),
    placements,
    severity=st.integers(0, 3),
    channel=st.sampled_from(["app", "hotline"]),
    assets=st.sampled_from([(), (AssetNear("pole", 25.0),)]),
    text_flags=st.sampled_from([(), ("complaint",), ("emergency",)]),
)


@settings(max_examples=150, deadline=None)
@given(rulebooks, reports, st.randoms(use_true_random=False))
def test_the_order_of_writing_never_changes_a_route(rules, seen, random):
    shuffled = random.sample(rules, len(rules))
    assert route(seen, book(*rules)) == route(seen, book(*shuffled))


@settings(max_examples=150, deadline=None)
@given(rulebooks, reports)
def test_the_order_is_total_and_explain_agrees_with_the_decision(rules, seen):
    view = book(*rules)
    told = explain(seen, view)
    keys = [e.order_key for e in told if e.fits]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    winners = [e.rule for e in told if e.wins]
    decided = route(seen, view)
    assert winners == ([decided.rule] if decided.rule else [])


@settings(max_examples=150, deadline=None)
@given(rulebooks, reports)
def test_facts_and_routes_survive_storage_and_replay_to_the_same_route(rules, seen):
    view = book(*rules)
    decided = route(seen, view)
    stored = json.loads(json.dumps(trace_to_json(seen, decided, desk=DESK)))
    assert facts_from_json(stored["facts"]) == seen
    assert facts_to_json(seen) == stored["facts"]
    assert route_from_json(stored["route"]) == decided
    assert route_to_json(decided) == stored["route"]
    assert replay(stored, book(*rules)).same
    assert decided.agency  # somebody always owns the report


@settings(max_examples=150, deadline=None)
@given(rulebooks, reports)
def test_the_short_way_and_the_long_way_decide_alike(rules, seen):
    view = book(*rules)
    short = _plain(seen, view)
    assert short is None or short == _weighed(seen, view, DESK)
