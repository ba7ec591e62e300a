"""Doubtful places and words: overlaps, circles over borders, gaps, denunciations."""

import pytest

from dispatch.domain.geography_places import AreaHit, NearArea
from tests.domain.routing_city import (
    ACROSS,
    DESK,
    NONG_TRANG,
    VIET_TRI,
    book,
    facts,
    placed,
    route,
    rule,
)


def test_overlapping_wards_with_two_agencies_wait_for_a_click():
    both = placed((VIET_TRI, 1.0, 400.0), (NONG_TRANG, 1.0, 90.0))
    decided = route(facts(placement=both), book(rule("lights")))
    assert (decided.status, decided.agency, decided.reason) == ("triage", DESK, "ambiguous")
    assert (decided.ambiguity, decided.confidence) == ("overlap", 0.5)
    assert [(p.agency, p.area.code) for p in decided.proposals] == [
        ("ward-viet-tri", "07900"),
        ("ward-nong-trang", "07909"),
    ]


def test_a_clear_lead_is_routed_as_ambiguous_with_the_other_asked_to_help():
    circle = placed((VIET_TRI, 0.8, 20.0), (NONG_TRANG, 0.2, -20.0))
    decided = route(facts(placement=circle), book(rule("lights")))
    assert (decided.status, decided.agency, decided.reason) == ("routed", "ward-viet-tri", "ambiguous")
    assert (decided.ambiguity, decided.confidence, decided.support) == ("accuracy", 0.8, ("ward-nong-trang",))
    assert [p.agency for p in decided.proposals] == ["ward-nong-trang"]


def test_two_wards_with_one_agency_are_no_doubt_at_all():
    both = placed((VIET_TRI, 0.5, 5.0), (NONG_TRANG, 0.5, -5.0))
    decided = route(facts(placement=both), book(rule("lights", agency="so-xay-dung")))
    assert (decided.status, decided.ambiguous, decided.confidence) == ("routed", False, 1.0)


def test_a_circle_mostly_over_the_border_is_not_ours_silently():
    over = placed((VIET_TRI, 0.55, 3.0), neighbours=(AreaHit(ACROSS, 0.45, -3.0),))
    decided = route(facts(placement=over), book(rule("lights")))
    assert (decided.status, decided.reason, decided.confidence) == ("triage", "ambiguous", 0.55)
    touched = placed((VIET_TRI, 0.9, 60.0), neighbours=(AreaHit(ACROSS, 0.1, -60.0),))
    routed = route(facts(placement=touched), book(rule("lights")))
    assert (routed.status, routed.because.key, routed.support) == ("routed", "route-ambiguous-abroad", ())
    assert routed.because.args["neighbour"] == "Xã Láng Giềng"


@pytest.mark.parametrize(
    ("verdict", "metres", "status", "reason"),
    [
        ("nearest", 34.0, "routed", "nearest"),
        ("near", 318.5, "triage", "nearest"),
        ("neighbour_border", 25.8, "triage", "ambiguous"),
    ],
)
def test_off_the_map_only_the_nearest_fifty_metres_are_used_without_asking(verdict, metres, status, reason):
    where = placed(verdict=verdict, near=(NearArea(VIET_TRI, metres), NearArea(NONG_TRANG, metres + 10)))
    decided = route(facts(placement=where), book(rule("lights")))
    assert (decided.status, decided.reason) == (status, reason)
    assert decided.because.args["metres"] == round(metres)
    if status == "triage":
        assert (decided.agency, decided.area) == (DESK, None)
        assert decided.proposals[0].agency == "ward-viet-tri"
    else:
        assert (decided.agency, decided.area.code) == ("ward-viet-tri", "07900")


def test_a_vague_position_waits_with_proposals():
    vague = placed((VIET_TRI, 0.9, 100.0), too_uncertain=True)
    decided = route(facts(placement=vague), book(rule("lights")))
    assert (decided.status, decided.because.key, len(decided.proposals)) == ("triage", "route-too-uncertain", 1)


def test_a_place_outside_still_has_an_owner():
    decided = route(facts(placement=placed(verdict="outside", hint="outside")), book(rule("lights")))
    assert (decided.status, decided.agency, decided.because.key) == ("triage", DESK, "route-outside")


def test_a_denunciation_waits_and_an_emergency_does_not():
    held = route(facts(text_flags=("emergency", "denunciation")), book(rule("lights")))
    assert (held.status, held.reason, held.emergency) == ("triage", "text-flag", True)
    assert held.proposals[0].agency == "ward-viet-tri"
    assert route(facts(text_flags=("emergency",)), book(rule("lights"))).status == "routed"
