"""Who is on a report: its one open assignment, let go when the report leaves, taken up again when it comes back."""

from sqlmodel import col, select

from dispatch.progress import Case
from dispatch.tables.report import Assignment

OPEN_STATES = ("offered", "accepted", "started")


def open_assignment(case: Case) -> Assignment | None:
    statement = select(Assignment).where(Assignment.report_id == case.report.id, col(Assignment.state).in_(OPEN_STATES))
    return case.session.exec(statement).one_or_none()


def release(case: Case) -> None:
    """The crew is no longer on it."""
    assignment = open_assignment(case)
    if assignment:
        assignment.state, assignment.answered_at = "cancelled", assignment.answered_at or case.now
    case.report.worker_id, case.report.team_code = None, None


def take_up_again(case: Case) -> None:
    """The result was not good enough: whoever handed it in is at it again."""
    report = case.report
    if report.worker_id is None and report.team_code is None:
        return
    statement = (
        select(Assignment)
        .where(Assignment.report_id == report.id, Assignment.state == "finished")
        .order_by(col(Assignment.finished_at).desc())
    )
    last = case.session.exec(statement).first()
    if last and (last.worker_id, last.team_code) == (report.worker_id, report.team_code):
        last.state, last.finished_at = "started", None
