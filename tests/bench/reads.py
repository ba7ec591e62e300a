"""Reading: the desk's list, reports nearby, a report by its code; beside the bare SQL of the same rows in psycopg.

One client at a time, so that the figure is a latency and not a queue. The cities of 10 k and of `size` reports are
compared: how many reports there are must not be felt.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg

from tests.bench.cities import Served, served
from tests.bench.load import Line, Took, closed_loop, must, request
from tests.bench.progress import tell
from tests.bench.table import Row, repeated

SMALL, DEFAULT_SIZE, SECONDS, MOST = 10_000, 1_000_000, 3.0, 400
REACH_MORE_MS, REACH_GROWTH = 15.0, 0.2
_LIST = "SELECT * FROM report WHERE {} ORDER BY {} LIMIT 51"
_NEARBY = """
SELECT *, ST_DistanceSphere(point, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)) AS metres FROM report
WHERE is_public AND category_code = %(category)s AND received_at >= %(since)s AND status = ANY(%(open)s)
  AND ST_DWithin(point, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), 0.0005)
ORDER BY metres LIMIT 10
"""
OPEN = ["triage", "routed", "accepted", "assigned", "in_progress", "awaiting_citizen", "awaiting_approval"]


@dataclass(frozen=True)
class Read:
    """One kind of read: who asks, paths as they come, and the bare statement with its values as they come."""

    name: str
    role: str
    paths: Sequence[str]
    statement: str
    values: Sequence[dict[str, Any]]


def desk_lists(place: Served, _chance: random.Random) -> list[Read]:
    """An officer's open work; the operator's list by category and state; what is overdue, most urgent first."""
    now = place.now()
    return [
        Read(
            "desk list of 50: an agency's open work", "officer",
            ["/v1/reports?" + urlencode({"agency": "ubnd-07900", "status": OPEN[1:5]}, True)],
            _LIST.format("agency_code = %(agency)s AND status = ANY(%(status)s)", "received_at DESC, id DESC"),
            [{"agency": "ubnd-07900", "status": OPEN[1:5]}],
        ),
        Read(
            "desk list of 50: category and area", "operator",
            [f"/v1/reports?category=pothole&area={area}" for area in place.city.demo["areas"]],
            _LIST.format("category_code = 'pothole' AND area_code = %(area)s", "received_at DESC, id DESC"),
            [{"area": area} for area in place.city.demo["areas"]],
        ),
        Read(
            "desk list of 50: overdue, most urgent first", "operator",
            ["/v1/reports?overdue=true&sort=due_at&order=asc"],
            _LIST.format("lenient_due_at < %(now)s", "lenient_due_at, id"),
            [{"now": now}],
        ),
    ]  # fmt: skip


def nearby(place: Served, chance: random.Random) -> list[Read]:
    """Around places where something is open."""
    with psycopg.connect(place.database_url) as connection:
        rows = connection.execute(
            "SELECT lon, lat, category_code, received_at FROM report WHERE status = ANY(%s) AND is_public"
            " ORDER BY received_at DESC LIMIT 300",
            (OPEN,),
        ).fetchall()
    chance.shuffle(rows)
    spots = [{"lon": lon, "lat": lat, "category": category} for lon, lat, category, _ in rows]
    since = place.now().replace(microsecond=0)
    return [
        Read(
            "nearby duplicates (category's radius and days)", "resident",
            [f"/v1/reports/nearby?{urlencode(spot)}" for spot in spots],
            _NEARBY, [spot | {"since": since.fromtimestamp(since.timestamp() - 7 * 86400, since.tzinfo), "open": OPEN}
                      for spot in spots],
        )
    ]  # fmt: skip


def by_code(place: Served, chance: random.Random) -> list[Read]:
    """Any report of all the years, by the code its sender was told."""
    with psycopg.connect(place.database_url) as connection:
        rows = connection.execute("SELECT code FROM report TABLESAMPLE BERNOULLI (%s)", (100 * 600 / place.size,))
        codes = [row[0] for row in rows][:500]
    chance.shuffle(codes)
    return [
        Read("report by code, with clocks", "operator", [f"/v1/reports/{code}" for code in codes],
             "SELECT r.*, c.* FROM report r LEFT JOIN sla_clock c ON c.report_id = r.id WHERE r.code = %(code)s",
             [{"code": code} for code in codes])
    ]  # fmt: skip


KINDS: dict[str, Callable[[Served, random.Random], list[Read]]] = {
    "desk-list": desk_lists, "nearby": nearby, "report-by-code": by_code,
}  # fmt: skip


def run(root: Path, size: int = DEFAULT_SIZE, *, name: str) -> list[Row]:
    """Rows for `./run bench desk-list | nearby | report-by-code`."""
    small = _measured(root, SMALL, name) if size != SMALL else None
    large = _measured(root, size, name)
    rows: list[Row] = []
    for job, (ours, bare) in large.items():
        more = ours["p95_ms"] - bare["p95_ms"]
        row: Row = {
            "job": f"{job}, {size:,} reports", "ours": ours["p95_ms"], "yardstick": bare["p95_ms"], "unit": "ms (p95)",
            "ratio": ours["p95_ms"] / bare["p95_ms"], "reach": f"≤ bare + {REACH_MORE_MS:.0f} ms",
            "ok": more <= REACH_MORE_MS, **{key: ours[key] for key in ("p50_ms", "p99_ms", "rate", "front_ms")},
            "bare_p50_ms": bare["p50_ms"],
        }  # fmt: skip
        rows.append(row)
        if small:
            before = small[job][0]["p50_ms"]
            growth = ours["p50_ms"] / before
            rows.append(
                {
                    "job": f"{job}, {size:,} beside {SMALL:,}", "ours": ours["p50_ms"], "yardstick": before,
                    "unit": "ms (p50)", "ratio": growth, "reach": f"≤ {1 + REACH_GROWTH} ×",
                    "ok": growth <= 1 + REACH_GROWTH,
                }
            )  # fmt: skip
    return rows


def _measured(root: Path, size: int, name: str) -> dict[str, tuple[dict[str, float], dict[str, float]]]:
    with served(root, size) as place:
        tell(f"{name} with {size:,} reports there")
        found = {}
        for read in KINDS[name](place, random.Random(5)):
            _ours(place, read, 1.0)
            _bare(place, read, 0.5)
            found[read.name] = (
                repeated(lambda read=read: _ours(place, read)),  # type: ignore[misc]
                repeated(lambda read=read: _bare(place, read)),  # type: ignore[misc]
            )
        return found


def _ours(place: Served, read: Read, seconds: float = SECONDS) -> dict[str, float]:
    place.city.relogin()
    caller = place.city.device() if read.role == "resident" else place.city.staff(read.role)
    token = caller.headers["Authorization"].removeprefix("Bearer ")
    ready = [request("GET", path, token=token) for path in read.paths]
    turn = iter(range(10**9))

    async def ask(line: Line, _number: int) -> None:
        must(await line.ask(ready[next(turn) % len(ready)]), 200)

    meter = place.meter()
    meter.start()
    took = closed_loop(place.base_url, ask, clients=1, seconds=seconds, most=MOST)
    spent = meter.read()
    return _figures(took) | {"front_ms": 1000 * spent["front"] / took.count}


def _bare(place: Served, read: Read, seconds: float = SECONDS) -> dict[str, float]:
    took = Took()
    with psycopg.connect(place.database_url, autocommit=True) as connection:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until and took.count < MOST:
            began = time.perf_counter()
            connection.execute(read.statement, read.values[took.count % len(read.values)], prepare=True).fetchall()
            took.seconds.append(time.perf_counter() - began)
    took.wall_s = sum(took.seconds)
    return _figures(took)


def _figures(took: Took) -> dict[str, float]:
    return {"p50_ms": took.ms(0.5), "p95_ms": took.ms(0.95), "p99_ms": took.ms(0.99), "rate": took.rate}
