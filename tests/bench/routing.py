"""One routing decision in memory, the whole country in detail, 500 rules; beside a bare STRtree and prepared covers."""

import gzip
import json
import os
import random
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape
from shapely.strtree import STRtree

from dispatch.domain.geography import Atlas
from dispatch.domain.geography_places import AreaShape
from dispatch.domain.routing import choose_route
from dispatch.domain.routing_facts import Facts
from dispatch.domain.routing_rules import AgencyView, CategoryTree, RoutingRule
from dispatch.domain.routing_view import RulebookView
from tests.bench.progress import tell
from tests.bench.table import Row, repeated

SHARED = Path(os.environ.get("HT_SHARED_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
FILE = "vn/wards_vn_all_10m.geojson.gz"
RULES, POINTS, REACH = 500, 4_000, 0.7
SINCE, TODAY = date(2025, 7, 1), date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)


def wards() -> list[Any]:
    """Every ward of the country as (code, name, province, polygon)."""
    told = json.loads(gzip.decompress((SHARED / FILE).read_bytes()))["features"]
    return [
        (one["properties"]["code"], one["properties"]["full_name"], one["properties"]["province_code"],
         shape(one["geometry"]))
        for one in told
    ]  # fmt: skip


def rulebook(codes: list[str], chance: random.Random) -> RulebookView:
    """500 rules over 60 categories: a general one each, the others for some wards, hours or weekdays."""
    parents = {f"c{number}": f"c{number // 6}" if number >= 10 else None for number in range(60)}
    rules = []
    for number in range(RULES):
        special: dict[str, Any] = {}
        if number >= 60:
            kind = number % 3
            if kind == 0:
                special["areas"] = tuple(("ward", code) for code in chance.sample(codes, 12))
            elif kind == 1:
                special["weekdays"] = (1, 2, 3, 4, 5)
            else:
                special["min_severity"] = 3
        rules.append(
            RoutingRule(code=f"r{number:03}", version=1, title=f"Quy tắc {number}", categories=(f"c{number % 60}",),
                        agency=f"a{number % 40}", rank=number % 7, valid_from=SINCE, **special)
        )  # fmt: skip
    agencies = [AgencyView(code=f"a{number}", valid_from=SINCE) for number in range(40)]
    agencies.append(AgencyView(code="ioc", valid_from=SINCE))
    return RulebookView(version="1", zone="Asia/Ho_Chi_Minh", categories=CategoryTree(parents), rules=rules,
                        holders=(), agencies=agencies)  # fmt: skip


def run(_root: Path, size: int = POINTS) -> list[Row]:
    """Rows for `./run bench routing`; none where the real polygons are absent."""
    if not (SHARED / FILE).exists():
        tell(f"routing: {SHARED / FILE} is not here")
        return []
    tell("routing: reading the country's wards")
    told, chance = wards(), random.Random(11)
    provinces = sorted({province for _, _, province, _ in told})
    shapes = [AreaShape(id=int(p), layer="province", code=p, name=p, depth=1, valid_from=SINCE) for p in provinces]
    shapes += [
        AreaShape(id=1000 + number, layer="ward", code=code, name=name, parent_code=province, depth=2,
                  valid_from=SINCE, geometry=geometry)
        for number, (code, name, province, geometry) in enumerate(told)
    ]  # fmt: skip
    atlas, view = Atlas.build(shapes), rulebook([code for code, *_ in told], chance)
    polygons = [geometry for *_, geometry in told]
    tree = STRtree(polygons)
    shapely.prepare(polygons)
    rows: list[Row] = []
    for job, points in _places(polygons, size, chance).items():
        tell(f"routing: {job}")

        def decide(points: list[tuple[float, float]] = points) -> dict[str, float]:
            began = time.perf_counter()
            for number, (lon, lat) in enumerate(points):
                placement = atlas.locate(lon, lat, 0.0, TODAY)
                facts = Facts(category=f"c{number % 60}", placement=placement, received_at=NOW, occurred_at=NOW,
                              severity=number % 4)  # fmt: skip
                choose_route(facts, view, desk="ioc")
            return {"rate": len(points) / (time.perf_counter() - began)}

        def bare(points: list[tuple[float, float]] = points) -> dict[str, float]:
            began = time.perf_counter()
            for lon, lat in points:
                point = shapely.Point(lon, lat)
                for index in tree.query(point):
                    polygons[index].covers(point)
            return {"rate": len(points) / (time.perf_counter() - began)}

        decide(), bare()
        ours, yardstick = repeated(decide)["rate"], repeated(bare)["rate"]
        rows.append(
            {
                "job": f"routing decision, {len(told):,} wards, {RULES} rules: {job}", "ours": ours,
                "yardstick": yardstick, "unit": "decisions/s", "ratio": ours / yardstick, "reach": f"≥ {REACH} ×",
                "ok": ours / yardstick >= REACH,
            }
        )  # fmt: skip
    return rows


def _places(polygons: list[Any], size: int, chance: random.Random) -> dict[str, list[tuple[float, float]]]:
    """Points all over the country, each in another ward; and points of a province's everyday, around 60 streets."""
    inside = [chance.choice(polygons).representative_point() for _ in range(size)]
    centres = [(p.x, p.y) for p in inside[:60]]
    streets = [chance.choice(centres) for _ in range(size)]
    return {
        "anywhere in the country": [(p.x + chance.gauss(0, 0.004), p.y + chance.gauss(0, 0.004)) for p in inside],
        "around 60 streets": [(x + chance.gauss(0, 0.002), y + chance.gauss(0, 0.002)) for x, y in streets],
    }
