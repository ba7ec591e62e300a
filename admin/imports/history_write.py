"""New imported cases into the tables, a batch at a time: rows are made in memory and copied in, table by table."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg import sql
from sqlmodel import Session

from admin.imports.history_case import ImportedCase
from admin.imports.history_directory import Directory
from admin.imports.history_places import Known, Places, ewkb, local_days
from admin.imports.history_rows import GIVEN, chained, facts_of, given_clocks, given_target, steps_of
from admin.indicators.calendars import Calendars, calendars
from admin.indicators.loading import write as write_facts
from dispatch.domain.chain import Entry
from dispatch.domain.report import Status
from kit.db import raw
from kit.ids import new_code, new_id

_REPORT = (
    "id", "code", "reporter_id", "body_sha256", "channel", "status", "version", "category_code", "severity",
    "description", "address", "attributes", "anonymous", "point", "lon", "lat", "location_source", "received_at",
    "occurred_at", "agency_code", "agency_since", "hops", "area_id", "area_code", "stat_area_id", "approximate",
    "ambiguous", "route", "is_public", "sensitive", "team_code", "due_at", "lenient_due_at", "cycle",
    "acknowledged_at", "resolved_at", "closed_at", "answer", "imported", "external_source", "external_id",
    "chain_head", "chain_length",
)  # fmt: skip
ENTRY = (
    "report_id", "seq", "at", "action", "from_status", "to_status", "actor_role", "visibility", "data", "canonical",
    "prev_hash", "hash",
)  # fmt: skip
_CLOCK = (
    "id", "report_id", "kind", "cycle", "agency_code", "calendar_code", "target", "state", "started_at", "first_due_at",
    "due_at", "lenient_due_at", "stopped_at", "breached_at", "rungs_fired",
)  # fmt: skip
_LEDGER = ("clock_id", "seq", "at", "kind", "reason", "due_at", "lenient_due_at")


def as_json(value: dict[str, Any]) -> str:
    return orjson.dumps(value).decode()


class Writer:
    """Writes batches of new cases of one source. `zone` decides local days, `now` what is late."""

    def __init__(self, session: Session, source: str, *, now: datetime, zone: Any) -> None:
        self._source, self._now, self._zone = source, now, zone
        self.directory = Directory(session, source, now)
        self._places = Places(session)
        self._calendars: Calendars = calendars(session)

    def write(self, session: Session, cases: Sequence[ImportedCase]) -> None:
        """All rows of these cases, in the caller's transaction."""
        connection = raw(session)
        self.directory.provide(session, cases)
        lons, lats = [case.lon for case in cases], [case.lat for case in cases]
        areas = self._places.of(lons, lats, local_days([case.received_at for case in cases], self._zone))
        today = self._areas_today(cases, areas)
        points, codes = ewkb(lons, lats), _free_codes(connection, len(cases))
        reports, entries, texts, clocks, ledger, facts = [], [], [], [], [], []
        for case, area, now_in, point, code in zip(cases, areas, today, points, codes, strict=True):
            report_id, steps = new_id(), steps_of(case, self._source)
            told = chained(report_id, steps)
            reports.append(self._report(case, report_id, code, area, point, told))
            entries += [entry_row(entry) for entry in told]
            texts += [(report_id, entry.seq, entry.salt, entry.text) for entry in told if entry.text is not None]
            for clock_row, ledger_row in self._clocks(case, report_id):
                clocks.append(clock_row)
                ledger += ledger_row
            facts += facts_of(
                case, report_id, code, steps, area, now_in, self._calendar(case), self._zone,
                sensitive=self.directory.sensitive[case.category], desk=self.directory.desk,
            )  # fmt: skip
        copy_into(connection, "report", _REPORT, reports)
        copy_into(connection, "timeline_entry", ENTRY, entries)
        copy_into(connection, "entry_text", ("report_id", "seq", "salt", "text"), texts)
        copy_into(connection, "sla_clock", _CLOCK, clocks)
        copy_into(connection, "sla_entry", _LEDGER, ledger)
        write_facts(connection, facts)

    def place_of(self, case: ImportedCase) -> Known | None:
        return self._places.of([case.lon], [case.lat], local_days([case.received_at], self._zone))[0]

    def _areas_today(self, cases: Sequence[ImportedCase], areas: Sequence[Known | None]) -> list[Known | None]:
        """The unit of today where the one of then has ended."""
        day: date = self._now.astimezone(self._zone).date()
        found = list(areas)
        ended = [index for index, area in enumerate(areas) if area and area.valid_to and area.valid_to <= day]
        if ended:
            moved = self._places.of(
                [cases[index].lon for index in ended], [cases[index].lat for index in ended], [day] * len(ended)
            )
            for index, area in zip(ended, moved, strict=True):
                found[index] = area
        return found

    def _calendar(self, case: ImportedCase) -> Any:
        return self._calendars.of(GIVEN if case.due_at else self.directory.calendars.get(case.agency))

    def _report(
        self, case: ImportedCase, report_id: UUID, code: str, area: Known | None, point: str, told: Sequence[Entry]
    ) -> tuple[Any, ...]:
        open_due = case.due_at if case.ended_at is None else None
        answered = case.ended_at if case.status in (Status.RESOLVED, Status.CLOSED) else None
        area_id, area_code = (area.id, area.code) if area else (None, None)
        attributes = {"import_version": 1} | ({"placeholder_point": True} if case.placeholder else {})
        route = {"imported": True, "source": self._source, "reason": "imported"}
        return (
            report_id, code, self.directory.reporter, case.digest, case.source, str(case.status), 1, case.category, 2,
            case.description, case.address, as_json(attributes), True, point, case.lon, case.lat, "map",
            case.received_at, case.received_at, case.agency, case.received_at, 0, area_id, area_code, area_id,
            bool(area and area.approximate), False, as_json(route), False,
            self.directory.sensitive[case.category], case.team, open_due, open_due, 1, case.accepted_at, answered,
            case.ended_at if case.status is Status.CLOSED else None, case.answer, True, self._source,
            case.external_id, told[-1].hash, told[-1].seq,
        )  # fmt: skip

    def _clocks(self, case: ImportedCase, report_id: UUID) -> Iterable[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]:
        """Clock rows with their ledger lines. No sweep ever looks at them: what is over needs no alarm."""
        due, start = case.due_at, case.received_at
        for clock in given_clocks(case, self._now):
            clock_id = new_id()
            row = (
                clock_id, report_id, str(clock.kind), 1, case.agency, GIVEN, as_json(given_target(case)),
                str(clock.state), start, due, due, due, clock.stopped_at, clock.breached_at, 0,
            )  # fmt: skip
            at = max(start, clock.stopped_at or start)
            yield row, [(clock_id, 2, at, str(clock.ledger), "imported", due, due)] if clock.ledger else []


def entry_row(entry: Entry) -> tuple[Any, ...]:
    return (
        entry.report_id, entry.seq, entry.at, entry.action, entry.from_status, entry.to_status, entry.actor_role,
        entry.visibility, as_json(entry.data), entry.canonical, entry.prev_hash, entry.hash,
    )  # fmt: skip


def _free_codes(connection: psycopg.Connection[Any], count: int) -> list[str]:
    """So many new short codes that no report has."""
    codes: set[str] = set()
    while len(codes) < count:
        fresh = {new_code() for _ in range(count - len(codes))} - codes
        taken = connection.execute("SELECT code FROM report WHERE code = ANY(%s)", (list(fresh),)).fetchall()
        codes |= fresh - {row[0] for row in taken}
    return list(codes)


def copy_into(
    connection: psycopg.Connection[Any], table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """COPY these rows; constraints and defaults of the table hold as for any insert."""
    if not rows:
        return
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
