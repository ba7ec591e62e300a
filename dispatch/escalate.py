"""The sweep: clocks whose next rung or due instant has come, pauses that lasted too long, answers nobody disputed.

Driven by `sla_clock.sweep_at` alone (a partial index): what is not due costs nothing. Each report is done in its own
short transaction under its row lock; two sweepers share the work by SKIP LOCKED and can never fire a rung twice.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import Executable, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select

from dispatch import clocks as clock_rows
from dispatch import rulebook, settling
from dispatch.clocks import RunningClock
from dispatch.domain.clock import ClockKind, is_late
from dispatch.domain.ladder import Rung, rung_instants
from dispatch.domain.report import Action, Status
from dispatch.domain.sla_writing import breach
from dispatch.progress import Case, Said, open_case, take_step
from dispatch.tables.promise import Escalation
from dispatch.tables.report import Report
from kit.db import unit_of_work

log = logging.getLogger("dispatch.escalate")
BATCH = 200
_DUE = text(
    "SELECT DISTINCT report_id FROM (SELECT report_id FROM sla_clock WHERE sweep_at IS NOT NULL AND sweep_at <= :now"
    " ORDER BY sweep_at LIMIT :batch) AS due"
)
_QUIET = text("SELECT id FROM report WHERE close_after IS NOT NULL AND close_after <= :now LIMIT :batch")


def sweep(now: datetime) -> dict[str, int]:
    """Everything that is due at `now`; returns how many reports were looked at, and how many were closed."""
    looked = sum(_each(_DUE, now, _sweep_report))
    closed = sum(_each(_QUIET, now, _close_report))
    return {"looked": looked, "closed": closed}


def _each(statement: Executable, now: datetime, work: Callable[[Case], bool]) -> Iterator[int]:
    """Run `work` on every report the statement names, until it names none that we can lock."""
    while True:
        with unit_of_work() as session:
            ids = list(session.execute(statement, {"now": now, "batch": BATCH}).scalars())
        done = sum(_one(report_id, now, work) for report_id in ids)
        yield done
        if done == 0 or len(ids) < BATCH // 2:
            return


def _one(report_id: UUID, now: datetime, work: Callable[[Case], bool]) -> int:
    """One report, in its own transaction: one that fails is rolled back and told, and the others go on."""
    try:
        with unit_of_work() as session:
            report = _lock_free(session, report_id)
            if report is None:
                return 0
            return int(work(open_case(session, rulebook.current(session), report, now=now)))
    except OperationalError:  # the database is away: that is not this report's fault
        raise
    except Exception:
        log.exception("sweep failed", extra={"report": str(report_id)})
        return 0


def _lock_free(session: Session, report_id: UUID) -> Report | None:
    """The row, unless somebody else is at it: then he, or the next sweep, will see what is due."""
    statement = select(Report).where(col(Report.id) == report_id).with_for_update(skip_locked=True)
    return session.exec(statement).one_or_none()


def _sweep_report(case: Case) -> bool:
    """Expired pause first (it sets clocks running), then breaches and rungs of every clock that is due."""
    acted = False
    if case.status is Status.AWAITING_CITIZEN and _pause_over(case):
        settling.resumed(case, "max_pause")
        take_step(case, Action.RESUME, Said(data={"reason": "max_pause"}))
        acted = True
    for running in case.open():
        if running.row.sweep_at is not None and running.row.sweep_at <= case.now:
            acted = _climb(case, running) or acted
    return acted


def _pause_over(case: Case) -> bool:
    return any(r.clock.paused_at and r.row.sweep_at and r.row.sweep_at <= case.now for r in case.open())


def _climb(case: Case, running: RunningClock) -> bool:
    """The breach if the promise in force has passed, then every rung whose instant has come, lowest first.

    False when there was nothing to do yet: at the due instant itself nothing is late.
    """
    before, looked = case.report.version, running.row.sweep_at
    if is_late(running.clock, case.now) and not running.clock.breach_stands:
        clock_rows.change(case.session, running, lambda clock, cal: breach(clock, cal, at=case.now))
        data = {"clock": str(running.kind), "charged_to": _holder_at_due(case, running), "cycle": running.clock.cycle}
        take_step(case, Action.BREACH, Said(visibility="internal", data=data, news={"clock": str(running.kind)}))
    for due in rung_instants(running.clock, running.calendar, ladder_of(running))[running.row.rungs_fired :]:
        if due.at is None or due.at > case.now:
            break
        _fire(case, running, due.index)
    running.row.sweep_at = clock_rows.sweep_at(running.clock, running.calendar, running.policy, running.row.rungs_fired)
    return (case.report.version, running.row.sweep_at) != (before, looked)


def _holder_at_due(case: Case, running: RunningClock) -> str:
    """Who held the report when this promise passed, which a late sweep must not mistake for who holds it now."""
    due = running.clock.breached_at
    if due is None or case.report.agency_since <= due:
        return case.report.agency_code
    for other in case.clocks:
        clock = other.clock
        if clock.kind is not ClockKind.CITIZEN and clock.started_at <= due < (clock.stopped_at or case.now):
            return clock.agency
    return case.report.agency_code


def ladder_of(running: RunningClock) -> tuple[Rung, ...]:
    return running.policy.ladder if running.policy else ()


def _fire(case: Case, running: RunningClock, index: int) -> None:
    rung = ladder_of(running)[index]
    case.session.add(
        Escalation(
            clock_id=running.row.id,
            rung=index,
            report_id=case.report.id,
            at_percent=rung.at_percent,
            whom=rung.whom,
            channel=rung.channel,
            fired_at=case.now,
        )
    )
    running.row.rungs_fired = index + 1
    facts = {"clock": str(running.kind), "rung": index, "at_percent": rung.at_percent, "whom": rung.whom}
    take_step(
        case,
        Action.ESCALATE,
        Said(visibility="internal", data=facts, news={**facts, "channel": rung.channel}),
    )


def _close_report(case: Case) -> bool:
    """Nobody disputed the answer until the quiet period was over."""
    if case.status is not Status.RESOLVED or case.report.close_after is None or case.report.close_after > case.now:
        return False
    case.report.closed_at, case.report.close_after = case.now, None
    take_step(case, Action.CLOSE, Said(data={"by": "silence"}))
    return True
