"""The panel's snapshot and drill-downs over three years, beside plain SQL over the reports and their clocks."""

import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode

import psycopg

from tests.bench.cities import Served, served
from tests.bench.load import Answer, Line, Unexpected, closed_loop, must, request
from tests.bench.progress import tell
from tests.bench.table import Row, repeated

DEFAULT_SIZE, REACH_FASTER, REACH_P95_MS = 1_000_000, 50.0, 50.0
SECONDS, MOST = 5.0, 200
_ZONE = "'Asia/Ho_Chi_Minh'"
_IN = "r.received_at >= %(start)s AND r.received_at < %(end)s"
_CITIZEN = "JOIN sla_clock c ON c.report_id = r.id AND c.kind = 'citizen' AND c.cycle = 1"


def questions(first: date, last: date) -> list[tuple[str, list[tuple[str, str]], str]]:
    """What the panel asks (name, query, plain SQL). The period is the whole of the three years."""
    period = [("from", first.isoformat()), ("to", last.isoformat())]
    month = [("from", (last - timedelta(days=30)).isoformat()), ("to", last.isoformat())]
    inflow = [("indicator", code) for code in ("valid", "received", "rejected", "referred", "duplicate", "withdrawn")]
    on_time = [("indicator", "on_time_strict"), ("indicator", "on_time_lenient")]
    strict = (
        "SELECT {0} count(*) FILTER (WHERE r.resolved_at IS NOT NULL),"
        " count(*) FILTER (WHERE r.resolved_at <= c.first_due_at) FROM report r " + _CITIZEN + " WHERE " + _IN
    )
    by_day = f"SELECT (r.received_at AT TIME ZONE {_ZONE})::date, count(*) FROM report r WHERE {_IN} GROUP BY 1"
    return [
        ("inflow, 3 years", [*inflow, *period], f"SELECT r.status, count(*) FROM report r WHERE {_IN} GROUP BY 1"),
        ("on time, 3 years", [*on_time, *period], strict.format("")),
        ("on time by agency, 3 years", [*on_time, ("group_by", "agency"), *period],
         strict.format("r.agency_code,") + " GROUP BY 1"),
        ("received by day, 3 years", [("indicator", "received"), ("group_by", "day"), *period], by_day),
        ("speed, 3 years", [("indicator", "resolve_p90"), ("indicator", "reopen_rate"), *period],
         "SELECT percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM r.resolved_at - r.received_at)),"
         f" count(*) FILTER (WHERE r.cycle > 1) FROM report r WHERE {_IN}"),
        ("backlog by ward, now", [("indicator", "backlog"), ("group_by", "area")],
         "SELECT r.area_code, count(*) FROM report r WHERE r.status NOT IN ('resolved', 'closed', 'rejected',"
         " 'referred', 'duplicate', 'withdrawn') GROUP BY 1"),
        ("on time by agency, 30 days", [*on_time, ("group_by", "agency"), *month],
         strict.format("r.agency_code,") + " GROUP BY 1"),
    ]  # fmt: skip


def run(root: Path, size: int = DEFAULT_SIZE) -> list[Row]:
    """Rows for `./run bench figures`."""
    rows: list[Row] = []
    with served(root, size) as place:
        last = place.now().date() + timedelta(days=1)
        first = last - timedelta(days=3 * 365)
        token = place.city.staff("supervisor").headers["Authorization"].removeprefix("Bearer ")
        _agree(place, first, last, token)
        asked = questions(first, last)
        for name, query, plain in asked:
            tell(f"figures: {name}")
            month = name.endswith("30 days")
            begin = last - timedelta(days=30) if month else first
            values = {"start": begin, "end": last}
            ours = _ours(place, [f"/v1/figures?{urlencode(query)}"], token)
            bare = repeated(lambda plain=plain, values=values: _plain(place, plain, values))  # type: ignore[misc]
            rows.append(_row(f"{name}, {size:,} reports", ours, bare["ms"]))
        tell("figures: the whole snapshot")
        paths = [f"/v1/figures?{urlencode(query)}" for _, query, _ in asked]
        rows.append(_row(f"whole snapshot ({len(paths)} questions), {size:,} reports", _ours(place, paths, token),
                         sum(row["yardstick"] for row in rows)))  # fmt: skip
        behind = {"indicator": "on_time_strict", "agency": "ubnd-07900", "from": first, "to": last}
        plain_ms = next(row["yardstick"] for row in rows if row["job"].startswith("on time by agency"))
        ours = _ours(place, [f"/v1/figures/reports?{urlencode(behind)}"], token)
        rows.append(_row("reports behind a figure of an agency, 3 years", ours, plain_ms))
    return rows


def _agree(place: Served, first: date, last: date, token: str) -> None:
    """A fast figure that is wrong is worth nothing: the number received is counted by hand as well."""
    query = urlencode({"indicator": "received", "from": first, "to": last})
    answers: list[Answer] = []

    async def ask(line: Line, _number: int) -> None:
        answers.append(must(await line.ask(request("GET", f"/v1/figures?{query}", token=token)), 200))

    closed_loop(place.base_url, ask, clients=1, seconds=30.0, most=1)
    with psycopg.connect(place.database_url) as connection:
        row = connection.execute(
            f"SELECT count(*) FROM report WHERE received_at >= %s::date::timestamp AT TIME ZONE {_ZONE}"
            f" AND received_at < %s::date::timestamp AT TIME ZONE {_ZONE}",
            (first, last),
        ).fetchone()
    told = answers[0].json()["items"][0]["n"]
    if row is None or told != row[0]:
        raise Unexpected(f"received: {told} by the figures, {row} by hand")


def _row(job: str, ours: dict[str, float], plain_ms: float) -> Row:
    faster = plain_ms / ours["p50_ms"]
    return {
        "job": job, "ours": ours["p95_ms"], "yardstick": plain_ms, "unit": "ms (p95)", "ratio": faster,
        "reach": f"≥ {REACH_FASTER:.0f} × faster, p95 ≤ {REACH_P95_MS:.0f} ms",
        "ok": ours["p95_ms"] <= REACH_P95_MS and faster >= REACH_FASTER, **ours,
    }  # fmt: skip


def _ours(place: Served, paths: Sequence[str], token: str) -> dict[str, float]:
    """Asked one after the other by one client; an operation is all of `paths`."""
    ready = [request("GET", path, token=token) for path in paths]

    async def ask(line: Line, _number: int) -> None:
        for one in ready:
            must(await line.ask(one), 200)

    def once() -> dict[str, float]:
        took = closed_loop(place.base_url, ask, clients=1, seconds=SECONDS, most=MOST)
        return {"p50_ms": took.ms(0.5), "p95_ms": took.ms(0.95)}

    closed_loop(place.base_url, ask, clients=1, seconds=1.0, most=3)
    return repeated(once)


def _plain(place: Served, statement: str, values: dict[str, object]) -> dict[str, float]:
    with psycopg.connect(place.database_url, autocommit=True) as connection:
        began = time.perf_counter()
        connection.execute(statement, values).fetchall()
        return {"ms": 1000 * (time.perf_counter() - began)}
