"""Who hears what: one table from events to parts and templates. Pure; read it as the product's manners.

`worker_taken_away` is what a crew hears when its work is no longer wanted; `agency_…` goes to an office, `desk_…`
to the operators. A comment is told by who may see it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    INBOX = "inbox"
    PUSH = "push"
    SMS = "sms"
    EMAIL = "email"


class Part(StrEnum):
    """What somebody is to the report, in order of precedence: who is two things hears once, as the first."""

    REPORTER = "reporter"
    MERGED = "merged"  # the reporter of a duplicate: hears the lead's public updates
    WORKER = "worker"
    ESCALATED = "escalated"  # the rung's addressee
    OFFICER = "officer"
    FORMER_OFFICER = "former_officer"
    SUPPORT = "support"  # officers of the supporting agencies
    DESK = "desk"
    SUPERVISOR = "supervisor"
    FOLLOWER = "follower"


class Sms(StrEnum):
    """When a text message is worth its price."""

    NEVER = "never"
    ASKED = "asked"  # to those who asked for text messages
    ANSWER = "answer"  # also to those who could not be reached otherwise


@dataclass(frozen=True)
class Hearing:
    """This part hears this template; quiet ones go to the inbox only."""

    part: Part
    template: str
    push: bool = True
    sms: Sms = Sms.NEVER


_P = Part
HEARINGS: Mapping[str, tuple[Hearing, ...]] = {
    # A submit that is routed at once is told as `routed`; only one that waits in triage is told as received.
    "report.submitted": (Hearing(_P.REPORTER, "received"), Hearing(_P.DESK, "desk_triage")),
    "report.routed": (
        Hearing(_P.REPORTER, "routed", sms=Sms.ASKED),
        Hearing(_P.OFFICER, "agency_new"),
    ),
    "report.accepted": (Hearing(_P.REPORTER, "accepted", push=False),),
    "report.supported": (Hearing(_P.SUPPORT, "agency_support"),),
    # A pause that ended by itself: the clock runs again without an answer.
    "report.resumed": (
        Hearing(_P.REPORTER, "resumed", push=False),
        Hearing(_P.OFFICER, "agency_resumed"),
        Hearing(_P.DESK, "agency_resumed", push=False),
    ),
    "report.assigned": (Hearing(_P.WORKER, "worker_assigned"),),
    "report.declined": (Hearing(_P.OFFICER, "agency_declined"),),
    "report.started": (
        Hearing(_P.REPORTER, "started"),
        Hearing(_P.MERGED, "started"),
        Hearing(_P.FOLLOWER, "follower_started", push=False),
    ),
    "report.asked": (Hearing(_P.REPORTER, "asked", sms=Sms.ANSWER),),
    "report.answered": (Hearing(_P.WORKER, "staff_answered"), Hearing(_P.OFFICER, "staff_answered")),
    "report.result_submitted": (Hearing(_P.OFFICER, "agency_approve"), Hearing(_P.SUPERVISOR, "agency_approve")),
    "report.resolved": (
        Hearing(_P.REPORTER, "resolved", sms=Sms.ANSWER),
        Hearing(_P.MERGED, "resolved", sms=Sms.ANSWER),
        Hearing(_P.FOLLOWER, "follower_resolved"),
        Hearing(_P.OFFICER, "agency_resolved", push=False),
    ),
    "report.sent_back": (Hearing(_P.WORKER, "worker_sent_back"), Hearing(_P.OFFICER, "worker_sent_back", push=False)),
    "report.reopened": (
        Hearing(_P.REPORTER, "reopened"),
        Hearing(_P.MERGED, "reopened"),
        Hearing(_P.OFFICER, "agency_reopened"),
        Hearing(_P.SUPERVISOR, "agency_reopened"),
        Hearing(_P.FOLLOWER, "follower_reopened", push=False),
    ),
    "report.closed": (
        Hearing(_P.REPORTER, "closed", push=False),
        Hearing(_P.MERGED, "closed", push=False),
        Hearing(_P.FOLLOWER, "follower_closed", push=False),
    ),
    "report.transferred": (
        Hearing(_P.REPORTER, "transferred"),
        Hearing(_P.OFFICER, "agency_new"),
        Hearing(_P.FORMER_OFFICER, "agency_moved_away", push=False),
        Hearing(_P.WORKER, "worker_taken_away"),
    ),
    "report.returned": (
        Hearing(_P.DESK, "desk_returned"),
        Hearing(_P.OFFICER, "desk_returned"),
        Hearing(_P.FORMER_OFFICER, "agency_moved_away", push=False),
    ),
    "report.rejected": (
        Hearing(_P.REPORTER, "rejected", sms=Sms.ANSWER),
        Hearing(_P.MERGED, "rejected"),
        Hearing(_P.WORKER, "worker_taken_away"),
    ),
    "report.referred": (
        Hearing(_P.REPORTER, "referred", sms=Sms.ANSWER),
        Hearing(_P.WORKER, "worker_taken_away"),
    ),
    "report.merged": (Hearing(_P.REPORTER, "merged"), Hearing(_P.WORKER, "worker_taken_away")),
    "report.unmerged": (Hearing(_P.REPORTER, "unmerged"), Hearing(_P.OFFICER, "agency_new")),
    "report.withdrawn": (Hearing(_P.OFFICER, "agency_withdrawn"), Hearing(_P.WORKER, "worker_taken_away")),
    "report.recategorised": (
        Hearing(_P.REPORTER, "recategorised", push=False),
        Hearing(_P.OFFICER, "agency_recategorised", push=False),
    ),
    "report.rated": (Hearing(_P.OFFICER, "agency_rated", push=False),),
    "report.commented:internal": (Hearing(_P.WORKER, "staff_comment"), Hearing(_P.OFFICER, "staff_comment")),
    "report.commented:reporter": (
        Hearing(_P.REPORTER, "comment"),
        Hearing(_P.WORKER, "staff_comment"),
        Hearing(_P.OFFICER, "staff_comment"),
    ),
    "report.commented:public": (
        Hearing(_P.REPORTER, "comment"),
        Hearing(_P.MERGED, "comment"),
        Hearing(_P.WORKER, "staff_comment"),
        Hearing(_P.OFFICER, "staff_comment"),
        Hearing(_P.FOLLOWER, "follower_comment", push=False),
    ),
    "report.extension_requested": (
        Hearing(_P.SUPERVISOR, "desk_extension"),
        Hearing(_P.DESK, "desk_extension"),
    ),
    "report.extension_decided": (
        Hearing(_P.REPORTER, "extension", push=False),
        Hearing(_P.OFFICER, "agency_extension"),
    ),
    "report.breached": (
        Hearing(_P.WORKER, "late"),
        Hearing(_P.OFFICER, "late"),
        Hearing(_P.SUPERVISOR, "late", push=False),
    ),
    "report.escalated": (Hearing(_P.ESCALATED, "escalated"),),
}

# What api.subscriptions hands to `notifications.plan`.
HEARD_EVENTS = tuple(sorted({name.partition(":")[0] for name in HEARINGS}))


def hearings_of(name: str, visibility: str = "public") -> tuple[Hearing, ...]:
    """Who hears of this event; nobody where the table has no line."""
    return HEARINGS.get(f"{name}:{visibility}") or HEARINGS.get(name, ())
