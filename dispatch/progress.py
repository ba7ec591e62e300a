"""The only writer of a report's status: status, clocks, timeline entry and event together, under the row's lock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from dispatch import clocks as clock_rows
from dispatch.chain import append
from dispatch.clocks import RunningClock
from dispatch.domain.actors import SYSTEM, Actor
from dispatch.domain.clock import ClockKind
from dispatch.domain.errors import ReportNotFound
from dispatch.domain.report import Action, Status, advance
from dispatch.snapshot import Snapshot
from dispatch.tables.report import Report
from kit.events import Event
from kit.outbox import emit

EVENT_OF: Mapping[Action, str] = {
    Action.ROUTE: "report.routed",
    Action.ACCEPT: "report.accepted",
    Action.RETURN_TO_TRIAGE: "report.returned",
    Action.TRANSFER: "report.transferred",
    Action.ADD_SUPPORT: "report.supported",
    Action.ASSIGN: "report.assigned",
    Action.DECLINE: "report.declined",
    Action.START: "report.started",
    Action.ASK_CITIZEN: "report.asked",
    Action.ANSWER: "report.answered",
    Action.RESUME: "report.resumed",
    Action.REQUEST_EXTENSION: "report.extension_requested",
    Action.DECIDE_EXTENSION: "report.extension_decided",
    Action.SUBMIT_RESULT: "report.resolved",
    Action.APPROVE_RESULT: "report.resolved",
    Action.SEND_BACK: "report.sent_back",
    Action.CLOSE: "report.closed",
    Action.RATE: "report.rated",
    Action.REOPEN: "report.reopened",
    Action.REJECT: "report.rejected",
    Action.REFER: "report.referred",
    Action.MERGE: "report.merged",
    Action.UNMERGE: "report.unmerged",
    Action.WITHDRAW: "report.withdrawn",
    Action.RECATEGORISE: "report.recategorised",
    Action.COMMENT: "report.commented",
    Action.ADD_PHOTOS: "report.photo_added",
    Action.ESCALATE: "report.escalated",
    Action.BREACH: "report.breached",
    Action.RECALCULATE: "report.recalculated",
}


@dataclass
class Case:
    """A report whose row this transaction holds, with its clocks, for one actor at one instant."""

    session: Session
    snapshot: Snapshot
    report: Report
    clocks: list[RunningClock]
    actor: Actor
    now: datetime
    crew_before: UUID | None = None

    @property
    def status(self) -> Status:
        return Status(self.report.status)

    def open(self, *kinds: ClockKind) -> list[RunningClock]:
        return clock_rows.open_ones(self.clocks, *kinds)


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a step adds to the timeline (`text`, `data`, who may read it) and to its event (`news`, ids only)."""

    text: str | None = None
    visibility: str = "public"
    data: dict[str, Any] = field(default_factory=dict)
    news: dict[str, Any] = field(default_factory=dict)
    needs_approval: bool = False
    status: Status | None = None


def lock_report(session: Session, report_id: UUID) -> Report:
    """The report's row, locked and fresh. Every writer of its timeline starts here."""
    statement = select(Report).where(Report.id == report_id).with_for_update().execution_options(populate_existing=True)
    report = session.exec(statement).one_or_none()
    if report is None:
        raise ReportNotFound()
    return report


def open_case(session: Session, snapshot: Snapshot, report: Report, *, actor: Actor = SYSTEM, now: datetime) -> Case:
    """A case over a row that `lock_report` returned."""
    clocks = clock_rows.load(session, snapshot, report.id)
    return Case(session, snapshot, report, clocks, actor, now, crew_before=report.worker_id)


def take_step(case: Case, action: Action, said: Said | None = None) -> None:
    """Move the report on: its status and version, the timeline, the due times of lists, and one event.

    The caller has checked that STEPS allows it and has settled the clocks of this action.
    """
    said = said or Said()
    report, before = case.report, case.status
    after = said.status or advance(
        before,
        action,
        before_pause=Status(report.paused_from) if report.paused_from else None,
        needs_approval=said.needs_approval,
    )
    report.status, report.version = str(after), report.version + 1
    entry = append(
        case.session,
        report,
        at=case.now,
        action=str(action),
        from_status=str(before),
        to_status=str(after),
        actor_role=str(case.actor.role),
        actor_id=case.actor.id if case.actor is not SYSTEM else None,
        actor_agency=case.actor.agency,
        visibility=said.visibility,
        data=said.data,
        text=said.text,
    )
    _repeat_dues(case)
    emit(case.session, _event(case, action, said, entry.seq))


def _event(case: Case, action: Action, said: Said, seq: int) -> Event:
    """The fact for everybody else: ids and enum values only."""
    report, by_system = case.report, case.actor is SYSTEM
    waits = action is Action.SUBMIT_RESULT and report.status == Status.AWAITING_APPROVAL
    return Event(
        name="report.result_submitted" if waits else EVENT_OF[action],
        subject=report.id,
        occurred_at=case.now,
        data={
            "code": report.code,
            "status": report.status,
            "version": report.version,
            "agency": report.agency_code,
            "area": report.area_code,
            "category": report.category_code,
            "action": str(action),
            "actor": None if by_system else str(case.actor.id),
            "actor_role": str(case.actor.role),
            "reporter": str(report.reporter_id),
            "worker": str(report.worker_id) if report.worker_id else None,
            "team": report.team_code,
            "visibility": said.visibility,
            "seq": seq,
            "cycle": report.cycle,
            **({"supporting": list(report.supporting)} if report.supporting else {}),
            **_former_crew(case),
            **said.news,
        },
    )


def _former_crew(case: Case) -> dict[str, str]:
    """A worker whose job this no longer is must hear of it."""
    before = case.crew_before
    return {"previous_worker": str(before)} if before and before != case.report.worker_id else {}


def _repeat_dues(case: Case) -> None:
    """The due times that lists read, from the open clocks."""
    report = case.report
    citizen = next(iter(case.open(ClockKind.CITIZEN)), None)
    acknowledge = next(iter(case.open(ClockKind.ACKNOWLEDGE)), None)
    report.due_at = citizen.clock.due_at if citizen else None
    report.lenient_due_at = citizen.clock.lenient_due_at if citizen else None
    report.ack_due_at = acknowledge.clock.due_at if acknowledge else None
