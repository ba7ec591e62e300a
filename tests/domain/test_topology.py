"""How polygons of one layer fit: shared and unclaimed ground, sizes on the ellipsoid; what is refused on reading."""

import gzip
import json
from math import isclose

import pytest
import shapely
from shapely.geometry import box

from admin.imports.features import AreaDraft, Names, Refused, UnreadableFile, read_features, unique
from admin.imports.topology import area_m2, gaps, overlaps
from tests.shared_data import shared


def test_a_square_degree_has_its_geodesic_size_wherever_its_ring_begins():
    """One degree by one degree at Phú Thọ: about 110.7 km by 103.4 km."""
    square = box(105, 21, 106, 22)
    assert isclose(area_m2(square), 1.145e10, rel_tol=0.005)
    assert area_m2(shapely.reverse(square)) == area_m2(square)
    assert area_m2(square.difference(box(105.25, 21.25, 105.75, 21.75))) < 0.76 * area_m2(square)
    assert area_m2(shapely.LineString([(105, 21), (106, 22)])) == 0


def test_two_wards_that_claim_the_same_strip_are_named_with_its_size():
    areas = {"a": box(105, 21, 105.02, 21.02), "b": box(105.01, 21, 105.03, 21.02), "c": box(106, 21, 106.1, 21.1)}
    (found,) = overlaps(areas, of=areas)
    assert (found.a, found.b) == ("a", "b")
    assert isclose(found.area_m2, area_m2(box(105.01, 21, 105.02, 21.02)), rel_tol=1e-4)


def test_a_ward_wholly_inside_another_is_an_overlap_and_a_shared_border_is_none():
    areas = {"big": box(105, 21, 106, 22), "in": box(105.4, 21.4, 105.5, 21.5), "beside": box(106, 21, 107, 22)}
    assert [(one.a, one.b) for one in overlaps(areas, of={"in"})] == [("big", "in")]
    assert [(one.a, one.b) for one in overlaps(areas, of={"big"})] == [("big", "in")]
    assert overlaps({"x": box(105, 21, 106, 22), "y": box(106, 21, 107, 22)}, of={"x", "y"}) == []
    assert len(overlaps({"x": box(105, 21, 106, 22), "same": box(105, 21, 106, 22)}, of={"x"})) == 1


def test_only_what_was_imported_is_reported():
    areas = {"old1": box(0, 0, 2, 2), "old2": box(1, 0, 3, 2), "new": box(10, 10, 11, 11)}
    assert overlaps(areas, of={"new"}) == []


def test_a_hole_in_the_cover_is_found_with_a_point_inside():
    ring = {"w": box(0, 0, 1, 3), "e": box(2, 0, 3, 3), "s": box(1, 0, 2, 1), "n": box(1, 2, 2, 3)}
    (hole,) = gaps(ring, of={"n"})
    assert box(1, 1, 2, 2).contains(shapely.Point(hole.lon, hole.lat))
    assert isclose(hole.area_m2, area_m2(box(1, 1, 2, 2)), rel_tol=1e-3)
    assert gaps({**ring, "far": box(50, 50, 51, 51)}, of={"far"}) == []
    assert gaps({"w": box(0, 0, 1, 3)}, of={"w"}) == []


def test_the_real_phu_tho_has_the_flaws_that_were_measured():
    drafts = [
        draft
        for draft in read_features(shared("vn/wards_25_phu_tho_full.geojson.gz"), Names())
        if isinstance(draft, AreaDraft)
    ]
    areas = {draft.code: draft.ground for draft in drafts}
    assert len(areas) == 148
    worst = overlaps(areas, of=areas)[0]
    assert (worst.a, worst.b) == ("04846", "04849")
    assert isclose(worst.area_m2, 16_028, rel_tol=0.01)
    assert all(gap.area_m2 < 100 for gap in gaps(areas, of=areas))
    total_km2 = sum(area_m2(ground) for ground in areas.values()) / 1e6
    assert isclose(total_km2, 9_361, rel_tol=0.01)  # the resolution's figure for the merged province


def feature(ring, code="07900", name="Phường Việt Trì", kind="Polygon", **more):
    return {
        "type": "Feature",
        "properties": {"code": code, "name": name, "province_code": "25", **more},
        "geometry": {"type": kind, "coordinates": [ring] if kind == "Polygon" else ring},
    }


SQUARE = [[105.0, 21.0], [105.1, 21.0], [105.1, 21.1], [105.0, 21.1], [105.0, 21.0]]


def read(tmp_path, *features, **members):
    path = tmp_path / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features), **members}), encoding="utf-8")
    return list(unique(read_features(path, Names())))


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (feature([*SQUARE[:2], SQUARE[3], SQUARE[2], SQUARE[0]]), "invalid-ring"),
        (feature(SQUARE[:4]), "open-ring"),
        (feature([[105, 21], [105.1, 21], [105, 21]]), "short-ring"),
        (feature([[lat, lon] for lon, lat in SQUARE]), "out-of-range"),  # latitude first: 105° north is nowhere
        (feature([[105, None], *SQUARE]), "not-a-position"),
        (feature(SQUARE, name=" "), "no-name"),
        (feature(SQUARE, code=""), "no-code"),
        (feature(SQUARE, code=True), "no-code"),
        (feature([], kind="MultiPolygon"), "empty"),
        (feature(SQUARE, kind="LineString"), "not-a-polygon"),
        ({"type": "Feature", "properties": {"code": "1", "name": "a"}, "geometry": None}, "not-a-polygon"),
        ("a string", "no-code"),
    ],
)
def test_a_bad_feature_is_refused_with_its_reason_and_its_neighbour_is_read(tmp_path, bad, problem):
    good = feature(SQUARE, code="1")
    first, second = read(tmp_path, bad, good)
    assert isinstance(first, Refused)
    assert first.problem == problem
    assert isinstance(second, AreaDraft)


def test_heights_are_left_out_names_are_composed_and_a_second_code_is_refused(tmp_path):
    high = feature([[*position, 12.5] for position in SQUARE], name="Phường Việt Trì")  # decomposed letters
    first, second = read(tmp_path, high, feature(SQUARE))
    assert isinstance(first, AreaDraft)
    assert first.name == "Phường Việt Trì"
    assert not first.ground.has_z
    assert second == Refused("07900", "code-twice")


def test_packed_files_are_read_and_other_coordinate_systems_are_not(tmp_path):
    packed = tmp_path / "areas.geojson.gz"
    packed.write_bytes(gzip.compress(json.dumps({"type": "FeatureCollection", "features": [feature(SQUARE)]}).encode()))
    assert len(list(read_features(packed, Names()))) == 1
    with pytest.raises(UnreadableFile):
        read(tmp_path, feature(SQUARE), crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3405"}})
    for content in (b"", b"[]", b'{"type": "Topology"}', b"\xff\xfe"):
        (tmp_path / "bad.json").write_bytes(content)
        with pytest.raises(UnreadableFile):
            list(read_features(tmp_path / "bad.json", Names()))
    (tmp_path / "torn.gz").write_bytes(packed.read_bytes()[:50])
    with pytest.raises(UnreadableFile):
        list(read_features(tmp_path / "torn.gz", Names()))
