"""The one statement that puts a new report on disk: ON CONFLICT DO NOTHING, and everything else hangs on its row.

Rows go in as arrays (unnest), so the statement's text never changes and PostgreSQL keeps its plan. Raw psycopg here
because this is the hot path (DECISIONS 4): three round trips with BEGIN and COMMIT.
"""

from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import Row, text
from sqlmodel import Session

from kit.db import raw

if TYPE_CHECKING:
    from dispatch.intake import Decision


class Outcome(Enum):
    WRITTEN = "written"
    OLD_RULEBOOK = "old-rulebook"
    TAKEN = "taken"


_WRITE = """
WITH rules AS (
    SELECT version FROM directory_version WHERE version = %(rulebook)s
), fresh AS (
    INSERT INTO report (
        id, code, reporter_id, body_sha256, channel, status, version, category_code, severity, description, address,
        attributes, anonymous, point, lon, lat, accuracy_m, location_source, received_at, occurred_at, agency_code,
        agency_since, supporting, refused_by, hops, area_id, area_code, stat_area_id, approximate, ambiguous, route,
        text_flags, is_public, sensitive, policy_id, due_at, lenient_due_at, ack_due_at, cycle, imported,
        chain_head, chain_length)
    SELECT %(id)s, %(code)s, %(reporter)s, %(digest)s, %(channel)s, %(status)s, 1, %(category)s, %(severity)s,
        %(description)s, %(address)s, %(attributes)s, %(anonymous)s,
        ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), %(lon)s, %(lat)s, %(accuracy)s, %(source)s, %(received)s,
        %(occurred)s, %(agency)s, %(received)s, %(supporting)s, '{}', 0, %(area_id)s, %(area_code)s, %(stat_area)s,
        %(approximate)s, %(ambiguous)s, %(route)s, %(flags)s, %(is_public)s, %(sensitive)s, %(policy)s, %(due)s,
        %(due)s, %(ack_due)s, 1, false, %(head)s, %(length)s
    FROM rules
    ON CONFLICT DO NOTHING
    RETURNING id
), history AS (
    INSERT INTO timeline_entry (report_id, seq, at, action, from_status, to_status, actor_role, actor_id,
        actor_agency, visibility, data, canonical, prev_hash, hash)
    SELECT fresh.id, e.seq, %(received)s, e.action, e.from_status, e.to_status, e.role, e.actor, e.agency, 'public',
        e.data, e.canonical, e.prev, e.hash
    FROM fresh, unnest(%(e_seq)s::int[], %(e_action)s::text[], %(e_from)s::text[], %(e_to)s::text[],
        %(e_role)s::text[], %(e_actor)s::uuid[], %(e_agency)s::text[], %(e_data)s::jsonb[], %(e_canonical)s::text[],
        %(e_prev)s::bytea[], %(e_hash)s::bytea[])
        AS e (seq, action, from_status, to_status, role, actor, agency, data, canonical, prev, hash)
), words AS (
    INSERT INTO entry_text (report_id, seq, salt, text)
    SELECT fresh.id, 1, %(salt)s, %(description)s FROM fresh WHERE %(description)s <> ''
), promises AS (
    INSERT INTO sla_clock (id, report_id, kind, cycle, agency_code, policy_id, calendar_code, target, state,
        started_at, first_due_at, due_at, lenient_due_at, rungs_fired, sweep_at)
    SELECT c.id, fresh.id, c.kind, 1, %(agency)s, %(policy)s, c.calendar, c.target, 'running', %(received)s, c.due,
        c.due, c.due, 0, c.sweep
    FROM fresh, unnest(%(c_id)s::uuid[], %(c_kind)s::text[], %(c_calendar)s::text[], %(c_target)s::jsonb[],
        %(c_due)s::timestamptz[], %(c_sweep)s::timestamptz[]) AS c (id, kind, calendar, target, due, sweep)
), news AS (
    INSERT INTO outbox (id, day, name, subject, occurred_at, data)
    SELECT o.id, %(day)s, o.name, fresh.id, %(received)s, o.data
    FROM fresh, unnest(%(o_id)s::uuid[], %(o_name)s::text[], %(o_data)s::jsonb[]) AS o (id, name, data)
)
SELECT (SELECT count(*) FROM rules), (SELECT count(*) FROM fresh)
"""


def write(session: Session, decision: "Decision", rulebook: int) -> Outcome:
    """Write everything or nothing; says which of the two conditions failed."""
    row = raw(session).execute(_WRITE, _values(decision, rulebook), prepare=True).fetchone()
    if row is None or row[0] == 0:
        return Outcome.OLD_RULEBOOK
    return Outcome.WRITTEN if row[1] else Outcome.TAKEN


def existing(session: Session, report_id: UUID) -> Row[Any] | None:
    """Who sent the report of this id, and the digest of what he sent."""
    return session.execute(
        text("SELECT reporter_id, body_sha256, code FROM report WHERE id = :id"), {"id": report_id}
    ).one_or_none()


def _values(decision: "Decision", rulebook: int) -> dict[str, Any]:
    draft, route = decision.draft, decision.route
    due = {clock.row.kind: clock.row.due_at for clock in decision.clocks}
    return {
        "rulebook": rulebook,
        "id": draft.id,
        "code": decision.code,
        "reporter": decision.reporter,
        "digest": decision.digest,
        "channel": draft.channel,
        "status": route.status,
        "category": draft.category,
        "severity": route.severity,
        "description": draft.description,
        "address": draft.address,
        "attributes": Jsonb(dict(draft.attributes)),
        "anonymous": draft.anonymous,
        "lon": draft.lon,
        "lat": draft.lat,
        "accuracy": draft.accuracy_m,
        "source": draft.location_source,
        "received": decision.received_at,
        "occurred": decision.occurred_at,
        "agency": route.agency,
        "supporting": list(route.support),
        "area_id": route.area.id if route.area else None,
        "area_code": route.area.code if route.area else None,
        "stat_area": decision.stat_area_id,
        "approximate": bool(route.area and route.area.approximate),
        "ambiguous": route.ambiguous,
        "route": Jsonb(decision.trace),
        "flags": list(decision.flags),
        "is_public": decision.is_public,
        "sensitive": decision.sensitive,
        "policy": decision.policy.id if decision.policy else None,
        "due": due.get("citizen"),
        "ack_due": due.get("acknowledge"),
        "head": decision.entries[-1].hash,
        "length": len(decision.entries),
        "salt": decision.entries[0].salt,
        "day": decision.received_at.date(),
        **_entry_arrays(decision),
        **_clock_arrays(decision),
        "o_id": [event.id for event in decision.events],
        "o_name": [event.name for event in decision.events],
        "o_data": [Jsonb({**event.data, "code": decision.code}) for event in decision.events],
    }


def _entry_arrays(decision: "Decision") -> dict[str, Any]:
    entries = decision.entries
    return {
        "e_seq": [entry.seq for entry in entries],
        "e_action": [entry.action for entry in entries],
        "e_from": [entry.from_status for entry in entries],
        "e_to": [entry.to_status for entry in entries],
        "e_role": [entry.actor_role for entry in entries],
        "e_actor": [entry.actor_id for entry in entries],
        "e_agency": [entry.actor_agency for entry in entries],
        "e_data": [Jsonb(entry.data) for entry in entries],
        "e_canonical": [entry.canonical for entry in entries],
        "e_prev": [entry.prev_hash for entry in entries],
        "e_hash": [entry.hash for entry in entries],
    }


def _clock_arrays(decision: "Decision") -> dict[str, Any]:
    rows = [clock.row for clock in decision.clocks]
    return {
        "c_id": [row.id for row in rows],
        "c_kind": [str(row.kind) for row in rows],
        "c_calendar": [row.calendar_code for row in rows],
        "c_target": [Jsonb(row.target) for row in rows],
        "c_due": [row.due_at for row in rows],
        "c_sweep": [row.sweep_at for row in rows],
    }
