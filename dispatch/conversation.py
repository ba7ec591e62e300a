"""Between the city and the sender: asking, answering, comments, rating, reopening, closing, taking back."""

from dispatch import settling
from dispatch.crew import release
from dispatch.domain.actors import Role
from dispatch.domain.clock import ClockKind
from dispatch.domain.command import StepFacts
from dispatch.domain.errors import FactsMissing
from dispatch.progress import Case, Said
from dispatch.publicity import set_public
from kit.problems import FieldError

WAITING = "waiting-for-citizen"
RATINGS = ("satisfied", "acceptable", "not_satisfied")


def ask_citizen(case: Case, facts: StepFacts) -> Said:
    """A question to the sender: the clocks stand still until he answers, or the policy's longest pause is over."""
    case.report.paused_from = case.report.status
    settling.acknowledged(case)
    settling.paused(case, WAITING)
    return Said(text=facts.text, visibility="reporter")


def answer(case: Case, facts: StepFacts) -> Said:
    settling.resumed(case, "answered")
    return Said(text=facts.text, visibility="reporter")


def resume(case: Case, facts: StepFacts) -> Said:
    """Going on without the answer: by the officer, or because the pause lasted too long."""
    settling.resumed(case, "resumed")  # the ledger is public; an officer's own words stand in the timeline
    return Said(data={"reason": facts.reason or "resumed"})


def comment(case: Case, facts: StepFacts) -> Said:
    """A word for colleagues, for the sender, or for everybody. A sender's own word is for those who handle it."""
    by_sender = case.actor.role in (Role.RESIDENT, Role.API_CLIENT)
    visibility = "reporter" if by_sender else facts.visibility
    return Said(text=facts.text, visibility=visibility or "internal")


def rate(case: Case, facts: StepFacts) -> Said:
    if facts.rating not in RATINGS:
        raise FactsMissing(errors=(FieldError("/rating", "wrong"),))
    case.report.rating, case.report.rated_at = facts.rating, case.now
    return Said(text=facts.text, visibility="reporter", data={"rating": facts.rating})


def reopen(case: Case, facts: StepFacts) -> Said:
    """Not mended: a new cycle with new clocks; the earlier answer never counts as a resolution any more."""
    report = case.report
    report.cycle += 1
    report.resolved_at = report.closed_at = report.close_after = report.acknowledged_at = None
    report.rating = report.rated_at = report.answer = None
    release(case)
    settling.begun(case, report.agency_code, (ClockKind.CITIZEN, *settling.AGENCY_KINDS))
    return Said(text=facts.text, visibility="reporter", data={"cycle": report.cycle})


def close(case: Case, _facts: StepFacts) -> Said:
    """By the sender's word, the desk, or silence until the quiet period is over."""
    case.report.closed_at, case.report.close_after = case.now, None
    by = "silence" if case.actor.role is Role.SYSTEM else str(case.actor.role)
    return Said(data={"by": by})


def withdraw(case: Case, _facts: StepFacts) -> Said:
    release(case)
    settling.exited(case, "withdrawn")
    set_public(case, False)
    return Said()
