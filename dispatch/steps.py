"""One way in for every step: right, version and table are checked, the action's own code runs, `take_step` writes.

Which code belongs to which action is the table HANDLERS; nothing else decides it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from dispatch import conversation, extensions, fieldwork, rulebook, triage
from dispatch.domain.actors import Actor, Role
from dispatch.domain.command import Command, StepFacts
from dispatch.domain.errors import FactsMissing, IdReused, IdTaken, ReportNotFound, StepNotAllowed
from dispatch.domain.report import FACTS, STEPS, Action, Status, actions_for
from dispatch.people.residents import is_same_person
from dispatch.progress import Case, Said, lock_report, open_case, take_step
from dispatch.sight import handles
from dispatch.tables.report import Report, StepReceipt
from kit.problems import FieldError, Forbidden, Stale

Handler = Callable[[Case, StepFacts], Said]

HANDLERS: Mapping[Action, Handler] = {
    Action.ROUTE: triage.route,
    Action.RETURN_TO_TRIAGE: triage.return_to_triage,
    Action.TRANSFER: triage.transfer,
    Action.ADD_SUPPORT: triage.add_support,
    Action.REJECT: triage.reject,
    Action.REFER: triage.refer,
    Action.MERGE: triage.merge,
    Action.UNMERGE: triage.unmerge,
    Action.RECATEGORISE: triage.recategorise,
    Action.ACCEPT: fieldwork.accept,
    Action.DECLINE: fieldwork.decline,
    Action.ASSIGN: fieldwork.assign,
    Action.START: fieldwork.start,
    Action.SUBMIT_RESULT: fieldwork.submit_result,
    Action.APPROVE_RESULT: fieldwork.approve_result,
    Action.SEND_BACK: fieldwork.send_back,
    Action.ASK_CITIZEN: conversation.ask_citizen,
    Action.ANSWER: conversation.answer,
    Action.RESUME: conversation.resume,
    Action.COMMENT: conversation.comment,
    Action.RATE: conversation.rate,
    Action.REOPEN: conversation.reopen,
    Action.CLOSE: conversation.close,
    Action.WITHDRAW: conversation.withdraw,
    Action.REQUEST_EXTENSION: extensions.request_extension,
    Action.DECIDE_EXTENSION: extensions.decide_extension,
}
_SUPPORTER_MAY = frozenset({Action.COMMENT})
_MADE_BY_SENDER = frozenset({Role.RESIDENT, Role.API_CLIENT})


def perform(
    session: Session, report_id: UUID, command: Command, *, actor: Actor, now: datetime, by_secret: bool = False
) -> Report:
    """Take a step. A retry of the same command changes nothing and returns the report as it is.

    `by_secret`: the caller showed the receipt's secret and acts as the report's sender. Errors: ReportNotFound (also
    for what he may not see), Stale (with `current` version), StepNotAllowed (with `allowed`), Forbidden, FactsMissing.
    """
    snapshot = rulebook.current(session)
    report = lock_report(session, report_id)
    if done_before(session, command, report, actor):  # asked first: the step itself may have taken the report from him
        return report
    if not by_secret and not _handles(session, report_id, actor):
        raise ReportNotFound()
    case = open_case(session, snapshot, report, actor=actor, now=now)
    check_step(case, command, by_secret=by_secret)
    said = HANDLERS[command.action](case, command.facts)
    take_step(case, command.action, said)
    session.flush()
    _note_receipt(case, command)
    return report


def check_step(case: Case, command: Command, *, by_secret: bool) -> None:
    """The version seen, the table of steps, the caller's role and relation, the facts: in that order."""
    report, actor, action = case.report, case.actor, command.action
    if command.version != report.version:
        raise Stale({"current": {"version": report.version, "status": report.status}})
    allowed = allowed_for(case, by_secret=by_secret)
    if action not in allowed:
        move = STEPS.get((case.status, action))
        if move is not None and actor.role not in move.roles:
            raise Forbidden()
        raise StepNotAllowed({"allowed": [str(step) for step in allowed]})
    missing = [name for name in FACTS.get(action, frozenset()) if getattr(command.facts, name) in (None, "")]
    if action is Action.ASSIGN and command.facts.worker is None and command.facts.team is None:
        missing = ["worker"]
    if missing:
        raise FactsMissing(errors=tuple(FieldError(f"/{name}", "missing") for name in sorted(missing)))


def allowed_for(case: Case, *, by_secret: bool = False) -> list[Action]:
    """What this actor may do to this report now, in the order of the table."""
    report, actor = case.report, case.actor
    possible = [action for action in actions_for(Status(report.status), actor.role) if action in HANDLERS]
    if actor.role in _MADE_BY_SENDER and not (by_secret or report.reporter_id == actor.id):
        return []
    if actor.role is Role.OFFICER and report.agency_code != actor.agency:
        return [action for action in possible if action in _SUPPORTER_MAY]
    if actor.role is Role.AUDITOR:
        return []
    return possible


def _handles(session: Session, report_id: UUID, actor: Actor) -> bool:
    return session.exec(select(Report.id).where(Report.id == report_id, handles(actor))).first() is not None


def done_before(session: Session, command: Command, report: Report, actor: Actor) -> bool:
    """Whether this actor took this very step before. IdTaken: it is another's id; IdReused: it said something else."""
    receipt = session.get(StepReceipt, command.id)
    if receipt is None:
        return False
    if receipt.report_id != report.id or not is_same_person(session, receipt.actor_id, actor.id):
        raise IdTaken()
    if bytes(receipt.body_sha256) != command.digest:
        raise IdReused()
    return True


def seen_after(session: Session, report: Report, step: UUID, actor: Actor) -> bool:
    """Whether who took this step may see the report whole: he handles it, or it stands as his step left it."""
    if _handles(session, report.id, actor):
        return True
    receipt = session.get(StepReceipt, step)
    return receipt is not None and receipt.version_after == report.version


def given_away(session: Session, step: UUID, actor: Actor) -> Report | None:
    """The report that this actor's step took out of his sight, if nothing has happened to it since."""
    receipt = session.get(StepReceipt, step)
    if receipt is None or not is_same_person(session, receipt.actor_id, actor.id):
        return None
    report = session.get(Report, receipt.report_id)
    return report if report is not None and report.version == receipt.version_after else None


def _note_receipt(case: Case, command: Command) -> None:
    """The step's id is used now; IdTaken if another report's step, at the same moment, was faster."""
    receipt = StepReceipt(
        id=command.id,
        report_id=case.report.id,
        actor_id=case.actor.id,
        body_sha256=command.digest,
        version_after=case.report.version,
        at=case.now,
    )
    row = insert(StepReceipt).values(**receipt.model_dump()).on_conflict_do_nothing(index_elements=["id"])
    if case.session.execute(row.returning(col(StepReceipt.id))).scalar_one_or_none() is None:
        raise IdTaken()
