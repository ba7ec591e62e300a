"""Every list, lookup and sweep is bounded by an index: the plans are read, with statistics as a million reports have.

Some thousand copies of real rows stand in the tables; PostgreSQL is told that they are three hundred times denser, so
its plans are those of a big city. What the product itself asks is caught at the driver and explained.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from admin.indicators.catalogue import INDICATORS
from admin.indicators.figures import figures
from admin.indicators.lists import figure_reports
from admin.indicators.loading import refresh
from admin.indicators.question import Viewer, read_question
from admin.indicators.tasks import today
from admin.tiles import heat_tile, reports_tile
from dispatch.escalate import sweep
from dispatch.reading import detail, history, lists
from kit.clock import utc_now
from kit.db import raw, reading, unit_of_work
from kit.embedded import Embedded
from tests.world import POINTS, Told, World

BIG = ("report", "timeline_entry", "sla_clock", "report_fact")
COPIES, DENSER = 3_000, 300
VT = "ubnd-07900"
# New keys for a copy; everything else is its original's, a little over eight hours apart through three years.
_AGE = "make_interval(mins => (n * 525)::int)"
_KEYS = {
    "report": "'id', md5(t.id::text || n)::uuid, 'code', upper(substr(md5(t.code || n), 1, 8)),"
    f" 'received_at', t.received_at - {_AGE}, 'status', CASE WHEN n > 60 THEN 'closed' ELSE t.status END,"
    f" 'due_at', CASE WHEN n <= 60 THEN t.due_at - {_AGE} END, 'resolved_at', t.received_at - {_AGE},"
    f" 'lenient_due_at', CASE WHEN n <= 60 THEN t.lenient_due_at - {_AGE} END, 'reporter_id', md5(n::text)::uuid,"
    " 'is_public', true",
    "timeline_entry": "'report_id', md5(t.report_id::text || n)::uuid",
    "sla_clock": "'id', md5(t.id::text || n)::uuid, 'report_id', md5(t.report_id::text || n)::uuid, 'sweep_at',"
    " CASE WHEN n <= 60 THEN t.sweep_at END, 'stopped_at', CASE WHEN n > 60 THEN t.started_at END",
    "report_fact": "'report_id', md5(t.report_id::text || n)::uuid, 'received_at', t.received_at - "
    f"{_AGE}, 'received_on', (t.received_at - {_AGE})::date, 'since', t.since - {_AGE}, 'is_open', n <= 60",
}


@pytest.fixture
def big_city(world: World, parts: Embedded) -> Iterator[Told]:
    """A report among many; statistics are put right again at the end."""
    told = [world.report(kind, at=place) for kind in ("pothole", "street-light") for place in POINTS]
    with unit_of_work() as session:
        refresh(session, [one.id for one in told], today=today())
        connection = raw(session)
        for table, keys in _KEYS.items():
            connection.execute(
                f"INSERT INTO {table} SELECT (jsonb_populate_record(t, jsonb_build_object({keys}))).*"
                f" FROM {table} t, generate_series(1, {COPIES // len(told)}) n"
            )
    assert parts.postgres
    with parts.postgres.connect() as keeper:
        keeper.execute(sql.SQL("ANALYZE {}").format(sql.SQL(", ").join(map(sql.Identifier, BIG))))
        keeper.execute(
            "UPDATE pg_class SET reltuples = reltuples * %s WHERE oid IN (SELECT indexrelid FROM pg_index WHERE"
            " indrelid::regclass::text = ANY(%s)) OR oid = ANY(%s::regclass[])",
            (DENSER, list(BIG), list(BIG)),
        )
    yield told[0]
    with unit_of_work() as session:
        raw(session).execute("ANALYZE")


@contextmanager
def caught(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[Any, Any]]]:
    """What goes to the database while this is open: (statement, values)."""
    said: list[tuple[Any, Any]] = []
    plainly = psycopg.Cursor.execute

    def execute(self: Any, query: Any, params: Any = None, **more: Any) -> Any:
        said.append((query, params))
        return plainly(self, query, params, **more)

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", execute)
        yield said


def read_whole(connection: psycopg.Connection[Any], statement: Any, values: Any) -> list[str]:
    """Big tables that this statement reads from end to end."""
    text = statement if isinstance(statement, str) else statement.as_string(connection)
    first = text.lstrip().split(maxsplit=1)[0].upper() if text.strip() else ""
    if first not in {"SELECT", "WITH", "UPDATE"} or not any(name in text for name in BIG):
        return []
    row = connection.execute("EXPLAIN (FORMAT JSON) " + text, values).fetchone()
    assert row
    return [f"{node['Relation Name']} in: {text[:160]}" for node in nodes(row[0][0]["Plan"]) if is_whole(node)]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def is_whole(node: dict[str, Any]) -> bool:
    """A sequential scan of a table that grows with the years."""
    return node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG


def question(start: date, *groups: str, **filters: str) -> Any:
    return read_question(
        start=start.isoformat(), end=None, as_of=None, basis="received", groups=groups, units="calendar_hours",
        restate=False, filters=filters, viewer=Viewer(public=False), now=utc_now(),
    )  # fmt: skip


def listed(session: Any, world: World, who: str, **filters: Any) -> None:
    actor = world.officer(VT) if who == "officer" else world.role(who) if who else None
    lists.list_reports(session, actor, lists.Filters(**filters), "vi", utc_now())


LON, LAT = POINTS["Việt Trì"]
MONTH_AGO = timedelta(days=30)
ASKED: dict[str, Callable[[Any, World, Told], Any]] = {
    "newest of all": lambda s, w, _: listed(s, w, "supervisor"),
    "what an officer may see": lambda s, w, _: listed(s, w, "officer"),
    "an agency's open work": lambda s, w, _: listed(s, w, "officer", agency=(VT,), status=("routed", "accepted")),
    "category and area": lambda s, w, _: listed(s, w, "operator", category=("pothole",), area=("07900",)),
    "overdue, most urgent first": lambda s, w, _: listed(s, w, "operator", overdue=True, sort="due_at", order="asc"),
    "at risk": lambda s, w, _: listed(s, w, "operator", at_risk=True, sort="due_at", order="asc"),
    "a resident's own": lambda s, w, _: lists.list_reports(s, w.resident(), lists.Filters(mine=True), "vi", utc_now()),
    "what strangers may see": lambda s, w, _: listed(s, w, ""),
    "words": lambda s, w, _: listed(s, w, "supervisor", q="đèn đường không sáng"),
    "on a small map": lambda s, w, _: listed(s, w, "supervisor", bbox=(LON, LAT, LON + 0.001, LAT + 0.001)),
    "nearby": lambda s, _w, _: lists.nearby(
        s, None, lon=LON, lat=LAT, category="pothole", words="", locale="vi", now=utc_now()
    ),
    "by id, with clocks": lambda s, w, told: detail.detail(
        s, detail.find(s, str(told.id), w.role("supervisor")), w.role("supervisor"), "vi", utc_now()
    ),
    "by code": lambda s, w, told: detail.find(s, told.row.code, w.role("supervisor")),
    "timeline": lambda s, w, told: history.timeline(
        s, detail.find(s, str(told.id), w.role("auditor")), w.role("auditor"), "vi"
    ),
    "tile of a street": lambda s, _w, _: reports_tile(s, 16, 51955, 28779, actor=None, now=utc_now()),
    "figures of a month": lambda s, _w, _: figures(
        s,
        [INDICATORS[code] for code in ("received", "on_time_strict", "resolve_p90")],
        question(today() - MONTH_AGO, "agency"),
    ),
    "heat of a street": lambda s, _w, _: heat_tile(s, 16, 51955, 28779, public=True, today=today()),
    "backlog by ward": lambda s, _w, _: figures(s, [INDICATORS["backlog"]], question(today() - MONTH_AGO, "area")),
    "reports behind a figure": lambda s, _w, _: figure_reports(
        s, INDICATORS["on_time_strict"], question(today() - MONTH_AGO, agency=VT)
    ),
    "facts of one report": lambda s, _w, told: refresh(s, [told.id], today=today()),
}


@pytest.fixture
def explained(big_city: Told, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], list[str]]:
    """Run something and say which big tables its statements would read whole."""

    def look(ask: Callable[[], None]) -> list[str]:
        with caught(monkeypatch) as said:
            ask()
        assert said, "nothing was asked"
        with reading() as session:
            return [found for query, params in said for found in read_whole(raw(session), query, params)]

    return look


def test_what_people_ask_is_found_by_index(
    world: World, big_city: Told, explained: Callable[[Callable[[], None]], list[str]]
) -> None:
    """Lists, lookups, tiles and a month's figures never read a big table from end to end."""
    wrong: dict[str, list[str]] = {}
    for name, ask in ASKED.items():

        def run(ask: Callable[[Any, World, Told], Any] = ask) -> None:
            with reading() as session:
                ask(session, world, big_city)

        found = explained(run)
        if found:
            wrong[name] = found
    assert wrong == {}


def test_the_sweep_looks_only_at_what_is_due(
    big_city: Told, explained: Callable[[Callable[[], None]], list[str]]
) -> None:
    """Neither the search for due clocks nor the work on one report grows with the number of reports."""
    assert not explained(lambda: sweep(utc_now() + timedelta(days=1)) and None)


def test_a_plan_without_an_index_is_noticed(
    big_city: Told, explained: Callable[[Callable[[], None]], list[str]]
) -> None:
    """The check itself works: a condition that no index knows is reported."""

    def ask() -> None:
        with reading() as session:
            raw(session).execute("SELECT id FROM report WHERE hops = %s", (uuid4().int % 7 + 90,))

    assert explained(ask) == ["report in: SELECT id FROM report WHERE hops = %s"]
