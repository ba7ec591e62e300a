"""A vector tile with some 10,000 reports, beside a bare ST_AsMVT of the same points, found already."""

import math
import time
from collections import Counter
from pathlib import Path

import psycopg

from tests.bench.cities import Served, served
from tests.bench.load import Line, closed_loop, must, request
from tests.bench.progress import tell
from tests.bench.table import Row, repeated

DEFAULT_SIZE, WANTED, REACH, REACH_CACHED_MS = 1_000_000, 10_000, 1.2, 5.0
# What the product shows on its map: public, and open or answered within the last 30 days.
_PUBLIC = (
    "is_public AND NOT sensitive AND (status IN ('triage', 'routed', 'accepted', 'assigned', 'in_progress',"
    " 'awaiting_citizen', 'awaiting_approval') OR (status IN ('resolved', 'closed')"
    " AND resolved_at > (SELECT max(received_at) FROM report) - interval '30 days'))"
)
_POINTS = f"""
CREATE TEMP TABLE the_points AS
SELECT point, code, status, category_code, agency_code FROM report
WHERE {_PUBLIC} AND point && ST_Transform(ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096), 4326)
LIMIT {WANTED}
"""
_BARE = """
SELECT ST_AsMVT(told, 'reports', 4096, 'geom') FROM (
    SELECT ST_AsMVTGeom(ST_Transform(point, 3857), ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) AS geom,
        code, status, category_code, agency_code FROM the_points
) told WHERE geom IS NOT NULL
"""


def fitting_tile(connection: "psycopg.Connection[tuple[int, ...]]") -> tuple[int, int, int, int]:
    """The (z, x, y, reports) whose number of public reports is nearest to WANTED."""
    spots = connection.execute(f"SELECT lon, lat FROM report WHERE {_PUBLIC}").fetchall()
    counts: Counter[tuple[int, int, int]] = Counter()
    for z in range(8, 17):
        counts.update((z, *_tile(lon, lat, z)) for lon, lat in spots)
    (z, x, y), count = min(counts.items(), key=lambda told: abs(math.log(told[1] / WANTED)))
    return z, x, y, count


def _tile(lon: float, lat: float, z: int) -> tuple[int, int]:
    radians = math.radians(lat)
    down = (1 - math.log(math.tan(radians) + 1 / math.cos(radians)) / math.pi) / 2
    return int((lon + 180) / 360 * 2**z), int(down * 2**z)


def run(root: Path, size: int = DEFAULT_SIZE) -> list[Row]:
    """Rows for `./run bench tile`: drawn anew (an operator's tile is his own) and kept (a stranger's)."""
    with served(root, size) as place:
        with psycopg.connect(place.database_url, autocommit=True) as connection:
            z, x, y, count = fitting_tile(connection)
            tell(f"tile {z}/{x}/{y} with {count:,} reports")
            values = {"z": z, "x": x, "y": y}
            connection.execute(_POINTS, values)
            _bare(connection, values)
            bare = repeated(lambda: _bare(connection, values))
        path = f"/tiles/reports/{z}/{x}/{y}.mvt"
        token = place.city.device().headers["Authorization"].removeprefix("Bearer ")
        fresh = repeated(lambda: _ours(place, path, token))
        kept = repeated(lambda: _ours(place, path, ""))
    ratio = fresh["p50_ms"] / bare["ms"]
    return [
        {
            "job": f"tile with {count:,} reports, drawn anew ({z}/{x}/{y})", "ours": fresh["p50_ms"],
            "yardstick": bare["ms"], "unit": "ms (p50)", "ratio": ratio, "reach": f"≤ {REACH} ×",
            "ok": ratio <= REACH, **fresh, "bare_bytes": int(bare["bytes"]),
        },
        {
            "job": "the same tile, kept", "ours": kept["p50_ms"], "unit": "ms (p50)",
            "reach": f"≤ {REACH_CACHED_MS:.0f} ms", "ok": kept["p50_ms"] <= REACH_CACHED_MS, **kept,
        },
    ]  # fmt: skip


def _bare(connection: "psycopg.Connection[tuple[int, ...]]", values: dict[str, int]) -> dict[str, float]:
    times, size = [], 0
    for _ in range(7):
        began = time.perf_counter()
        row = connection.execute(_BARE, values, prepare=True, binary=True).fetchone()
        times.append(time.perf_counter() - began)
        size = len(row[0]) if row else 0  # type: ignore[arg-type]
    return {"ms": 1000 * sorted(times)[len(times) // 2], "bytes": size}


def _ours(place: Served, path: str, token: str) -> dict[str, float]:
    ready, sizes = request("GET", path, token=token, accept_encoding="gzip"), [0]

    async def ask(line: Line, _number: int) -> None:
        sizes[0] = len(must(await line.ask(ready), 200).body)

    took = closed_loop(place.base_url, ask, clients=1, seconds=4.0, most=100)
    return {"p50_ms": took.ms(0.5), "p95_ms": took.ms(0.95), "bytes": sizes[0]}
