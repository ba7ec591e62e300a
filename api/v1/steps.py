"""Steps in a report's life, messages, break-glass. A step names the version it saw (If-Match)."""

import hashlib
import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response
from sqlmodel import Session, col, select

from api.body import describes, parse
from api.deps import ActorDep, BodyDep, LocaleDep, NamedDep, OptionalActorDep, SessionDep, StaffDep, canonical_name
from api.v1.answers import json_answer
from api.v1.reports import SecretHeader, shown_secret, view_of
from api.v1.shown import ReportOut
from api.v1.wire import ContactAccessIn, MessageIn, StepIn
from dispatch import rulebook
from dispatch.domain.actors import Actor, Role
from dispatch.domain.command import Command, StepFacts
from dispatch.domain.errors import ReportNotFound
from dispatch.domain.report import Action
from dispatch.people.contacts import break_seal
from dispatch.people.tables import AuditEntry
from dispatch.progress import open_case
from dispatch.reading import detail as details
from dispatch.steps import allowed_for, given_away, perform, seen_after
from dispatch.tables.report import Report
from kit.clock import utc_now
from kit.problems import Forbidden, PreconditionMissing, Stale, Unauthenticated

router = APIRouter(prefix="/v1/reports", tags=["steps"])
_VERSION = re.compile(r'^(?:W/)?"?(\d{1,9})"?$')
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=40)]


def _version(if_match: str | None) -> int:
    found = _VERSION.match(if_match or "")
    if not found:
        raise PreconditionMissing()
    return int(found.group(1))


def _sender(session: Session, named: str, actor: Actor | None, secret: str | None) -> tuple[Actor, bool]:
    """The caller; with the receipt's secret and no account he acts as the report's sender."""
    by_secret = shown_secret(session, named, secret)
    if by_secret and (actor is None or not actor.is_staff):
        report = details.find(session, named, None, by_secret=True).report
        return Actor(id=report.reporter_id, role=Role.RESIDENT), True
    if actor is None:
        raise Unauthenticated()
    return actor, False


def _about(session: Session, named: str, caller: Actor, step: UUID, *, by_secret: bool) -> Report:
    """The report of this step; also one that the very step, whose answer was lost, took out of the caller's sight."""
    try:
        return details.find(session, named, caller, by_secret=by_secret).report
    except ReportNotFound:
        report = given_away(session, step, caller)
        if report is None or named not in (str(report.id), report.code):
            raise
        return report


@router.post("/{named}/steps", response_model=ReportOut, openapi_extra=describes(StepIn))
def take(
    named: NamedDep,
    raw: BodyDep,
    session: SessionDep,
    actor: OptionalActorDep,
    locale: LocaleDep,
    if_match: IfMatch = None,
    secret: SecretHeader = None,
) -> Response:
    """Take a step. 412 `stale` when somebody was faster, 409 `step-not-allowed` with what is possible now."""
    caller, by_secret = _sender(session, named, actor, secret)
    asked = parse(StepIn, raw)
    found = _about(session, named, caller, UUID(str(asked.id)), by_secret=by_secret)
    command = Command(
        id=UUID(str(asked.id)),
        action=Action(asked.action),
        version=_version(if_match),
        digest=hashlib.sha256(raw).digest(),
        facts=asked.to_facts(),
    )
    try:
        report = perform(session, found.id, command, actor=caller, now=utc_now(), by_secret=by_secret)
    except Stale as lost:
        view = details.find(session, named, caller, by_secret=by_secret)
        raise Stale({"current": details.detail(session, view, caller, locale, utc_now())}) from lost
    fresh = details.View(report, whole=by_secret or seen_after(session, report, command.id, caller))
    return json_answer(details.detail(session, fresh, caller, locale, utc_now()), etag=f'"{report.version}"')


@router.get("/{named}/allowed-steps")
def allowed(named: NamedDep, session: SessionDep, actor: OptionalActorDep, secret: SecretHeader = None) -> Response:
    """What the caller may do to this report now, and the version to name."""
    caller, by_secret = _sender(session, named, actor, secret)
    view = details.find(session, named, caller, by_secret=by_secret)
    report = view.report
    case = open_case(session, rulebook.current(session), report, actor=caller, now=utc_now())
    actions = [str(action) for action in allowed_for(case, by_secret=by_secret)] if view.whole else []
    return json_answer({"version": report.version, "status": report.status, "allowed": actions})


@router.post("/{named}/messages", status_code=201, openapi_extra=describes(MessageIn))
def say(
    named: NamedDep, raw: BodyDep, session: SessionDep, actor: OptionalActorDep, secret: SecretHeader = None
) -> Response:
    """A word on the report's thread. Messages do not race with steps, so no version is asked."""
    caller, by_secret = _sender(session, named, actor, secret)
    asked = parse(MessageIn, raw)
    report = _about(session, named, caller, UUID(str(asked.id)), by_secret=by_secret)
    session.refresh(report, with_for_update=True)
    command = Command(
        id=UUID(str(asked.id)),
        action=Action.COMMENT,
        version=report.version,
        digest=hashlib.sha256(raw).digest(),
        facts=StepFacts(text=asked.text, visibility=asked.visibility),
    )
    done = perform(session, report.id, command, actor=caller, now=utc_now(), by_secret=by_secret)
    return json_answer({"id": str(asked.id), "version": done.version}, status=201)


@router.post("/{named}/contact-access", openapi_extra=describes(ContactAccessIn))
def open_contact(named: NamedDep, raw: BodyDep, session: SessionDep, actor: StaffDep) -> Response:
    """Break the seal: the sender's contact data for a stated reason, for 15 minutes, on record."""
    asked = parse(ContactAccessIn, raw)
    view = details.find(session, named, actor)
    if not view.whole:
        raise ReportNotFound()
    return json_answer(break_seal(session, view.report, actor, asked.reason, now=utc_now()))


audit = APIRouter(prefix="/v1", tags=["audit"])


@audit.get("/audit")
def read_audit(session: SessionDep, actor: ActorDep, report: str) -> Response:
    """The register of acts on a report, for the auditor and the administrator."""
    if actor.role not in (Role.AUDITOR, Role.ADMINISTRATOR):
        raise Forbidden()
    found = view_of(session, canonical_name(report), actor, None).report
    rows = session.exec(
        select(AuditEntry).where(AuditEntry.report_id == found.id).order_by(col(AuditEntry.at)).limit(500)
    )
    items = [
        {"at": row.at.isoformat(), "name": row.name, "actor": str(row.actor_id) if row.actor_id else None, **row.data}
        for row in rows
    ]
    return json_answer({"items": items, "next": None})
