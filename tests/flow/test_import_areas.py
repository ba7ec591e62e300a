"""`import areas`: wards arrive, change their limits, are replaced; nothing that reports point at is lost."""

import json
from datetime import date

import pytest
import shapely
from sqlmodel import col, select

from admin.demo.load import load_areas
from admin.imports import areas
from dispatch.tables.directory import Area, DirectoryVersion
from kit.db import reading
from tests.shared_data import shared


def square(west: float, south: float, size: float = 0.1) -> dict:
    return shapely.geometry.mapping(shapely.box(west, south, round(west + size, 6), round(south + size, 6)))


@pytest.fixture
def file(tmp_path):
    """Writes a GeoJSON file of {code: geometry or (name, geometry)}."""

    def write(name="areas.geojson", **grounds):
        features = [
            {
                "type": "Feature",
                "properties": {"code": code.lstrip("w"), "name": f"Xã {code}", "province_code": "25"},
                "geometry": ground,
            }
            for code, ground in grounds.items()
        ]
        path = tmp_path / name
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def run(db, capsys):
    """Runs the command; returns (exit code, the JSON on the last line)."""

    def command(*argv):
        capsys.readouterr()
        code = areas.main([*argv, "--json"])
        lines = capsys.readouterr().out.splitlines()
        return code, json.loads(lines[-1]) if lines else None

    return command


def stored(code: str, layer: str = "ward") -> list[tuple]:
    with reading() as session:
        rows = session.exec(select(Area).where(Area.layer == layer, Area.code == code).order_by(col(Area.valid_from)))
        return [(row.valid_from, row.valid_to, row.approximate) for row in rows]


def version() -> tuple[int, int]:
    with reading() as session:
        row = session.exec(select(DirectoryVersion)).one()
        return row.version, row.areas_version


def counts(found):
    return {name: found[name] for name in ("added", "changed", "unchanged", "closed")}


def test_a_second_import_of_the_same_file_changes_nothing(run, file):
    path = file(w1=square(105, 21), w2=square(105.1, 21))
    before = version()
    assert run(path, "--layer", "ward")[1] | {"gaps": []} == {
        "added": 2,
        "changed": 0,
        "unchanged": 0,
        "closed": 0,
        "ours": 0,
        "invalid": [],
        "overlaps": [],
        "gaps": [],
    }
    after = version()
    assert after[0] > before[0]
    assert after[1] > before[1]
    assert counts(run(path, "--layer", "ward")[1]) == {"added": 0, "changed": 0, "unchanged": 2, "closed": 0}
    assert version() == after


def test_new_limits_from_a_later_day_end_the_old_ones_that_day(run, file):
    run(file(w1=square(105, 21)), "--layer", "ward")
    wider = file("wider.geojson", w1=square(105, 21, 0.2))
    assert counts(run(wider, "--layer", "ward", "--valid-from", "2026-07-01")[1])["changed"] == 1
    assert stored("1") == [(date(2025, 7, 1), date(2026, 7, 1), False), (date(2026, 7, 1), None, False)]
    # the same ground told again from a still later day is no event
    assert counts(run(wider, "--layer", "ward", "--valid-from", "2027-01-01")[1])["unchanged"] == 1
    assert len(stored("1")) == 2


def test_older_limits_imported_afterwards_end_where_the_present_ones_begin(run, file):
    run(file(w1=square(105, 21)), "--layer", "ward")
    legacy = file("legacy.geojson", w1=square(105, 21, 0.05))
    assert counts(run(legacy, "--layer", "ward", "--valid-from", "2010-01-01")[1])["added"] == 1
    assert stored("1") == [(date(2010, 1, 1), date(2025, 7, 1), False), (date(2025, 7, 1), None, False)]


def test_a_corrected_file_for_the_same_day_corrects_in_place(run, file):
    run(file(w1=square(105, 21)), "--layer", "ward")
    code, found = run(file("b.geojson", w1=square(105.01, 21)), "--layer", "ward")
    assert (code, counts(found)["changed"]) == (0, 1)
    assert stored("1") == [(date(2025, 7, 1), None, False)]


def test_a_crossed_ring_is_refused_alone(run, file):
    bow = {"type": "Polygon", "coordinates": [[[105, 21], [105.1, 21.1], [105.1, 21], [105, 21.1], [105, 21]]]}
    code, found = run(file(w1=square(105, 21), w2=bow), "--layer", "ward")
    assert code == 1
    assert found["added"] == 1
    (refused,) = found["invalid"]
    assert refused["code"] == "2"
    assert "Self-intersection" in refused["problem"]
    assert stored("2") == []


def test_a_file_that_cannot_be_read_stops_everything(run, file, tmp_path):
    (tmp_path / "torn.geojson").write_text('{"type": "FeatureColl')
    good, before = file(w1=square(105, 21)), version()
    assert run(good, str(tmp_path / "torn.geojson"), "--layer", "ward") == (4, None)
    assert run(str(tmp_path / "absent.geojson"), "--layer", "ward") == (4, None)
    assert (stored("1"), version()) == ([], before)


def test_a_dry_run_says_everything_and_writes_nothing(run, file):
    run(file(w1=square(105, 21)), "--layer", "ward")
    before = version()
    code, found = run(file("b.geojson", w2=square(105.05, 21)), "--layer", "ward", "--dry-run")
    assert (code, found["added"]) == (0, 1)
    assert [(one["a"], one["b"]) for one in found["overlaps"]] == [("1", "2")]
    assert (stored("2"), version()) == ([], before)


def test_overlaps_with_what_was_there_and_enclosed_gaps_are_reported(run, file):
    run(file(w1=square(105, 21), w2=square(105.1, 21), w3=square(105.2, 21), w4=square(105, 21.1)), "--layer", "ward")
    rest = file("b.geojson", w5=square(105.2, 21.1), w6=square(105.05, 21.2, 0.19))
    _, found = run(rest, "--layer", "ward")
    assert found["overlaps"] == []
    (gap,) = found["gaps"]
    assert 105.1 < gap["lon"] < 105.2
    assert 21.1 < gap["lat"] < 21.2


def test_a_unit_is_ours_or_a_neighbours_never_both(run, file):
    run(file(w1=square(105, 21)), "--layer", "ward")
    around = file("around.geojson", w1=square(105, 21), w2=square(106, 21))
    _, found = run(around, "--layer", "neighbour")
    assert (found["added"], found["ours"]) == (1, 1)
    _, found = run(file("two.geojson", w2=square(106, 21)), "--layer", "ward")
    assert (found["added"], found["closed"]) == (1, 1)
    assert stored("2", "neighbour") == [(date(2025, 7, 1), date(2025, 7, 1), False)]


def test_fields_by_other_names(run, tmp_path):
    path = tmp_path / "named.geojson"
    properties = {"ma": 7900, "ten": "Phường Việt Trì", "tinh": "25"}
    one = {"type": "Feature", "properties": properties, "geometry": square(105, 21)}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [one]}))
    fields = ["--code-field", "ma", "--name-field", "ten", "--parent-field", "tinh"]
    assert run(str(path), "--layer", "ward", *fields)[1]["added"] == 1
    with reading() as session:
        row = session.exec(select(Area)).one()
    assert (row.code, row.name, row.parent_code) == ("7900", "Phường Việt Trì", "25")
    assert row.source == "named.geojson"


def test_the_real_wards_replace_the_drawn_ones(run):
    load_areas()
    assert stored("07900") == [(date(2025, 7, 1), None, True)]
    real = str(shared("vn/wards_25_phu_tho_full.geojson.gz"))
    code, found = run(real, "--layer", "ward", "--replace", "--name-field", "full_name")
    assert (code, counts(found)) == (0, {"added": 0, "changed": 148, "unchanged": 0, "closed": 0})
    assert stored("07900") == [(date(2025, 7, 1), None, False)]
    assert [(one["a"], one["b"]) for one in found["overlaps"]][:2] == [("04846", "04849"), ("04849", "08635")]
    lao_cai = str(shared("vn/wards_15_lao_cai_full.geojson.gz"))
    _, found = run(lao_cai, "--layer", "ward")
    assert found["added"] == 99
    assert found["closed"] > 0  # drawn as neighbours before, ours now
    assert max(one["area_m2"] for one in found["overlaps"]) == pytest.approx(3_489_381, rel=0.001)
    with reading() as session:
        approximate = session.exec(select(Area.code).where(Area.layer == "ward", Area.approximate)).all()
    assert approximate == []


def test_replace_ends_drawn_areas_that_the_file_does_not_name(run, file):
    load_areas()
    _, found = run(file(w07900=square(105.4, 21.3)), "--layer", "ward", "--replace")
    assert (found["changed"], found["closed"]) == (1, 147)
    assert stored("07894") == [(date(2025, 7, 1), date(2025, 7, 1), True)]


def test_the_readable_text_speaks_both_languages(db, file, capsys):
    path = file(w1=square(105, 21), w2=square(105.05, 21))
    assert areas.main([path, "--layer", "ward", "--lang", "vi"]) == 0
    assert "chồng nhau" in capsys.readouterr().out
    assert areas.main([path, "--layer", "ward"]) == 0
    assert "2 unchanged" in capsys.readouterr().out
    assert areas.WORDS.keys("vi") == areas.WORDS.keys("en")
