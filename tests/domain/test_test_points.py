"""The 42 real points: four provinces in full resolution as ours, the other thirty as neighbours."""

import csv
import gzip
import json
from datetime import date

import pytest
from shapely.geometry import shape

from dispatch.domain.geography import Atlas
from dispatch.domain.geography_places import AreaShape
from tests.shared_data import shared

OURS = {"25": "25_phu_tho", "15": "15_lao_cai", "51": "51_quang_ngai", "86": "86_vinh_long"}
REFORM, TODAY = date(2025, 7, 1), date(2026, 3, 2)
ZERO_WIDTH_GAP = ("10.234765", "106.663859")


def features(name: str) -> list[dict]:
    return json.loads(gzip.decompress(shared(f"vn/{name}.geojson.gz").read_bytes()))["features"]


def to_shape(feature: dict, layer: str, number: int) -> AreaShape:
    told = feature["properties"]
    return AreaShape(
        id=number,
        layer=layer,
        code=told["code"],
        name=told["full_name"],
        parent_code=told["province_code"],
        depth=2,
        valid_from=REFORM,
        geometry=shape(feature["geometry"]),
    )


@pytest.fixture(scope="module")
def atlas() -> Atlas:
    shapes = [
        AreaShape(id=int(code), layer="province", code=code, name=code, depth=1, valid_from=REFORM) for code in OURS
    ]
    for file in OURS.values():
        shapes += [to_shape(f, "ward", 1000 + n) for n, f in enumerate(features(f"wards_{file}_full"))]
    country = features("wards_vn_all_10m")
    others = [f for f in country if f["properties"]["province_code"] not in OURS]
    shapes += [to_shape(f, "neighbour", 9000 + n) for n, f in enumerate(others)]
    return Atlas.build(shapes)


@pytest.fixture(scope="module")
def points() -> list[dict]:
    with shared("vn/test_points.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def found_wards(atlas: Atlas, point: dict) -> set[str]:
    placement = atlas.locate(float(point["lon"]), float(point["lat"]), 0, TODAY)
    return {hit.area.code for hit in (*placement.hits, *placement.neighbours)}


def by_name(atlas: Atlas, points: list[dict], start: str):
    point = next(p for p in points if p["place"].startswith(start))
    return atlas.locate(float(point["lon"]), float(point["lat"]), 0, TODAY)


def test_forty_one_of_forty_two_points_give_the_expected_wards(atlas, points):
    differing = [
        (p["place"], found_wards(atlas, p))
        for p in points
        if found_wards(atlas, p) != set(filter(None, p["ward_codes"].split("|")))
    ]
    assert len(points) == 42
    assert differing == [("Khe hở ranh giới 0.0001 km2", {"28693", "29089"})]


def test_the_last_a_zero_width_gap_is_a_border_point_under_covers(atlas, points):
    (point,) = [p for p in points if (p["lat"], p["lon"]) == ZERO_WIDTH_GAP]
    placement = atlas.locate(float(point["lon"]), float(point["lat"]), 0, TODAY)
    assert placement.verdict == "inside"
    assert [hit.area.code for hit in placement.hits] == ["29089"]  # Xã Thạnh Trị, ours
    assert [hit.area.code for hit in placement.neighbours] == ["28693"]  # across the provincial border
    assert all(hit.distance_inside_m < 1 for hit in (*placement.hits, *placement.neighbours))


def test_hekou_in_china_is_never_silently_ours(atlas, points):
    placement = by_name(atlas, points, "Hà Khẩu")
    assert placement.verdict == "near"
    nearest = [near for near in placement.near if near.distance_m == placement.near[0].distance_m]
    assert "Xã Cốc San" in {near.area.name for near in nearest}  # beside the two wards that claim its ground
    assert nearest[0].distance_m == pytest.approx(318.5, abs=1)
    assert placement.area is None


def test_harbours_and_border_gates_off_the_map_are_proposed_not_refused(atlas, points):
    for start, code, metres in (("Sa Huỳnh", "21478", 317.2), ("Cửa khẩu Bờ Y", "23377", 413.4)):
        placement = by_name(atlas, points, start)
        assert (placement.verdict, placement.near[0].area.code) == ("near", code)
        assert placement.near[0].distance_m == pytest.approx(metres, abs=1)


def test_every_measured_depth_agrees(atlas, points):
    """`nearest_border_m` was measured apart from us, on the ellipsoid."""
    for point in points:
        placement = atlas.locate(float(point["lon"]), float(point["lat"]), 0, TODAY)
        if point["kind"] == "point":
            assert placement.hits[0].distance_inside_m == pytest.approx(
                float(point["nearest_border_m"]), rel=0.005, abs=0.5
            ), point["place"]


def test_other_provinces_are_named_and_other_countries_refused(atlas, points):
    hanoi = by_name(atlas, points, "Hà Nội")
    assert (hanoi.verdict, hanoi.refusal.neighbour_name) == ("neighbour", "Phường Hoàn Kiếm")
    fansipan = by_name(atlas, points, "Fansipan")
    assert (fansipan.verdict, fansipan.neighbours[0].area.code) == ("neighbour_border", "03424")
    assert by_name(atlas, points, "Vientiane").refusal.hint == "outside"
    assert by_name(atlas, points, "Toạ độ đảo").refusal.hint == "swapped"
    assert by_name(atlas, points, "0,0").refusal.hint == "null-island"


def test_three_wards_claim_one_place_in_lao_cai(atlas, points):
    placement = by_name(atlas, points, "Chồng lấn")
    assert {hit.area.code for hit in placement.hits} == {"02647", "02683", "02746"}
    assert {hit.area.ancestors[0].code for hit in placement.hits} == {"15"}
