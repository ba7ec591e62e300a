"""More time: asked for by the agency with a reason, decided by somebody else. Only the promise in force moves."""

from datetime import timedelta

from sqlmodel import col, select

from dispatch.clocks import RunningClock, change
from dispatch.domain import sla_decisions
from dispatch.domain.clock import ClockKind
from dispatch.domain.command import StepFacts
from dispatch.domain.errors import FactsMissing, QuotaUsed, StepNotAllowed, TooLate
from dispatch.domain.promise import Target, Unit, extended_from
from dispatch.domain.report import Status, actions_for
from dispatch.domain.sla_errors import ExtensionQuotaUsed, ExtensionTooLate
from dispatch.progress import Case, Said
from dispatch.tables.report import ExtensionRequest
from kit.ids import new_id
from kit.problems import FieldError

PROMISES = (ClockKind.CITIZEN, ClockKind.RESOLVE)


def request_extension(case: Case, facts: StepFacts) -> Said:
    """Before the promise is due, within the policy's quota and length; the clock runs on while undecided."""
    running = _citizen(case)
    policy = running.policy
    try:
        sla_decisions.check_extension_request(running.clock, at=case.now, quota=policy.max_extensions if policy else 1)
    except ExtensionTooLate as error:
        raise TooLate() from error
    except ExtensionQuotaUsed as error:
        raise QuotaUsed() from error
    due = running.clock.entries[-1].lenient_due_at
    longest = Target(unit=Unit.WORKING_DAYS, amount=policy.max_extension_days if policy else 5)
    if facts.until is None or facts.until <= due:
        raise FactsMissing(errors=(FieldError("/until", "out-of-range"),))
    if facts.until > extended_from(due, longest, running.calendar):
        raise QuotaUsed()
    if _undecided(case):
        raise StepNotAllowed({"allowed": [str(a) for a in actions_for(case.status, case.actor.role)]})
    case.session.add(
        ExtensionRequest(
            id=new_id(),
            report_id=case.report.id,
            agency_code=case.report.agency_code,
            cycle=case.report.cycle,
            until=facts.until,
            requested_by=case.actor.id,
            requested_at=case.now,
        )
    )
    return Said(visibility="internal", data={"until": facts.until.isoformat(), "reason": facts.reason})


def decide_extension(case: Case, facts: StepFacts) -> Said:
    """Yes moves the promise in force from its old due; the first promise, a breach and fired rungs stay."""
    wish = _undecided(case)
    if wish is None:
        raise StepNotAllowed({"allowed": [str(a) for a in actions_for(Status(case.report.status), case.actor.role)]})
    wish.decided_at, wish.decided_by, wish.approved = case.now, case.actor.id, bool(facts.approve)
    if facts.approve:
        for running in case.open(*PROMISES):
            by = _length(running, wish)
            if by is not None:
                change(
                    case.session,
                    running,
                    lambda clock, cal, by=by: sla_decisions.approve_extension(  # type: ignore[misc]
                        clock, cal, by, at=case.now, reason="extension"
                    ),
                )
    return Said(text=facts.text, data={"approved": bool(facts.approve), "until": wish.until.isoformat()})


def _length(running: RunningClock, wish: ExtensionRequest) -> Target | None:
    """The extension in whole minutes of the clock's own time; None when that clock is due later anyway."""
    due = running.clock.entries[-1].lenient_due_at
    if wish.until <= due:
        return None
    by_calendar = running.clock.target.by_calendar_time
    span = wish.until - due if by_calendar else running.calendar.between(due, wish.until)
    minutes = -(-span // timedelta(minutes=1))
    if minutes < 1:
        return None
    return Target(unit=Unit.CALENDAR_MINUTES if by_calendar else Unit.WORKING_MINUTES, amount=minutes)


def _citizen(case: Case) -> RunningClock:
    for running in case.open(ClockKind.CITIZEN):
        return running
    raise StepNotAllowed({"allowed": [str(a) for a in actions_for(case.status, case.actor.role)]})


def _undecided(case: Case) -> ExtensionRequest | None:
    """The wish of the present holder in the present round; one of an earlier round or holder ended with it."""
    report = case.report
    statement = (
        select(ExtensionRequest)
        .where(
            ExtensionRequest.report_id == report.id,
            ExtensionRequest.cycle == report.cycle,
            ExtensionRequest.agency_code == report.agency_code,
            ExtensionRequest.requested_at >= report.agency_since,
            col(ExtensionRequest.decided_at).is_(None),
        )
        .order_by(col(ExtensionRequest.requested_at))
    )
    return case.session.exec(statement).first()
