"""The live stream (Server-Sent Events): what changed, as it changes, resumable from the outbox.

Each web process with a reader asks the outbox every 250 ms for `stream_no > last`; no Redis is involved. Readers get
only what they may see. A place older than the kept 48 hours is answered with `reset`.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import text

from api.auth import ENDED
from api.deps import ActorDep
from dispatch.domain.actors import Actor, Role
from kit.clock import utc_now
from kit.db import reading
from kit.ids import show_code
from kit.tokens import has_expired

router = APIRouter(prefix="/v1", tags=["stream"])
EVERY_S, PING_S, KEPT = 0.25, 15.0, timedelta(hours=48)
BATCH = 500
NEWEST = 2**63 - 1  # no event has a greater number
_NEW = text(
    "SELECT stream_no, name, subject, occurred_at, data FROM outbox WHERE stream_no > :last"
    " AND (name LIKE 'report.%' OR name IN ('figure.changed', 'incident.opened')) ORDER BY stream_no LIMIT :batch"
)


@dataclass(frozen=True)
class Line:
    """One event of the stream with whom it concerns."""

    number: int
    event: str
    data: dict[str, Any]
    agencies: frozenset[str]
    people: frozenset[str]
    teams: frozenset[str]

    def text(self) -> str:
        return f"id: {self.number}\nevent: {self.event}\ndata: {json.dumps(self.data)}\n\n"


class Tail:
    """The newest events of this process, read once for all its readers."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._read_at = 0.0
        self._lock = asyncio.Lock()

    async def after(self, last: int) -> list[Line]:
        """Events after `last`, at most a batch."""
        async with self._lock:
            newest = self._lines[-1].number if self._lines else None
            if newest is None or last < self._lines[0].number - 1:
                return await run_sync(read_lines, last)
            if time.monotonic() - self._read_at >= EVERY_S:
                self._read_at = time.monotonic()
                self._lines = [*self._lines, *await run_sync(read_lines, newest)][-2000:]
            return [line for line in self._lines if line.number > last][:BATCH]

    async def seed(self) -> None:
        """Begin the common tail at the newest event, so that readers share one query."""
        if not self._lines:
            newest = await run_sync(newest_number)
            self._lines = await run_sync(read_lines, max(0, newest - 1))


TAIL = Tail()


def newest_number() -> int:
    with reading() as session:
        return int(session.execute(text("SELECT coalesce(max(stream_no), 0) FROM outbox")).scalar_one())


def read_lines(last: int) -> list[Line]:
    with reading() as session:
        return [_line(row) for row in session.execute(_NEW, {"last": last, "batch": BATCH})]


def is_forgotten(last: int) -> bool:
    """True when events after `last` are no longer kept in full: the reader must start from a fresh snapshot."""
    with reading() as session:
        row = session.execute(
            text("SELECT occurred_at FROM outbox WHERE stream_no = :last"), {"last": last}
        ).one_or_none()
        if row is None:
            return last > 0  # dropped with its week, or of a database that was restored to an earlier day
        return bool(row[0] < utc_now() - KEPT)


def _line(row: Any) -> Line:
    data = row.data
    if not row.name.startswith("report."):
        return Line(row.stream_no, row.name, data, frozenset(), frozenset(), frozenset())
    shown = {
        "report": str(row.subject),
        "code": show_code(data["code"]),
        "status": data["status"],
        "version": data["version"],
        "agency": data["agency"],
        "area": data.get("area"),
        "category": data.get("category"),
        "action": data.get("action"),
        "changed_at": row.occurred_at.isoformat(),
    }
    agencies = {data.get("agency"), data.get("previous_agency"), data.get("support"), *data.get("supporting", ())}
    return Line(
        row.stream_no,
        "report.changed",
        shown,
        frozenset(filter(None, agencies)),
        frozenset(filter(None, (data.get("reporter"), data.get("worker"), data.get("previous_worker")))),
        frozenset(filter(None, (None if data.get("worker") else data.get("team"),))),  # one of them has it in hand
    )


def concerns(line: Line, actor: Actor, team: str | None) -> bool:
    """Whether this reader may hear of it."""
    if actor.sees_all:
        return True
    if not line.event.startswith("report."):
        return actor.is_staff
    if actor.role is Role.OFFICER:
        return actor.agency in line.agencies
    if actor.role is Role.FIELD_WORKER:
        return actor.agency in line.agencies and (str(actor.id) in line.people or team in line.teams)
    return str(actor.id) in line.people


@router.get("/stream")
async def stream(
    request: Request,
    actor: ActorDep,
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID", max_length=20)] = None,
    after: Annotated[int | None, Query(ge=0, le=NEWEST)] = None,
) -> StreamingResponse:
    """Live changes. Resume with Last-Event-ID or ?after; without either, from now on."""
    said = last_event_id or ""
    given = min(int(said), NEWEST) if said.isascii() and said.isdigit() else after
    return StreamingResponse(
        _lines(request, actor, given),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _lines(request: Request, actor: Actor, last: int | None) -> AsyncIterator[str]:
    await TAIL.seed()
    team = await run_sync(_team_of, actor)
    if last is None:
        last = await run_sync(newest_number)
    elif await run_sync(is_forgotten, last):
        last = await run_sync(newest_number)
        yield f"id: {last}\nevent: reset\ndata: {{}}\n\n"
    yield f"id: {last}\nevent: ping\ndata: {{}}\n\n"
    spoke = time.monotonic()
    while not await request.is_disconnected():
        if ENDED.refuses(request.state.claims) or has_expired(request.state.claims):
            return  # the client comes back with a fresh token and its Last-Event-ID
        lines = await TAIL.after(last)
        for line in lines:
            last = line.number
            if concerns(line, actor, team):
                yield line.text()
                spoke = time.monotonic()
        if time.monotonic() - spoke >= PING_S:
            yield f"id: {last}\nevent: ping\ndata: {{}}\n\n"
            spoke = time.monotonic()
        if len(lines) < BATCH:
            await asyncio.sleep(EVERY_S)


def _team_of(actor: Actor) -> str | None:
    if actor.role is not Role.FIELD_WORKER:
        return None
    with reading() as session:
        return session.execute(
            text("SELECT team_code FROM field_worker WHERE id = :id"), {"id": actor.id}
        ).scalar_one_or_none()
