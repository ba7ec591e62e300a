"""The real wards of four provinces through `./run import areas`, and the 42 named points through HTTP."""

import csv
import gzip
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.outside.city import Caller
from tests.outside.conftest import ROOT, Served, without_ours
from tests.shared_data import shared

ZERO_WIDTH_GAP = ("10.234765", "106.663859")
PROVINCES = ("25_phu_tho", "15_lao_cai", "51_quang_ngai", "86_vinh_long")


def run(*words: str) -> dict[str, Any]:
    """A `./run` command; its JSON result."""
    done = subprocess.run(
        [str(ROOT / "run"), *words, "--json"],
        capture_output=True,
        text=True,
        timeout=280,
        cwd=ROOT,
        check=False,
        env=without_ours(),
    )
    assert done.returncode in (0, 1), f"{done.returncode}: {done.stderr[-2000:]}"
    return json.loads(done.stdout.strip().splitlines()[-1])


def neighbours(points: list[dict[str, str]], folder: Path) -> Path:
    """The wards of the other provinces that a point lies in or next to (all thirty are loaded in the domain test)."""
    country = json.loads(gzip.decompress(shared("vn/wards_vn_all_10m.geojson.gz").read_bytes()))
    named = {code for point in points for code in point["province_codes"].split("|")} | {"82"}
    ours = {name[:2] for name in PROVINCES}
    kept = [f for f in country["features"] if f["properties"]["province_code"] in named - ours]
    path = folder / "neighbours.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": kept}))
    return path


def at(caller: Caller, lon: str, lat: str, layer: str) -> set[str]:
    found = caller.get("/v1/areas/at", lon=lon, lat=lat, layer=layer)
    return {item["code"] for item in found["items"]}


@pytest.mark.timeout(400)
def test_real_wards_replace_the_drawn_ones_and_the_named_points_fall_where_they_should(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    """41 of 42 as expected; the last is a border point of zero width that belongs to both sides under `covers`."""
    files = [str(shared(f"vn/wards_{name}_full.geojson.gz")) for name in PROVINCES]
    points = list(csv.DictReader(shared("vn/test_points.csv").read_text(encoding="utf-8").splitlines()))
    server = serve()
    data = str(server.data)
    words = ("--layer", "ward", "--name-field", "full_name", "--valid-from", "2025-07-01", "--data", data)
    loaded = run("import", "areas", *files, *words, "--replace")
    assert loaded["added"] + loaded["changed"] == 467
    assert loaded["invalid"] == []
    assert loaded["overlaps"], "the real data overlap, and the import says so"

    again = run("import", "areas", *files, *words)
    assert (again["added"], again["changed"], again["unchanged"]) == (0, 0, 467)

    around = run("import", "areas", str(neighbours(points, tmp_path)), "--layer", "neighbour", *words[2:])
    assert around["added"] + around["changed"] > 400

    caller = server.city.device()
    differing = {}
    for point in points:
        expected = set(filter(None, point["ward_codes"].split("|")))
        found = at(caller, point["lon"], point["lat"], "ward") | at(caller, point["lon"], point["lat"], "neighbour")
        if found != expected:
            differing[point["lat"], point["lon"]] = found
    assert list(differing) == [ZERO_WIDTH_GAP]
    assert differing[ZERO_WIDTH_GAP] <= {"28693", "29089"}, "a border point: under covers it belongs to both sides"

    street = {**server.city.draft("pothole"), "location": {"lat": 21.322, "lon": 105.402, "source": "map"}}
    sent = caller.post("/v1/reports", street, 201)
    assert sent["area"] == {"code": "07900", "name": "Phường Việt Trì", "approximate": False}
    hanoi = {**server.city.draft("pothole"), "location": {"lat": 21.0288, "lon": 105.8525, "source": "map"}}
    refused = caller.request("POST", "/v1/reports", json=hanoi)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/location-out-of-area")
    assert refused.json()["neighbour"]["name"] == "Phường Hoàn Kiếm"
    swapped = {**street, "id": server.city.draft()["id"], "location": {"lat": 105.402, "lon": 21.322, "source": "map"}}
    assert caller.request("POST", "/v1/reports", json=swapped).json()["hint"] == "swapped"
