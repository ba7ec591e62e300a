"""A calendar was edited: open clocks that live by it get their due times anew, one report per transaction.

Resumable: it walks reports by id and each one is right or untouched. Locks one report at a time, so a step never
waits longer for it than for another step.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from dispatch import clocks as clock_rows
from dispatch import rulebook
from dispatch.domain.report import Action
from dispatch.domain.sla_decisions import recompute
from dispatch.progress import Said, lock_report, open_case, take_step
from kit.db import unit_of_work

BATCH = 200
_NEXT = text(
    "SELECT DISTINCT report_id FROM (SELECT report_id, id FROM sla_clock WHERE stopped_at IS NULL"
    " AND calendar_code = :calendar) AS open WHERE report_id > :after ORDER BY report_id LIMIT :batch"
)


def recalculate(
    calendar: str, *, now: datetime, after: UUID = UUID(int=0), tell: Callable[[int], None] | None = None
) -> int:
    """Recompute every report with an open clock on this calendar; returns how many were changed."""
    changed = 0
    while True:
        with unit_of_work() as session:
            ids = list(session.execute(_NEXT, {"calendar": calendar, "after": after, "batch": BATCH}).scalars())
        for report_id in ids:
            with unit_of_work() as session:
                changed += _one(session, report_id, calendar, now)
        if not ids:
            return changed
        after = ids[-1]
        if tell:
            tell(len(ids))


def _one(session: Session, report_id: UUID, calendar: str, now: datetime) -> int:
    case = open_case(session, rulebook.current(session), lock_report(session, report_id), now=now)
    moved = []
    for running in case.open():
        if running.row.calendar_code != calendar:
            continue
        before = running.clock
        clock_rows.change(session, running, lambda clock, cal: recompute(clock, cal, at=now))
        if running.clock is not before:
            moved.append({"clock": str(running.kind), "due_at": running.clock.entries[-1].due_at.isoformat()})
    if moved:
        take_step(case, Action.RECALCULATE, Said(data={"calendar": calendar, "moved": moved}))
    return int(bool(moved))
