"""Where a point lies: hand-made square wards near Việt Trì, with an overlap, a gap, a neighbour and two versions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from math import inf, nan

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.domain.geography import Atlas
from dispatch.domain.geography_metres import metres_per_degree, metres_to_border
from dispatch.domain.geography_places import AreaHit, AreaShape, effective_accuracy, lead_first
from kit.geo import Point, metres_between

TODAY = date(2026, 3, 2)
REFORM = date(2025, 7, 1)
LON, LAT = 105.4, 21.3
EAST, NORTH = metres_per_degree(LAT)


def at(east_m: float, north_m: float) -> tuple[float, float]:
    """(lon, lat) of a point so many metres from the south-west corner of Phường Một."""
    return LON + east_m / EAST, LAT + north_m / NORTH


def square(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(*at(west, south), *at(east, north))


def ward(id: int, code: str, name: str, geometry, **more) -> AreaShape:
    asked = {"layer": "ward", "parent_code": "25", "depth": 2, "valid_from": REFORM} | more
    return AreaShape(id=id, code=code, name=name, geometry=geometry, **asked)


PROVINCE = AreaShape(id=1, layer="province", code="25", name="Phú Thọ", depth=1, valid_from=REFORM)
ONE = ward(11, "00011", "Phường Một", square(0, 0, 2000, 2000))
TWO = ward(12, "00012", "Phường Hai", square(2000, 0, 4000, 2000))
# Xã Ba claims a strip of Phường Hai (as three wards of Lào Cai do) and leaves a gap of 60 m above Phường Một.
THREE = ward(13, "00013", "Xã Ba", square(3500, 0, 6000, 2000), approximate=True)
FOUR = ward(14, "00014", "Xã Bốn", square(0, 2060, 4000, 4000))
NEIGHBOUR = ward(90, "00090", "Phường Láng Giềng", square(-9000, 0, 0, 4000), layer="neighbour", parent_code="01")


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    return Atlas.build([PROVINCE, ONE, TWO, THREE, FOUR, NEIGHBOUR])


def codes(placement) -> list[str]:
    return [hit.area.code for hit in placement.hits]


def test_a_point_inside_knows_its_ward_its_province_and_how_deep_it_lies(atlas):
    placement = atlas.locate(*at(500, 900), 0, TODAY)
    (hit,) = placement.hits
    assert placement.verdict == "inside"
    assert (hit.area.code, hit.share, hit.area.version) == ("00011", 1.0, "2025-07-01")
    assert hit.distance_inside_m == pytest.approx(500, abs=0.5)
    assert hit.area.territory == (("ward", "00011", 2), ("province", "25", 1))
    assert placement.area == hit.area
    assert placement.refusal is None


def test_a_point_on_a_border_belongs_to_both_sides(atlas):
    lon, _ = at(2000, 0)
    placement = atlas.locate(lon, at(0, 1000)[1], 0, TODAY)
    assert codes(placement) == ["00011", "00012"]
    assert [hit.distance_inside_m for hit in placement.hits] == [0.0, 0.0]


def test_overlapping_wards_each_count_in_full_and_the_deeper_one_leads(atlas):
    placement = atlas.locate(*at(3600, 1000), 0, TODAY)
    assert codes(placement) == ["00012", "00013"]
    assert [hit.share for hit in placement.hits] == [1.0, 1.0]
    assert placement.hits[0].distance_inside_m == pytest.approx(400, abs=0.5)
    assert placement.hits[1].area.approximate


def test_an_accuracy_circle_is_shared_between_the_wards_it_touches(atlas):
    placement = atlas.locate(*at(1980, 1000), 100, TODAY)
    shares = {hit.area.code: hit.share for hit in placement.hits}
    assert codes(placement)[0] == "00011"
    assert shares["00011"] == pytest.approx(0.626, abs=0.005)  # a circle cut 20 m beside its centre
    assert sum(shares.values()) == pytest.approx(1.0, abs=0.001)
    assert placement.hits[1].distance_inside_m == pytest.approx(-20, abs=0.1)
    assert not placement.hits[1].covers_point


def test_a_circle_deep_inside_one_ward_has_one_full_share(atlas):
    (hit,) = atlas.locate(*at(1000, 1000), 300, TODAY).hits
    assert hit.share == 1.0


def test_above_five_hundred_metres_the_circle_is_capped_and_said_to_be_too_uncertain(atlas):
    vague, capped = atlas.locate(*at(1700, 1000), 4000, TODAY), atlas.locate(*at(1700, 1000), 500, TODAY)
    assert vague.too_uncertain
    assert not capped.too_uncertain
    assert vague.hits == capped.hits
    assert vague.accuracy_m == 4000


def test_in_a_gap_the_nearest_ward_is_used_and_marked_up_to_fifty_metres(atlas):
    placement = atlas.locate(*at(1000, 2020), 0, TODAY)
    assert placement.verdict == "nearest"
    assert placement.hits == ()
    assert [(near.area.code, round(near.distance_m)) for near in placement.near[:2]] == [("00011", 20), ("00014", 40)]
    assert placement.area.code == "00011"


def test_between_fifty_metres_and_five_kilometres_an_area_is_only_proposed(atlas):
    for metres, verdict in ((49, "nearest"), (51, "near"), (4990, "near"), (5010, "outside")):
        placement = atlas.locate(*at(6000 + metres, 1000), 0, TODAY)
        assert placement.verdict == verdict, metres
        if verdict == "near":
            assert placement.near[0].area.code == "00013"
            assert placement.near[0].distance_m == pytest.approx(metres, abs=6)
            assert placement.area is None


def test_a_neighbours_ground_is_refused_by_name_except_close_to_our_border(atlas):
    far, close = atlas.locate(*at(-60, 1000), 0, TODAY), atlas.locate(*at(-40, 1000), 0, TODAY)
    assert (far.verdict, far.hint, far.near) == ("neighbour", "outside", ())
    assert (far.refusal.hint, far.refusal.neighbour_code) == ("outside", "00090")
    assert far.refusal.neighbour_name == "Phường Láng Giềng"
    assert (close.verdict, close.refusal) == ("neighbour_border", None)
    assert close.near[0].area.code == "00011"


def test_a_gps_circle_that_reaches_over_the_border_says_so(atlas):
    placement = atlas.locate(*at(30, 1000), 100, TODAY)
    assert codes(placement) == ["00011"]
    assert [hit.area.code for hit in placement.neighbours] == ["00090"]
    assert placement.hits[0].share + placement.neighbours[0].share == pytest.approx(1.0, abs=0.001)


def test_far_away_the_likely_mistake_is_named(atlas):
    lon, lat = at(1000, 1000)
    assert atlas.locate(lat, lon, 0, TODAY).hint == "swapped"
    assert atlas.locate(0.0, 0.0, 0, TODAY).hint == "null-island"
    assert atlas.locate(0.4, -0.7, 30, TODAY).hint == "null-island"
    assert atlas.locate(102.6331, 17.9757, 0, TODAY).hint == "outside"
    beyond = atlas.locate(*at(-9300, 1000), 0, TODAY)
    assert (beyond.verdict, beyond.refusal.neighbour_name) == ("outside", "Phường Láng Giềng")


@pytest.mark.parametrize(("lon", "lat", "accuracy_m"), [(nan, 21, 0), (105, inf, 0), (105, 21, nan), (105, 21, -1)])
def test_what_is_no_place_is_refused(atlas, lon, lat, accuracy_m):
    with pytest.raises(ValueError, match="finite"):
        atlas.locate(lon, lat, accuracy_m, TODAY)


def test_a_reused_code_means_the_unit_of_its_day():
    before = ward(21, "07900", "Phường Gia Cẩm", square(0, 0, 900, 900), valid_from=date(2004, 1, 1), valid_to=REFORM)
    after = ward(22, "07900", "Phường Việt Trì", square(0, 0, 3000, 3000))
    old_province = AreaShape(
        id=2, layer="province", code="25", name="Phú Thọ (cũ)", depth=1, valid_from=date(2004, 1, 1), valid_to=REFORM
    )
    atlas = Atlas.build([PROVINCE, old_province, before, after])
    last_day, first_day = date(2025, 6, 30), REFORM
    old, new = (atlas.locate(*at(300, 300), 0, day).hits[0].area for day in (last_day, first_day))
    assert [old.name, old.version, old.ancestors[0].name] == ["Phường Gia Cẩm", "2004-01-01", "Phú Thọ (cũ)"]
    assert [new.name, new.version, new.ancestors[0].name] == ["Phường Việt Trì", "2025-07-01", "Phú Thọ"]
    assert atlas.locate(*at(2000, 2000), 0, last_day).verdict == "near"


def test_the_province_is_derived_from_the_ward_never_from_its_own_polygon():
    ragged = AreaShape(
        id=1,
        layer="province",
        code="25",
        name="Phú Thọ",
        depth=1,
        valid_from=REFORM,
        geometry=square(100, 0, 9000, 2000),
    )
    atlas = Atlas.build([ragged, ONE])
    assert atlas.locate(*at(50, 500), 0, TODAY).hits[0].area.territory[-1] == ("province", "25", 1)
    assert atlas.locate(*at(2500, 500), 0, TODAY).verdict == "near"


def test_layers_beside_the_wards_answer_too_and_the_deepest_comes_first():
    police = AreaShape(
        id=50,
        layer="district",
        code="D1",
        name="Police 1",
        depth=1,
        valid_from=REFORM,
        geometry=square(0, 0, 9000, 9000),
    )
    atlas = Atlas.build([police, PROVINCE, ONE])
    assert codes(atlas.locate(*at(50, 500), 0, TODAY)) == ["00011", "D1"]


def test_our_depths_start_at_one():
    with pytest.raises(ValueError, match="depth"):
        Atlas.build([ward(1, "1", "x", square(0, 0, 1, 1), depth=0)])


def test_only_a_gps_fix_is_uncertain():
    assert effective_accuracy("gps", 35) == 35
    assert effective_accuracy("gps", None) == 0
    assert effective_accuracy("map", 35) == effective_accuracy("address", 35) == 0


@given(st.floats(-5000, 5000), st.floats(-5000, 5000), st.floats(8, 23.5))
def test_local_metres_agree_with_the_globe_within_five_kilometres(east_m, north_m, lat):
    east, north = metres_per_degree(lat)
    there = Point(105 + east_m / east, lat + north_m / north)
    flat = (east_m**2 + north_m**2) ** 0.5
    # The great circle is measured on a sphere: up to 0.6 % off the ellipsoid at our latitudes.
    assert metres_between(Point(105, lat), there) == pytest.approx(flat, rel=0.007, abs=0.01)


@settings(max_examples=150, deadline=None)
@given(st.floats(-200, 6200), st.floats(-200, 4200))
def test_remembered_squares_give_the_same_answer_as_asking_every_polygon(east_m, north_m):
    shapes = [ONE, TWO, THREE, FOUR]
    lon, lat = at(east_m, north_m)
    found = {hit.area.code: hit.distance_inside_m for hit in SHARED.locate(lon, lat, 0, TODAY).hits}
    point = shapely.Point(lon, lat)
    expected = {s.code: metres_to_border(s.geometry, lon, lat) for s in shapes if s.geometry.covers(point)}
    assert found == pytest.approx(expected, abs=0.1)


SHARED = Atlas.build([PROVINCE, ONE, TWO, THREE, FOUR, NEIGHBOUR])


@given(st.lists(st.tuples(st.sampled_from([0.3, 0.38, 0.45, 0.5, 1.0]), st.integers(0, 3)), min_size=1, max_size=5))
def test_who_leads_does_not_depend_on_the_order_of_the_maps_answer(parts):
    areas = [SHARED.locate(*at(500, 900), 0, TODAY).hits[0].area]
    hits = []
    for number, (share, inside) in enumerate(parts):
        area = type(areas[0])(id=number, layer="ward", code=f"{number:05}", name="", depth=2, valid_from=REFORM)
        hits.append(AreaHit(area, share, float(inside)))
    assert lead_first(hits) == lead_first(hits[::-1]) == lead_first(sorted(hits, key=lambda h: h.distance_inside_m))
    assert lead_first(hits)[0].share >= max(hit.share for hit in hits) - 0.1 - 1e-6


def test_many_threads_ask_one_map_and_agree_with_one():
    shapes = [PROVINCE, ONE, TWO, THREE, FOUR, NEIGHBOUR]
    asked = [(*at(x * 97.0 - 300, y * 83.0 - 300), (x + y) % 3 * 40) for x in range(70) for y in range(50)]
    alone, shared = Atlas.build(shapes), Atlas.build(shapes)
    expected = [alone.locate(*place, TODAY) for place in asked]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda place: shared.locate(*place, TODAY), asked)) == expected
