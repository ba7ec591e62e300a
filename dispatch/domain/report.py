"""The life of a report as one table: (status, action) → status, who may take the step, what facts it needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dispatch.domain.actors import Role


class Status(StrEnum):
    TRIAGE = "triage"
    ROUTED = "routed"
    ACCEPTED = "accepted"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    AWAITING_CITIZEN = "awaiting_citizen"
    AWAITING_APPROVAL = "awaiting_approval"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REJECTED = "rejected"
    REFERRED = "referred"
    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    SUBMIT = "submit"
    ROUTE = "route"
    ACCEPT = "accept"
    RETURN_TO_TRIAGE = "return_to_triage"
    TRANSFER = "transfer"
    ADD_SUPPORT = "add_support"
    ASSIGN = "assign"
    DECLINE = "decline"
    START = "start"
    ASK_CITIZEN = "ask_citizen"
    ANSWER = "answer"
    RESUME = "resume"
    REQUEST_EXTENSION = "request_extension"
    DECIDE_EXTENSION = "decide_extension"
    SUBMIT_RESULT = "submit_result"
    APPROVE_RESULT = "approve_result"
    SEND_BACK = "send_back"
    CLOSE = "close"
    RATE = "rate"
    REOPEN = "reopen"
    REJECT = "reject"
    REFER = "refer"
    MERGE = "merge"
    UNMERGE = "unmerge"
    WITHDRAW = "withdraw"
    RECATEGORISE = "recategorise"
    COMMENT = "comment"
    ADD_PHOTOS = "add_photos"
    ESCALATE = "escalate"
    BREACH = "breach"
    RECALCULATE = "recalculate"


EXITS = frozenset({Status.REJECTED, Status.REFERRED, Status.DUPLICATE, Status.WITHDRAWN})
ENDED = EXITS | {Status.RESOLVED, Status.CLOSED}
WITH_AGENCY = frozenset({Status.ROUTED, Status.ACCEPTED, Status.ASSIGNED, Status.IN_PROGRESS})
OPEN = frozenset({Status.TRIAGE, Status.AWAITING_CITIZEN, Status.AWAITING_APPROVAL}) | WITH_AGENCY

_DESK = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR})
_AGENCY = frozenset({Role.OFFICER})
_CREW = frozenset({Role.FIELD_WORKER})
_LEADER = frozenset({Role.OFFICER, Role.SUPERVISOR})
_SENDER = frozenset({Role.RESIDENT, Role.API_CLIENT})
_SYSTEM = frozenset({Role.SYSTEM})
_STAFF = _DESK | _AGENCY | _CREW


@dataclass(frozen=True)
class Move:
    """One cell of the table. `to` None = the status stays; `back` = to the status before the pause."""

    to: Status | None
    roles: frozenset[Role]
    back: bool = False


def _moves() -> Mapping[tuple[Status, Action], Move]:
    table: dict[tuple[Status, Action], Move] = {}

    def allow(actions: Action, froms: frozenset[Status] | Status, to: Status | None, roles: frozenset[Role]) -> None:
        for status in froms if isinstance(froms, frozenset) else {froms}:
            table[status, actions] = Move(to, roles)

    S, A = Status, Action  # noqa: N806 - the table below reads as a table
    before_work = frozenset({S.ROUTED, S.ACCEPTED, S.ASSIGNED})
    allow(A.ROUTE, S.TRIAGE, S.ROUTED, _DESK | _SYSTEM)
    allow(A.ACCEPT, S.ROUTED, S.ACCEPTED, _AGENCY | _CREW)
    allow(A.ACCEPT, S.ASSIGNED, S.ASSIGNED, _CREW)  # the crew accepts its offer
    allow(A.DECLINE, S.ASSIGNED, S.ACCEPTED, _CREW | _SYSTEM)
    allow(A.RETURN_TO_TRIAGE, WITH_AGENCY, S.TRIAGE, _AGENCY)
    allow(A.TRANSFER, OPEN - {S.AWAITING_APPROVAL}, S.ROUTED, _DESK | _AGENCY)
    allow(A.ADD_SUPPORT, OPEN, None, _DESK | _AGENCY)
    allow(A.ASSIGN, before_work | {S.IN_PROGRESS}, S.ASSIGNED, _AGENCY)
    allow(A.START, frozenset({S.ROUTED, S.ACCEPTED, S.ASSIGNED}), S.IN_PROGRESS, _AGENCY | _CREW)
    allow(A.ASK_CITIZEN, WITH_AGENCY | {S.TRIAGE}, S.AWAITING_CITIZEN, _AGENCY | _CREW | _DESK)
    table[S.AWAITING_CITIZEN, A.ANSWER] = Move(None, _SENDER | _DESK, back=True)
    table[S.AWAITING_CITIZEN, A.RESUME] = Move(None, _AGENCY | _DESK | _SYSTEM, back=True)
    allow(A.REQUEST_EXTENSION, WITH_AGENCY, None, _AGENCY)
    allow(A.DECIDE_EXTENSION, OPEN, None, frozenset({Role.SUPERVISOR, Role.OPERATOR}))
    allow(A.SUBMIT_RESULT, WITH_AGENCY, S.RESOLVED, _AGENCY | _CREW)  # or awaiting_approval: see `advance`
    allow(A.APPROVE_RESULT, S.AWAITING_APPROVAL, S.RESOLVED, _LEADER)
    allow(A.SEND_BACK, S.AWAITING_APPROVAL, S.IN_PROGRESS, _LEADER)
    allow(A.CLOSE, S.RESOLVED, S.CLOSED, _SENDER | _DESK | _SYSTEM)
    allow(A.RATE, frozenset({S.RESOLVED, S.CLOSED}), None, _SENDER)
    allow(A.REOPEN, frozenset({S.RESOLVED, S.CLOSED}), S.ROUTED, _SENDER | _DESK)
    allow(A.REJECT, frozenset({S.TRIAGE}) | WITH_AGENCY, S.REJECTED, _DESK | _AGENCY)
    allow(A.REFER, frozenset({S.TRIAGE}) | WITH_AGENCY, S.REFERRED, _DESK | _AGENCY)
    allow(A.MERGE, frozenset({S.TRIAGE}) | WITH_AGENCY, S.DUPLICATE, _DESK | _AGENCY)
    allow(A.UNMERGE, S.DUPLICATE, S.ROUTED, _DESK)
    allow(A.WITHDRAW, OPEN - {S.AWAITING_APPROVAL}, S.WITHDRAWN, _SENDER)
    allow(A.RECATEGORISE, OPEN, None, _DESK)
    for status in Status:
        table[status, A.COMMENT] = Move(None, _STAFF | _SENDER)
        table[status, A.ADD_PHOTOS] = Move(None, _STAFF | _SENDER | _SYSTEM)
        table[status, A.ESCALATE] = table[status, A.BREACH] = table[status, A.RECALCULATE] = Move(None, _SYSTEM)
    return table


STEPS: Mapping[tuple[Status, Action], Move] = _moves()

# What each step must say; the wire model refuses a step without them.
FACTS: Mapping[Action, frozenset[str]] = {
    Action.RETURN_TO_TRIAGE: frozenset({"reason_code", "text"}),
    Action.TRANSFER: frozenset({"agency", "reason"}),
    Action.ADD_SUPPORT: frozenset({"agency"}),
    Action.ASK_CITIZEN: frozenset({"text"}),
    Action.ANSWER: frozenset({"text"}),
    Action.REQUEST_EXTENSION: frozenset({"until", "reason"}),
    Action.DECIDE_EXTENSION: frozenset({"approve", "text"}),
    Action.SUBMIT_RESULT: frozenset({"text"}),
    Action.SEND_BACK: frozenset({"text"}),
    Action.RATE: frozenset({"rating"}),
    Action.REOPEN: frozenset({"text"}),
    Action.REJECT: frozenset({"reason_code", "text"}),
    Action.REFER: frozenset({"target", "text"}),
    Action.MERGE: frozenset({"lead"}),
    Action.RECATEGORISE: frozenset({"category", "reason"}),
    Action.COMMENT: frozenset({"text", "visibility"}),
    Action.ROUTE: frozenset({"agency", "reason"}),
    Action.DECLINE: frozenset({"reason"}),
}

REASON_CODES: Mapping[Action, tuple[str, ...]] = {
    Action.RETURN_TO_TRIAGE: ("not_our_function", "not_our_area", "needs_other_agency", "unclear"),
    Action.REJECT: (
        "outside_province",
        "unclear",
        "no_location",
        "already_handled",
        "false_information",
        "insult",
        "advertisement",
        "state_secret",
        "not_a_report",
    ),
    Action.REFER: (
        "police_113",
        "fire_114",
        "ambulance_115",
        "citizen_reception",
        "one_stop",
        "other_agency",
    ),
}


def advance(
    status: Status, action: Action, *, before_pause: Status | None = None, needs_approval: bool = False
) -> Status:
    """The status after a step that `STEPS` allows.

    `before_pause`: where the report stood when the citizen was asked. `needs_approval`: the category wants the
    leader's look before an answer goes out.
    """
    move = STEPS[status, action]
    if move.back:
        return before_pause or Status.ROUTED
    if action is Action.SUBMIT_RESULT and needs_approval:
        return Status.AWAITING_APPROVAL
    return move.to or status


def actions_for(status: Status, role: Role) -> list[Action]:
    """What this role may do now, in the order of the table."""
    return [action for action in Action if (move := STEPS.get((status, action))) and role in move.roles]
