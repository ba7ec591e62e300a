"""The desk's and the officer's decisions about whose a report is, and whether it is one at all."""

from uuid import UUID

from sqlalchemy import delete, text
from sqlmodel import col, select

from dispatch import settling
from dispatch.clocks import change, target_of
from dispatch.crew import release
from dispatch.domain import sla_decisions, sla_life
from dispatch.domain.actors import Role
from dispatch.domain.clock import ClockKind, ClockState
from dispatch.domain.command import StepFacts
from dispatch.domain.errors import StepNotAllowed, UnknownAgency, UnknownCategory, UnknownLead, UnknownReason
from dispatch.domain.report import EXITS, REASON_CODES, Action, Status
from dispatch.progress import Case, Said
from dispatch.publicity import review_passed, set_public
from dispatch.settling import AGENCY_KINDS
from dispatch.sight import sees
from dispatch.tables.report import Follower, Report, TimelineEntry
from kit.ids import read_code

PING_PONG = 3  # refused by so many agencies in turn: the desk gets it back with the whole trail
_FOLLOW_LEAD = text(  # its sender, and whoever followed it: each hears of the lead from now on
    "INSERT INTO follower (report_id, person_id, since)"
    " SELECT :lead, person_id, :now FROM follower WHERE report_id = :report UNION SELECT :lead, :sender, :now"
    " ON CONFLICT DO NOTHING"
)


def route(case: Case, facts: StepFacts) -> Said:
    """The desk says who acts: its own acknowledgement is met, the agency's clocks begin."""
    agency = _agency(case, facts.agency)
    settling.acknowledged(case)
    case.report.acknowledged_at = None
    _hand_to(case, agency, "routed")
    review_passed(case)
    return Said(data={"agency": agency, "reason": facts.reason})


def return_to_triage(case: Case, facts: StepFacts) -> Said:
    """Not ours: one hop counted, the refusal remembered."""
    _reason(Action.RETURN_TO_TRIAGE, facts.reason_code)
    report, refused = case.report, case.report.agency_code
    report.refused_by = [*report.refused_by, refused]
    report.hops += 1
    release(case)
    settling.acknowledged(case)
    report.acknowledged_at = None
    settling.handed_over(case, case.snapshot.desk, (ClockKind.ACKNOWLEDGE,), "returned")
    report.agency_code, report.agency_since = case.snapshot.desk, case.now
    ping_pong = len(report.refused_by) >= PING_PONG
    data = {"reason_code": facts.reason_code, "refused_by": refused, "hops": report.hops, "ping_pong": ping_pong}
    return Said(text=facts.text, data=data, news={"previous_agency": refused, "ping_pong": ping_pong})


def transfer(case: Case, facts: StepFacts) -> Said:
    """Another agency takes over. The citizen's clock runs on; an agency that refused before is not asked again."""
    agency, before = _agency(case, facts.agency), case.report.agency_code
    if agency == before or (agency in case.report.refused_by and case.actor.role is Role.OFFICER):
        raise UnknownAgency()
    settling.acknowledged(case)
    case.report.acknowledged_at = None
    if before != case.snapshot.desk:  # the desk placing a report is no hop: nobody held it before
        case.report.hops += 1
    _hand_to(case, agency, "transferred")
    return Said(
        data={"agency": agency, "from": before, "reason": facts.reason, "hops": case.report.hops},
        news={"previous_agency": before},
    )


def add_support(case: Case, facts: StepFacts) -> Said:
    agency = _agency(case, facts.agency)
    if agency == case.report.agency_code or agency in case.report.supporting:
        raise UnknownAgency()
    case.report.supporting = [*case.report.supporting, agency]
    return Said(data={"agency": agency}, news={"support": agency})


def reject(case: Case, facts: StepFacts) -> Said:
    _reason(Action.REJECT, facts.reason_code)
    release(case)
    settling.exited(case, "rejected")
    set_public(case, False)  # no report, an insult, a secret: nothing that the city should go on showing
    return Said(text=facts.text, visibility="reporter", data={"reason_code": facts.reason_code})


def refer(case: Case, facts: StepFacts) -> Said:
    """Not a field report: it goes to the right address; complaints and denunciations leave the public view at once."""
    if facts.target not in REASON_CODES[Action.REFER]:
        raise UnknownReason()
    release(case)
    settling.exited(case, "referred")
    set_public(case, False)
    return Said(text=facts.text, visibility="reporter", data={"target": facts.target})


def merge(case: Case, facts: StepFacts) -> Said:
    """Linked to a lead report; its sender follows the lead from now on."""
    lead = _lead(case, facts.lead or "")
    settling.exited(case, "duplicate")
    release(case)
    report = case.report
    report.lead_id = lead.id
    values = {"lead": lead.id, "report": report.id, "sender": report.reporter_id, "now": case.now}
    case.session.execute(_FOLLOW_LEAD, values)
    return Said(data={"lead": lead.code}, news={"lead": str(lead.id)})


def unmerge(case: Case, _facts: StepFacts) -> Said:
    """As if never merged: its own clocks from their own start, the time between counts as running."""
    report = case.report
    _unfollow_lead(case)
    report.lead_id = None
    cancelled = [running for running in case.clocks if running.clock.state is ClockState.CANCELLED]
    for running in cancelled:
        change(
            case.session,
            running,
            lambda clock, cal: sla_life.reinstate(clock, cal, at=case.now, reason="unmerged"),
        )
    at_desk = report.agency_code == case.snapshot.desk
    return Said(data={}, status=Status.TRIAGE if at_desk else Status.ROUTED)


def recategorise(case: Case, facts: StepFacts) -> Said:
    """Another category: strict keeps the first promise, in force becomes the earlier of old and new.

    A supervisor who says `approve` grants the later one.
    """
    report, snapshot = case.report, case.snapshot
    category = snapshot.categories.get(facts.category or "")
    if category is None or not category.active or category.imported or category.code not in snapshot.leaves:
        raise UnknownCategory()
    if category.code == report.category_code:
        raise UnknownCategory()
    before, report.category_code = report.category_code, category.code
    report.severity = max(report.severity, category.severity)
    report.sensitive = category.sensitive
    set_public(case, report.is_public and not category.sensitive and category.publication != "never")
    policy = settling.policy_of(case, report.agency_code)
    later = case.actor.role is Role.SUPERVISOR and facts.approve is True
    why = f"category {before} → {category.code}"
    for running in case.open():
        target = target_of(policy, running.kind)
        if target is not None:
            change(
                case.session,
                running,
                lambda clock, cal, target=target: sla_decisions.recategorised(  # type: ignore[misc]
                    clock, cal, target, at=case.now, reason=why, later_approved=later
                ),
            )
    return Said(data={"from": before, "to": category.code, "reason": facts.reason})


def _hand_to(case: Case, agency: str, reason: str) -> None:
    release(case)
    settling.handed_over(case, agency, AGENCY_KINDS, reason)
    case.report.agency_code, case.report.agency_since = agency, case.now


def _agency(case: Case, code: str | None) -> str:
    agency = case.snapshot.agencies.get(code or "")
    today = case.snapshot.local_date(case.now)
    if agency is None or agency.is_desk or not agency.valid_from <= today:
        raise UnknownAgency()
    if agency.valid_to is not None and agency.valid_to <= today:
        raise UnknownAgency()
    return agency.code


def _reason(action: Action, code: str | None) -> None:
    if code not in REASON_CODES[action]:
        raise UnknownReason()


def _lead(case: Case, named: str) -> Report:
    """The report to link to, held until commit so that it cannot itself become a duplicate meanwhile."""
    code = read_code(named)
    try:
        which = col(Report.code) == code if code else col(Report.id) == UUID(named)
    except ValueError as error:
        raise UnknownLead() from error
    statement = select(Report).where(which, col(Report.id) != case.report.id, sees(case.actor))
    fresh = statement.with_for_update(read=True, of=Report).execution_options(populate_existing=True)
    lead = case.session.exec(fresh).one_or_none()
    if lead is None:
        raise UnknownLead()
    if lead.lead_id is not None or lead.status in EXITS:
        raise StepNotAllowed({"allowed": []})
    return lead


def _unfollow_lead(case: Case) -> None:
    """Those who follow the lead only because of this link no longer do."""
    report = case.report
    merged = (
        select(TimelineEntry.at)
        .where(TimelineEntry.report_id == report.id, TimelineEntry.action == str(Action.MERGE))
        .order_by(col(TimelineEntry.seq).desc())
    )
    since = case.session.exec(merged).first()
    mine = delete(Follower).where(col(Follower.report_id) == report.lead_id, col(Follower.since) == since)
    case.session.execute(mine)
