"""The work itself: accept, give to a crew, start, finish with proof, the leader's look."""

from datetime import timedelta
from uuid import UUID

from dispatch import settling
from dispatch.crew import open_assignment, take_up_again
from dispatch.domain.actors import Role
from dispatch.domain.command import StepFacts
from dispatch.domain.errors import ProofMissing, UnknownWorker
from dispatch.progress import Case, Said
from dispatch.publicity import review_passed
from dispatch.tables.directory import FieldWorker, Team
from dispatch.tables.report import Assignment
from kit.geo import Point, metres_between
from kit.ids import new_id
from kit.problems import FieldError
from media.keep import attach, show_to_public


def accept(case: Case, _facts: StepFacts) -> Said:
    """The agency takes the report; from a crew, it takes the offer."""
    settling.acknowledged(case)
    review_passed(case)
    assignment = open_assignment(case)
    if case.actor.role is Role.FIELD_WORKER and assignment:
        _take_offer(case, assignment)
    return Said()


def decline(case: Case, facts: StepFacts) -> Said:
    """The crew cannot: the report is the agency's again, unassigned."""
    assignment = open_assignment(case)
    if assignment:
        assignment.state, assignment.answered_at = "declined", case.now
        assignment.decline_reason = facts.reason
    before = str(case.report.worker_id or "")
    case.report.worker_id, case.report.team_code = None, None
    return Said(visibility="internal", data={"reason": facts.reason}, news={"declined_by": before})


def assign(case: Case, facts: StepFacts) -> Said:
    """One worker or one team of the agency that holds the report. Implies accept; a former crew is released."""
    report = case.report
    worker, team = _crew(case, facts.worker, facts.team)
    settling.assigned(case)
    review_passed(case)
    previous = open_assignment(case)
    if previous:
        previous.state, previous.answered_at = "cancelled", case.now
        case.session.flush()  # at most one open assignment per report: the old one must go first
    case.session.add(
        Assignment(
            id=new_id(),
            report_id=report.id,
            agency_code=report.agency_code,
            team_code=team,
            worker_id=worker,
            assigned_by=case.actor.id,
            offered_at=case.now,
        )
    )
    report.worker_id, report.team_code = worker, team
    return Said(data={"worker": str(worker) if worker else None, "team": team})


def start(case: Case, _facts: StepFacts) -> Said:
    """Somebody is on it. Implies accepting the offer."""
    settling.assigned(case)
    review_passed(case)
    assignment = open_assignment(case)
    if assignment:
        _take_offer(case, assignment)
        assignment.state, assignment.started_at = "started", case.now
    return Said()


def submit_result(case: Case, facts: StepFacts) -> Said:
    """Done. A crew shows an after-photo or says why there is none; a doubtful proof goes to the leader.

    Doubtful: reported from farther away than the category's proof radius, or by a crew without a photo. An officer
    may answer from the desk in words alone; the timeline shows that no photo came with it.
    """
    report = case.report
    category = case.snapshot.categories[report.category_code]
    by_crew = case.actor.role is Role.FIELD_WORKER
    if by_crew and not facts.photos and not facts.no_photo_reason:
        raise ProofMissing()
    distance_m = _distance_m(case, facts)
    doubts = []
    if distance_m is not None and distance_m - (facts.accuracy_m or 0.0) > category.proof_radius_m:
        doubts.append("far")
    if by_crew and not facts.photos:
        doubts.append("no_photo")
    needs_approval = category.needs_approval or bool(doubts)
    _attach_proof(case, facts, public=report.is_public and not needs_approval)
    settling.assigned(case)
    assignment = open_assignment(case)
    if assignment:
        _take_offer(case, assignment)
        assignment.started_at = assignment.started_at or case.now
        assignment.state, assignment.finished_at = "finished", case.now
    report.answer = facts.text
    if not needs_approval:
        finish(case)
    return Said(
        text=facts.text,
        visibility="internal" if needs_approval else "public",
        needs_approval=needs_approval,
        data={
            "photos": [str(photo) for photo in facts.photos],
            "no_photo_reason": facts.no_photo_reason,
            "distance_m": round(distance_m) if distance_m is not None else None,
            "doubts": doubts,
        },
    )


def _attach_proof(case: Case, facts: StepFacts, *, public: bool) -> None:
    """The after-photos join the report; what waits for the leader is not public yet."""
    if not facts.photos:
        return
    attached = attach(
        case.session, facts.photos, report_id=case.report.id, owner=case.actor.id, public=public, now=case.now
    )
    if attached.unknown:
        raise ProofMissing(errors=(FieldError("/photos", "unknown-photo"),))


def approve_result(case: Case, _facts: StepFacts) -> Said:
    """The leader's yes: the answer goes out now, with its words and photos."""
    show_to_public(case.session, case.report.id, public=case.report.is_public)
    finish(case)
    return Said(text=case.report.answer)


def send_back(case: Case, facts: StepFacts) -> Said:
    """The leader's no: the work goes on, the clock never stopped."""
    case.report.answer = None
    take_up_again(case)
    return Said(text=facts.text, visibility="internal")


def finish(case: Case) -> None:
    """The answer stands: clocks stop, the quiet period begins."""
    settling.answered(case)
    quiet = case.snapshot.categories[case.report.category_code].quiet_days
    case.report.close_after = case.now + timedelta(days=quiet)


def _take_offer(case: Case, assignment: Assignment) -> None:
    if case.actor.role is Role.FIELD_WORKER and assignment.worker_id is None:
        assignment.worker_id = case.report.worker_id = case.actor.id  # one of the team takes it in hand
    if assignment.state == "offered":
        assignment.state, assignment.answered_at = "accepted", case.now


def _crew(case: Case, worker_id: UUID | None, team_code: str | None) -> tuple[UUID | None, str | None]:
    if worker_id is not None:
        worker = case.session.get(FieldWorker, worker_id)
        if worker is None or worker.agency_code != case.report.agency_code:
            raise UnknownWorker()
        return worker.id, worker.team_code
    team = case.session.get(Team, team_code) if team_code else None
    if team is None or team.agency_code != case.report.agency_code:
        raise UnknownWorker()
    return None, team.code


def _distance_m(case: Case, facts: StepFacts) -> float | None:
    if facts.lon is None or facts.lat is None:
        return None
    return metres_between(Point(facts.lon, facts.lat), Point(case.report.lon, case.report.lat))
