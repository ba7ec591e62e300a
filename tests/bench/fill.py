"""Fills a benchmark city with copies of its template reports, by COPY and INSERT … SELECT: every table a report has.

A copy keeps its template's life, moved in time by one interval, with an id, a code, a place in a ward drawn by size,
and that ward's agency. Old copies have ended; the share of open ones grows towards today. Clocks that would be due are
marked breached and unswept, so that no sweep works on the heap. Hash chains are those of the templates: such a city
is for measuring, not for `verify`. Foreign keys and secondary indexes are dropped for the time and made anew.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import create_engine
from sqlmodel import Session

from admin.indicators.rollups import sum_up
from kit.db import sqlalchemy_url
from kit.ids import new_code
from tests.bench.progress import tell

YEARS = 3
CHUNK = 100_000
POINTS_PER_AREA = 40
ENDED = ("closed", "rejected")
TABLES = (
    "report", "timeline_entry", "entry_text", "sla_clock", "sla_entry", "assignment", "report_fact",
    "report_fact_past",
)  # fmt: skip
_SEED = """
CREATE UNLOGGED TABLE bench_seed (
    template uuid, id uuid, code text, reporter uuid, delta interval, lon float8, lat float8, area_id int, area text,
    agency text, was text, cell_lat int, cell_lon int)
"""
# Beginning with its report's instant, as ids made at that time would.
_ALL_DIRTY = """
INSERT INTO figure_dirty (on_day)
SELECT received_on FROM report_fact UNION SELECT answered_on FROM report_fact WHERE answered_on IS NOT NULL
"""
_CLOCK_ID = "overlay(md5(s.id::text || {}::text) PLACING replace(left(s.id::text, 13), '-', '') FROM 1)::uuid"
_HOLDER = "CASE WHEN t.{0} = s.was THEN s.agency ELSE t.{0} END"
# What a copy does not take from its template; instants move by themselves. {now} is a parameter.
OVERRIDES: dict[str, dict[str, str]] = {
    "report": {
        "id": "s.id", "code": "s.code", "reporter_id": "s.reporter", "lon": "s.lon", "lat": "s.lat",
        "point": "ST_SetSRID(ST_MakePoint(s.lon, s.lat), 4326)", "area_id": "s.area_id", "area_code": "s.area",
        "stat_area_id": "s.area_id", "agency_code": "s.agency", "external_id": "NULL", "lead_id": "NULL",
        "close_after": "CASE WHEN t.close_after + s.delta > %(soon)s THEN t.close_after + s.delta END",
    },
    "timeline_entry": {"report_id": "s.id"},
    "entry_text": {"report_id": "s.id"},
    "sla_clock": {
        "id": _CLOCK_ID.format("t.id"), "report_id": "s.id", "agency_code": _HOLDER.format("agency_code"),
        "sweep_at": "CASE WHEN t.sweep_at + s.delta > %(soon)s THEN t.sweep_at + s.delta END",
        "breached_at": "coalesce(t.breached_at + s.delta, CASE WHEN t.stopped_at IS NULL AND t.due_at + s.delta"
        " <= %(soon)s THEN t.due_at + s.delta END)",
    },
    "sla_entry": {"clock_id": _CLOCK_ID.format("t.clock_id")},
    "assignment": {"id": _CLOCK_ID.format("t.id"), "report_id": "s.id", "agency_code": "s.agency"},
}  # fmt: skip
_FACT = {
    "report_id": "s.id", "code": "s.code", "area": "s.area", "area_today": "s.area", "cell_lat": "s.cell_lat",
    "cell_lon": "s.cell_lon", "received_on": "((t.received_at + s.delta) AT TIME ZONE %(zone)s)::date",
    "answered_on": "((t.answered_at + s.delta) AT TIME ZONE %(zone)s)::date",
    # Working time goes by at 44 hours a week; good enough for a figure whose speed alone is looked at.
    "received_work_s": "t.received_work_s + extract(epoch FROM s.delta) * 44 / 168",
    **{name: _HOLDER.format(name) for name in ("agency", "agency_strict", "agency_lenient")},
}  # fmt: skip
OVERRIDES["report_fact"] = OVERRIDES["report_fact_past"] = _FACT


def fill(database_url: str, count: int, *, now: datetime, zone: str, open_only: bool = False) -> None:
    """Add `count` reports. `now` is the city's; raises where there are no templates."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute("SET work_mem = '64MB'")
        with _bare_tables(connection):
            seeds = _seeds(connection, count, now, open_only)
            for done in range(0, count, CHUNK):
                _copy_chunk(connection, seeds, min(CHUNK, count - done), now, zone)
                tell(f"filled {min(count, done + CHUNK):,} of {count:,} reports")
        tell("vacuum and statistics")
        connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.SQL(", ").join(map(sql.Identifier, TABLES))))
        connection.execute(_ALL_DIRTY)
    sum_figures(database_url)


def sum_figures(database_url: str) -> None:
    """The sums behind the figures, as the product makes them after an import."""
    tell("sums of the figures")
    made = create_engine(sqlalchemy_url(database_url))
    left = 1
    while left:
        with Session(made) as session, session.begin():
            left = sum_up(session)
    made.dispose()


@contextmanager
def _bare_tables(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Without foreign keys and secondary indexes; both are made anew at the end."""
    keys = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)",
        (list(TABLES),),
    ).fetchall()
    indexes = connection.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " WHERE i.indrelid::regclass::text = ANY(%s)"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)",
        (list(TABLES),),
    ).fetchall()
    for table, name, _ in keys:
        connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    yield
    for name, definition in indexes:
        tell(f"index {name}")
        connection.execute(definition)
    for table, name, definition in keys:
        # Checked for new rows from now on; the copies point where their templates point.
        connection.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition} NOT VALID')


def _copy_chunk(
    connection: psycopg.Connection[Any], seeds: Iterator[tuple[Any, ...]], count: int, now: datetime, zone: str
) -> None:
    connection.execute("DROP TABLE IF EXISTS bench_seed")
    connection.execute(_SEED)
    with connection.cursor() as cursor, cursor.copy("COPY bench_seed FROM STDIN") as copy:
        for _ in range(count):
            copy.write_row(next(seeds))
    connection.execute("ANALYZE bench_seed")
    for table in TABLES:
        statement = _statement(connection, table)
        connection.execute(statement, {"soon": now + timedelta(hours=12), "zone": zone})
    connection.execute("DROP TABLE bench_seed")


def _statement(connection: psycopg.Connection[Any], table: str) -> str:
    columns = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_name = %s AND table_schema = 'public' ORDER BY ordinal_position",
        (table,),
    ).fetchall()
    chosen = OVERRIDES[table]
    values = [
        chosen.get(name) or (f"t.{name} + s.delta" if kind == "timestamp with time zone" else f"t.{name}")
        for name, kind in columns
    ]
    source = {
        "report": "report t ON t.id = s.template",
        "sla_entry": "sla_clock c ON c.report_id = s.template JOIN sla_entry t ON t.clock_id = c.id",
    }.get(table, f"{table} t ON t.report_id = s.template")
    # The templates' clock was moved in leaps, so every one of them climbed its whole ladder; most real ones do not.
    where = " WHERE t.action <> 'escalate'" if table == "timeline_entry" else ""
    names = ", ".join(name for name, _ in columns)
    return f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM bench_seed s JOIN {source}{where}"


def _seeds(
    connection: psycopg.Connection[Any], count: int, now: datetime, open_only: bool
) -> Iterator[tuple[Any, ...]]:
    """One row of `bench_seed` per copy, oldest first. The same count gives the same city."""
    chance = random.Random(count)
    rows = connection.execute("SELECT id, status, agency_code, received_at FROM report ORDER BY id").fetchall()
    ended = [row for row in rows if row[1] in ENDED]
    going = [row for row in rows if row[1] not in (*ENDED, "duplicate", "withdrawn", "referred")]
    if not ended or not going:
        raise LookupError("this city has no template reports")
    places = _places(connection)
    weights = [1 / (rank + 1) for rank in range(len(places))]
    agencies = {row[0] for row in connection.execute("SELECT code FROM agency")}
    # What is open only came in within a day and a half, so that most promises still run.
    span = timedelta(hours=36) if open_only else timedelta(days=365 * YEARS)
    codes = {row[0] for row in connection.execute("SELECT code FROM report")}

    def rows_by_time() -> Iterator[tuple[Any, ...]]:
        for number in range(count):
            # A little growth over the years; the last one came minutes ago.
            age = span * (1 - ((number + 1) / count) ** 0.8)
            is_open = open_only or chance.random() < max(0.004, 0.6 - age.days / 40)
            template, _, agency, received_at = chance.choice(going if is_open else ended)
            area_id, area, points = chance.choices(places, weights)[0]
            lon, lat = chance.choice(points)
            lon, lat = lon + chance.gauss(0, 0.0008), lat + chance.gauss(0, 0.0008)
            kind, _, ward = agency.partition("-")
            mine = f"{kind}-{area}" if ward.isdigit() and f"{kind}-{area}" in agencies else agency
            at = now - age - timedelta(minutes=1)
            yield (
                template, _uuid7(at, chance), _code(codes), UUID(int=chance.getrandbits(128) % (count // 4 + 1)),
                at - received_at, lon, lat, area_id, area, mine, agency,
                round(lat * 1_000_000) // 1_000, round(lon * 1_000_000) // 1_000,
            )  # fmt: skip

    return rows_by_time()


def _code(taken: set[str]) -> str:
    """A code nobody has: among a million, some twins are drawn."""
    while (code := new_code()) in taken:
        pass
    taken.add(code)
    return code


def _places(connection: psycopg.Connection[Any]) -> list[tuple[int, str, list[tuple[float, float]]]]:
    """Our wards with points inside them."""
    rows = connection.execute(
        "SELECT id, code, array_agg(ST_X(p.geom)), array_agg(ST_Y(p.geom)) FROM area,"
        " ST_Dump(ST_GeneratePoints(area.geom, %s, 7)) p WHERE layer = 'ward' AND valid_to IS NULL"
        " GROUP BY id, code ORDER BY code",
        (POINTS_PER_AREA,),
    ).fetchall()
    return [(area, code, list(zip(xs, ys, strict=True))) for area, code, xs, ys in rows]


def _uuid7(at: datetime, chance: random.Random) -> UUID:
    """Version 7 of this instant (RFC 9562)."""
    stamp = int(at.astimezone(UTC).timestamp() * 1000)
    return UUID(int=stamp << 80 | 0x7 << 76 | chance.getrandbits(12) << 64 | 0b10 << 62 | chance.getrandbits(62))
