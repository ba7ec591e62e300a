"""An imported case that the earlier system changed since: its report follows, unless people here have worked on it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.rows import dict_row
from sqlmodel import Session

from admin.imports.history_case import ImportedCase, RowRefused
from admin.imports.history_places import Known
from admin.imports.history_rows import GIVEN, Step, chained, ended_steps, given_clocks, given_target
from admin.imports.history_write import ENTRY, as_json, copy_into, entry_row
from admin.indicators.loading import refresh
from dispatch.domain.report import EXITS, Action, Status
from kit.db import raw
from kit.ids import new_id

_ENDED = EXITS | {Status.RESOLVED, Status.CLOSED}
_HELD = """
SELECT id, status, version, chain_head, chain_length, attributes FROM report WHERE id = %s FOR UPDATE
"""


def update_case(session: Session, report_id: UUID, case: ImportedCase, area: Known | None, *, now: datetime) -> None:
    """Bring a report up to the case: columns, promises, one or two entries of the timeline, facts.

    RowRefused (`worked-on-here`) when a step was taken on it since the import: our timeline is the truth then.
    """
    connection = raw(session)
    with connection.cursor(row_factory=dict_row) as cursor:
        held = cursor.execute(_HELD, (report_id,)).fetchone()
    if held is None or held["version"] != held["attributes"].get("import_version"):
        raise RowRefused("worked-on-here")
    before, version = Status(held["status"]), held["version"] + 1
    steps = _steps(case, before, now)
    told = chained(report_id, steps, bytes(held["chain_head"]), held["chain_length"], before)
    copy_into(connection, "timeline_entry", ENTRY, [entry_row(entry) for entry in told])
    texts = [(report_id, entry.seq, entry.salt, entry.text) for entry in told if entry.text is not None]
    copy_into(connection, "entry_text", ("report_id", "seq", "salt", "text"), texts)
    attributes = {key: value for key, value in held["attributes"].items() if key != "placeholder_point"}
    attributes |= {"import_version": version} | ({"placeholder_point": True} if case.placeholder else {})
    values = _columns(case, area) | {
        "status": str(told[-1].to_status), "version": version, "attributes": as_json(attributes),
        "chain_head": told[-1].hash, "chain_length": told[-1].seq,
    }  # fmt: skip
    _set(session, report_id, values)
    connection.execute("UPDATE report SET point = ST_SetSRID(ST_MakePoint(lon, lat), 4326) WHERE id = %s", (report_id,))
    _clocks(session, report_id, case, now)
    refresh(session, [report_id], today=now.date())


def _steps(case: ImportedCase, before: Status, now: datetime) -> list[Step]:
    """Answered or ended since, opened again, or only corrected."""
    if case.ended_at and before not in _ENDED:
        return ended_steps(case, case.ended_at)
    if case.ended_at is None and before in _ENDED:
        return [Step(at=now, action=Action.REOPEN, to=case.status, data={"imported": True})]
    data = {"imported": True, "corrected": True}
    return [Step(at=now, action=Action.RECALCULATE, to=case.status, data=data)]


def _columns(case: ImportedCase, area: Known | None) -> dict[str, Any]:
    open_due = case.due_at if case.ended_at is None else None
    answered = case.ended_at if case.status in (Status.RESOLVED, Status.CLOSED) else None
    return {
        "body_sha256": case.digest, "channel": case.source, "category_code": case.category,
        "agency_code": case.agency, "team_code": case.team, "description": case.description, "address": case.address,
        "lon": case.lon, "lat": case.lat, "received_at": case.received_at, "occurred_at": case.received_at,
        "area_id": area.id if area else None, "area_code": area.code if area else None,
        "stat_area_id": area.id if area else None, "due_at": open_due, "lenient_due_at": open_due,
        "acknowledged_at": case.accepted_at, "resolved_at": answered, "answer": case.answer,
        "closed_at": case.ended_at if case.status is Status.CLOSED else None,
    }  # fmt: skip


def _set(session: Session, report_id: UUID, values: Mapping[str, Any]) -> None:
    assignments = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in values
    )
    statement = sql.SQL("UPDATE report SET {} WHERE id = {}").format(assignments, sql.Placeholder("report_id"))
    raw(session).execute(statement, {**values, "report_id": report_id})


def _clocks(session: Session, report_id: UUID, case: ImportedCase, now: datetime) -> None:
    """The given promise as it is told today; a promise that was taken back is cancelled, never deleted."""
    connection = raw(session)
    clocks = given_clocks(case, now)
    if not clocks:
        connection.execute(
            "UPDATE sla_clock SET state = 'cancelled', stopped_at = %s WHERE report_id = %s AND calendar_code = %s",
            (now, report_id, GIVEN),
        )
    for clock in clocks:
        values = {
            "report": report_id, "kind": str(clock.kind), "agency": case.agency, "given": GIVEN, "id": new_id(),
            "target": as_json(given_target(case)), "state": str(clock.state), "start": case.received_at,
            "due": case.due_at, "stopped": clock.stopped_at, "breached": clock.breached_at,
        }  # fmt: skip
        known = connection.execute(_UPDATE_CLOCK, values).fetchone()
        if known is None:
            known = connection.execute(_INSERT_CLOCK, values).fetchone()
        if known and clock.ledger:
            connection.execute(_LEDGER_LINE, values | {"clock": known[0], "ledger": str(clock.ledger), "now": now})


_UPDATE_CLOCK = """
UPDATE sla_clock SET agency_code = %(agency)s, target = %(target)s, state = %(state)s, started_at = %(start)s,
    first_due_at = %(due)s, due_at = %(due)s, lenient_due_at = %(due)s, stopped_at = %(stopped)s,
    breached_at = %(breached)s
WHERE report_id = %(report)s AND kind = %(kind)s AND calendar_code = %(given)s RETURNING id
"""
_INSERT_CLOCK = """
INSERT INTO sla_clock (id, report_id, kind, cycle, agency_code, calendar_code, target, state, started_at, first_due_at,
    due_at, lenient_due_at, stopped_at, breached_at, rungs_fired)
VALUES (%(id)s, %(report)s, %(kind)s, 1, %(agency)s, %(given)s, %(target)s, %(state)s, %(start)s, %(due)s, %(due)s,
    %(due)s, %(stopped)s, %(breached)s, 0) RETURNING id
"""
_LEDGER_LINE = """
INSERT INTO sla_entry (clock_id, seq, at, kind, reason, due_at, lenient_due_at)
SELECT %(clock)s, coalesce(max(seq), 1) + 1, greatest(%(now)s, max(at)), %(ledger)s, 'imported', %(due)s, %(due)s
FROM sla_entry WHERE clock_id = %(clock)s
"""
