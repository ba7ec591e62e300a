"""Facts from rows, and into rows: for one event, for a list of reports, for all reports of some days.

Idempotent: the same reports give the same rows, whoever asks and however often. Two refreshes of one report wait for
each other (advisory lock), so an older view never overwrites a newer one.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from psycopg.rows import namedtuple_row
from sqlmodel import Session

from admin.indicators.calendars import Calendars, calendars
from admin.indicators.facts import Due, Line, Subject, rows_of
from admin.indicators.rollups import days_of, mark_dirty
from admin.indicators.tables import COLUMNS
from dispatch.domain.actors import Role
from kit.db import raw
from kit.settings import get_settings

BATCH = 2_000
_STAFF = frozenset(Role) - {Role.RESIDENT, Role.API_CLIENT, Role.SYSTEM}

_SUBJECTS = """
SELECT r.id, r.code, r.channel, r.category_code, r.agency_code, r.team_code, r.received_at, r.hops, r.imported,
    r.sensitive, r.lat, r.lon, coalesce((r.attributes->>'placeholder_point')::boolean, false) AS placeholder,
    coalesce(then_area.code, r.area_code) AS area, coalesce(today.code, then_area.code, r.area_code) AS area_today,
    (SELECT c.calendar_code FROM sla_clock c WHERE c.report_id = r.id AND c.kind = 'citizen' ORDER BY c.cycle LIMIT 1)
        AS clock_calendar, agency.calendar_code AS agency_calendar,
    (SELECT code FROM agency WHERE is_desk ORDER BY code LIMIT 1) AS desk
FROM report r
JOIN agency ON agency.code = r.agency_code
LEFT JOIN area then_area ON then_area.id = coalesce(r.stat_area_id, r.area_id)
LEFT JOIN LATERAL (
    SELECT a.code FROM area a
    WHERE then_area.valid_to <= %(today)s AND a.layer = then_area.layer AND a.valid_from <= %(today)s
      AND (a.valid_to IS NULL OR a.valid_to > %(today)s) AND ST_Covers(a.geom, r.point)
    ORDER BY a.code LIMIT 1
) today ON true
WHERE r.id = ANY(%(ids)s) ORDER BY r.id
"""
_LINES = """
SELECT report_id, at, action, to_status, data, visibility, actor_role FROM timeline_entry
WHERE report_id = ANY(%(ids)s) ORDER BY report_id, seq
"""
# The promise to the citizen; a cycle without one is measured by its agency's promise.
_DUES = """
SELECT report_id, cycle, kind, started_at AS at, first_due_at AS strict, first_due_at AS lenient, 0 AS seq
FROM sla_clock WHERE report_id = ANY(%(ids)s) AND kind IN ('citizen', 'resolve')
UNION ALL
SELECT c.report_id, c.cycle, c.kind, e.at, e.due_at, e.lenient_due_at, e.seq
FROM sla_clock c JOIN sla_entry e ON e.clock_id = c.id
WHERE c.report_id = ANY(%(ids)s) AND c.kind IN ('citizen', 'resolve')
ORDER BY 1, 2, 4, 7
"""


def refresh(session: Session, ids: Iterable[UUID], *, today: date) -> int:
    """Write the facts of these reports anew; returns how many exist. `today` decides the units of `restate`."""
    connection, wanted = raw(session), sorted(set(ids))
    connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('fact:' || id, 0)) FROM unnest(%s::text[]) AS id ORDER BY id",
        ([str(one) for one in wanted],),
    )
    rows = list(_fact_rows(connection, wanted, calendars(session), today))
    gone = connection.execute(
        "DELETE FROM report_fact WHERE report_id = ANY(%s) RETURNING received_on, answered_on", (wanted,)
    )
    mark_dirty(connection, [day for row in gone for day in row if day])
    connection.execute("DELETE FROM report_fact_past WHERE report_id = ANY(%s)", (wanted,))
    write(connection, rows)
    return len({row["report_id"] for row in rows})


def rebuild(
    session: Session, from_day: date, to_day: date, *, today: date, told: Callable[[int], None] = lambda _: None
) -> int:
    """Facts of all reports received on these local days (half-open), from nothing; `told` hears of every batch.

    Costs what these days cost, whatever the history. Rows of reports that no longer exist are removed.
    """
    connection, zone = raw(session), ZoneInfo(get_settings().timezone)
    start, end = (datetime.combine(day, datetime.min.time(), zone) for day in (from_day, to_day))
    for table in ("report_fact", "report_fact_past"):
        gone = connection.execute(
            sql.SQL("DELETE FROM {} WHERE received_on >= %s AND received_on < %s RETURNING received_on, answered_on")
            .format(sql.Identifier(table)),
            (from_day, to_day),
        )  # fmt: skip
        mark_dirty(connection, {day for row in gone for day in row if day})
    done, after = 0, UUID(int=0)
    while True:
        page = connection.execute(
            "SELECT id FROM report WHERE received_at >= %s AND received_at < %s AND id > %s ORDER BY id LIMIT %s",
            (start, end, after, BATCH),
        ).fetchall()
        if not page:
            return done
        done += refresh(session, (row[0] for row in page), today=today)
        after = page[-1][0]
        told(len(page))


def days_of_reports(session: Session) -> tuple[date, date] | None:
    """The local days that hold reports: the first, and the day after the last; None where there are none."""
    row = raw(session).execute("SELECT min(received_at), max(received_at) FROM report").fetchone()
    if row is None or row[0] is None:
        return None
    zone = ZoneInfo(get_settings().timezone)
    return row[0].astimezone(zone).date(), row[1].astimezone(zone).date() + timedelta(days=1)


def write(connection: psycopg.Connection[Any], rows: Iterable[dict[str, Any]]) -> None:
    """COPY fact rows as `rows_of` makes them: those with `until` are past."""
    current, past = [], []
    rows = list(rows)
    for report_id, versions in groupby(rows, key=itemgetter("report_id")):
        *before, last = versions
        current.append([last[name] for name in COLUMNS])
        past += [[seq, row["until"], *(row[name] for name in COLUMNS)] for seq, row in enumerate(before, 1)]
        if last["report_id"] != report_id:
            raise AssertionError("fact rows must come report by report")
    mark_dirty(connection, days_of([row for row in rows if "until" not in row]))
    _copy(connection, "report_fact", COLUMNS, current)
    _copy(connection, "report_fact_past", ("seq", "until", *COLUMNS), past)


def _copy(connection: psycopg.Connection[Any], table: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    if not rows:
        return
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)) as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _fact_rows(
    connection: psycopg.Connection[Any], ids: Sequence[UUID], known: Calendars, today: date
) -> Iterable[dict[str, Any]]:
    zone = ZoneInfo(get_settings().timezone)
    asked = {"ids": list(ids), "today": today}
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        subjects: list[Any] = cursor.execute(_SUBJECTS, asked).fetchall()
        lines = _by_report(cursor.execute(_LINES, asked).fetchall())
        dues = _by_report(cursor.execute(_DUES, asked).fetchall())
    for row in subjects:
        told = [_line(line) for line in lines.get(row.id, ())]
        if told:
            calendar = known.of(row.clock_calendar or row.agency_calendar)
            yield from rows_of(_subject(row), told, _dues(dues.get(row.id, ())), calendar, zone)


def _by_report(rows: Sequence[Any]) -> dict[UUID, list[Any]]:
    return {key: list(group) for key, group in groupby(rows, key=lambda row: row.report_id)}


def _subject(row: Any) -> Subject:
    return Subject(
        report_id=row.id, code=row.code, channel=row.channel, category=row.category_code, agency=row.agency_code,
        desk=row.desk or row.agency_code,
        team=row.team_code, area=row.area, area_today=row.area_today, received_at=row.received_at, hops=row.hops,
        imported=row.imported, sensitive=row.sensitive, placed=not row.placeholder,
        cell_lat=cell(row.lat), cell_lon=cell(row.lon),
    )  # fmt: skip


def _line(row: Any) -> Line:
    return Line(
        at=row.at, action=row.action, to_status=row.to_status, data=row.data,
        public=row.visibility == "public", by_staff=row.actor_role in _STAFF,
    )  # fmt: skip


def _dues(rows: Sequence[Any]) -> list[Due]:
    """Citizen promises; for a cycle without one, the agency's."""
    own = {row.cycle for row in rows if row.kind == "citizen"}
    kept = [row for row in rows if row.kind == "citizen" or row.cycle not in own]
    return [Due(at=row.at, cycle=row.cycle, strict=row.strict, lenient=row.lenient) for row in kept]


def cell(degrees: float) -> int:
    """The thousandth of a degree a coordinate lies in, floored; counted in whole micro-degrees, so 42.36 is 42360."""
    return round(degrees * 1_000_000) // 1_000
