"""The one statement that puts a new report on disk: ON CONFLICT DO NOTHING, and everything else hangs on its row.

Everything goes in as one JSON document, so the statement's text never changes, PostgreSQL keeps its plan and the
driver has one value to convert. Raw psycopg here because this is the hot path (DECISIONS 4): three round trips with
BEGIN and COMMIT.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlmodel import Session

from dispatch.intake_decision import Decision
from kit.db import raw


class Outcome(Enum):
    WRITTEN = "written"
    OLD_RULEBOOK = "old-rulebook"
    TAKEN = "taken"


_WRITE = """
WITH told AS MATERIALIZED (
    SELECT * FROM json_to_record(%(told)s::json) AS t (
        rulebook bigint, id uuid, code text, reporter uuid, digest bytea, channel text, status text, category text,
        severity int, description text, address text, attributes jsonb, anonymous boolean, lon float8, lat float8,
        accuracy float8, source text, received timestamptz, occurred timestamptz, agency text, supporting text[],
        area_id int, area_code text, stat_area int, approximate boolean, ambiguous boolean, route jsonb, flags text[],
        is_public boolean, sensitive boolean, policy int, due timestamptz, ack_due timestamptz, head bytea,
        length int, salt bytea, day date, entries json, clocks json, events json)
), fresh AS (
    INSERT INTO report (
        id, code, reporter_id, body_sha256, channel, status, version, category_code, severity, description, address,
        attributes, anonymous, point, lon, lat, accuracy_m, location_source, received_at, occurred_at, agency_code,
        agency_since, supporting, refused_by, hops, area_id, area_code, stat_area_id, approximate, ambiguous, route,
        text_flags, is_public, sensitive, policy_id, due_at, lenient_due_at, ack_due_at, cycle, imported,
        chain_head, chain_length)
    SELECT t.id, t.code, t.reporter, t.digest, t.channel, t.status, 1, t.category, t.severity, t.description,
        t.address, t.attributes, t.anonymous, ST_SetSRID(ST_MakePoint(t.lon, t.lat), 4326), t.lon, t.lat, t.accuracy,
        t.source, t.received, t.occurred, t.agency, t.received, t.supporting, '{}', 0, t.area_id, t.area_code,
        t.stat_area, t.approximate, t.ambiguous, t.route, t.flags, t.is_public, t.sensitive, t.policy, t.due, t.due,
        t.ack_due, 1, false, t.head, t.length
    FROM told t JOIN directory_version rules ON rules.version = t.rulebook
    ON CONFLICT DO NOTHING
    RETURNING id
), history AS (
    INSERT INTO timeline_entry (report_id, seq, at, action, from_status, to_status, actor_role, actor_id,
        actor_agency, visibility, data, canonical, prev_hash, hash)
    SELECT fresh.id, e.seq, t.received, e.action, e.before, e.after, e.role, e.actor, e.agency, 'public',
        e.data, e.canonical, e.prev, e.hash
    FROM fresh, told t, json_to_recordset(t.entries) AS e (seq int, action text, before text, after text, role text,
        actor uuid, agency text, data jsonb, canonical text, prev bytea, hash bytea)
), words AS (
    INSERT INTO entry_text (report_id, seq, salt, text)
    SELECT fresh.id, 1, t.salt, t.description FROM fresh, told t WHERE t.description <> ''
), promises AS (
    INSERT INTO sla_clock (id, report_id, kind, cycle, agency_code, policy_id, calendar_code, target, state,
        started_at, first_due_at, due_at, lenient_due_at, rungs_fired, sweep_at)
    SELECT c.id, fresh.id, c.kind, 1, t.agency, t.policy, c.calendar, c.target, 'running', t.received, c.due_at,
        c.due_at, c.due_at, 0, c.sweep_at
    FROM fresh, told t, json_to_recordset(t.clocks) AS c (id uuid, kind text, calendar text, target jsonb,
        due_at timestamptz, sweep_at timestamptz)
), news AS (
    INSERT INTO outbox (id, day, name, subject, occurred_at, data)
    SELECT o.id, t.day, o.name, fresh.id, t.received, o.data
    FROM fresh, told t, json_to_recordset(t.events) AS o (id uuid, name text, data jsonb)
)
SELECT EXISTS (SELECT 1 FROM directory_version JOIN told ON told.rulebook = version), EXISTS (SELECT 1 FROM fresh)
"""


def write(session: Session, decision: Decision, rulebook: int) -> Outcome:
    """Write everything or nothing; says which of the two conditions failed."""
    told = orjson.dumps(_document(decision, rulebook)).decode()
    row = raw(session).execute(_WRITE, {"told": told}, prepare=True).fetchone()
    if row is None or not row[0]:
        return Outcome.OLD_RULEBOOK
    return Outcome.WRITTEN if row[1] else Outcome.TAKEN


@dataclass(frozen=True)
class Existing:
    """Who sent a report, and the digest of what he sent. `reporters`: the ids he had as a nameless device are his."""

    reporters: frozenset[UUID]
    digest: bytes

    def is_of(self, person: UUID) -> bool:
        return person in self.reporters


def existing(session: Session, report_id: UUID) -> Existing | None:
    """The report of this id, if there is one."""
    found = session.execute(
        text(
            "SELECT reporter_id, body_sha256, ARRAY(SELECT id FROM person WHERE merged_into = reporter_id)"
            " FROM report WHERE id = :id"
        ),
        {"id": report_id},
    ).one_or_none()
    return Existing(frozenset([found[0], *found[2]]), bytes(found[1])) if found else None


def _hex(value: bytes) -> str:
    """As PostgreSQL reads bytea."""
    return "\\x" + value.hex()


def _document(decision: Decision, rulebook: int) -> dict[str, Any]:
    draft, route, area = decision.draft, decision.route, decision.route.area
    return {
        "rulebook": rulebook,
        "id": draft.id,
        "code": decision.code,
        "reporter": decision.reporter,
        "digest": _hex(decision.digest),
        "channel": draft.channel,
        "status": route.status,
        "category": draft.category,
        "severity": route.severity,
        "description": draft.description,
        "address": draft.address,
        "attributes": dict(draft.attributes),
        "anonymous": draft.anonymous,
        "lon": draft.lon,
        "lat": draft.lat,
        "accuracy": draft.accuracy_m,
        "source": draft.location_source,
        "received": decision.received_at,
        "occurred": decision.occurred_at,
        "agency": route.agency,
        "supporting": list(route.support),
        "area_id": area.id if area else None,
        "area_code": decision.area_code,
        "stat_area": decision.stat_area_id,
        "approximate": decision.approximate,
        "ambiguous": route.ambiguous,
        "route": decision.trace,
        "flags": decision.flags,
        "is_public": decision.is_public,
        "sensitive": decision.sensitive,
        "policy": decision.policy.id if decision.policy else None,
        "due": decision.due("citizen"),
        "ack_due": decision.due("acknowledge"),
        "head": _hex(decision.entries[-1].hash),
        "length": len(decision.entries),
        "salt": _hex(decision.entries[0].salt),
        "day": decision.received_at.date(),
        "entries": _entries(decision),
        "clocks": decision.clocks,
        "events": [
            {"id": event.id, "name": event.name, "data": {**event.data, "code": decision.code}}
            for event in decision.events
        ],
    }


def _entries(decision: Decision) -> list[dict[str, Any]]:
    return [
        {
            "seq": entry.seq,
            "action": entry.action,
            "before": entry.from_status,
            "after": entry.to_status,
            "role": entry.actor_role,
            "actor": entry.actor_id,
            "agency": entry.actor_agency,
            "data": entry.data,
            "canonical": entry.canonical,
            "prev": _hex(entry.prev_hash),
            "hash": _hex(entry.hash),
        }
        for entry in decision.entries
    ]
