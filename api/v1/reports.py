"""Sending a report and reading reports. Hot endpoints answer with ready bytes."""

import hashlib
import hmac
import unicodedata
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Query, Response
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, select

from admin.indicators.question import read_instant
from api.body import describes, parse
from api.cursors import PageDep
from api.deps import ActorDep, BodyDep, LocaleDep, NamedDep, OptionalActorDep, SessionDep, StaffDep
from api.query import read_box
from api.v1.answers import created_answer, json_answer
from api.v1.shown import CreatedOut, Page, ReportOut
from api.v1.wire import PhotosIn, ReportIn
from dispatch import rulebook
from dispatch.domain.actors import Actor, Role
from dispatch.domain.errors import ReportNotFound
from dispatch.domain.report import Action
from dispatch.intake import submit_report
from dispatch.people.contacts import keep_contact
from dispatch.people.phones import vietnamese_mobile
from dispatch.people.residents import caller_of
from dispatch.progress import Said, lock_report, open_case, take_step
from dispatch.reading import detail as details
from dispatch.reading import history, lists
from dispatch.tables.report import Follower, Report
from kit.clock import utc_now
from kit.db import unit_of_work
from kit.ids import read_code
from kit.problems import FieldError, Forbidden, Invalid, Unauthenticated
from kit.seal import keyed_digest
from media.keep import attach

router = APIRouter(prefix="/v1/reports", tags=["reports"])
SecretHeader = Annotated[str | None, Header(alias="X-Report-Secret", max_length=64)]
_CHANNELS = {Role.RESIDENT: "app", Role.API_CLIENT: "open311", Role.OPERATOR: "hotline"}


def secret_of(report_id: UUID) -> str:
    """The receipt's secret: derived, so that every retry is answered with the same."""
    return keyed_digest(str(report_id), about="receipt").hex()[:40]


def shown_secret(session: Session, named: str, secret: str | None) -> bool:
    """True if the header holds the secret of the report of this id or code."""
    if not secret:
        return False
    code = read_code(named)
    report_id = session.exec(select(Report.id).where(Report.code == code)).first() if code else UUID(named)
    return report_id is not None and hmac.compare_digest(secret_of(report_id).encode(), secret.encode())


@router.post("", status_code=201, response_model=CreatedOut, openapi_extra=describes(ReportIn))
def send_report(raw: BodyDep, actor: ActorDep, locale: LocaleDep) -> Response:
    """Take a report in: routed and timed before the answer leaves. The same id and body again: the same answer."""
    asked, now = parse(ReportIn, raw), utc_now()
    if actor.role not in _CHANNELS or (asked.on_behalf and actor.role is not Role.OPERATOR):
        raise Forbidden()
    contact = _contact(asked)
    with unit_of_work() as session:
        sender = _sender(session, asked, actor, contact.get("phone"), now)
        receipt = submit_report(session, asked.to_draft(_CHANNELS[actor.role]), reporter=sender, now=now)
        report_id = receipt.report_id
        if contact and not receipt.replayed:
            keep_contact(
                session,
                person=sender.id,
                report=report_id,
                values=contact,
                notify=asked.contact.notify if asked.contact else (),
                typed_by=actor.id if actor.is_staff else None,
                now=now,
            )
        if asked.photos:
            _attach(session, report_id, actor, [UUID(str(photo)) for photo in asked.photos], now)
        written = report_id if asked.photos or receipt.decision is None else receipt.decision
        body = created_answer(
            session, written, locale, secret=secret_of(report_id), body_sha256=hashlib.sha256(raw).hexdigest()
        )
    headers = {"Idempotent-Replayed": "true"} if receipt.replayed else {}
    return Response(orjson.dumps(body), 201, media_type="application/json", headers=headers)


def _sender(session: Session, asked: ReportIn, actor: Actor, phone: str | None, now: datetime) -> Actor:
    """Whose report it is: the caller's own, or, typed by the hotline, the person on the phone."""
    if actor.role is not Role.OPERATOR:
        return actor
    person = caller_of(session, UUID(str(asked.id)), phone, now=now)
    return Actor(id=person.id, role=Role.RESIDENT, alias=person.alias)


def _contact(asked: ReportIn) -> dict[str, str | None]:
    if asked.contact is None:
        return {}
    if asked.contact.notify and not (asked.contact.phone or asked.contact.email):
        raise Invalid(errors=(FieldError("/contact/notify", "missing"),))
    phone = vietnamese_mobile(asked.contact.phone) if asked.contact.phone else None
    return {"name": asked.contact.name, "phone": phone, "email": asked.contact.email}


def _attach(session: SessionDep, report_id: UUID, actor: Actor, photos: list[UUID], now: datetime) -> None:
    """Photos that are there already join now; others join when they arrive with this report's id."""
    report = lock_report(session, report_id)
    done = attach(session, photos, report_id=report_id, owner=actor.id, public=report.is_public, now=now)
    if done.added:
        case = open_case(session, rulebook.current(session), report, actor=actor, now=now)
        take_step(case, Action.ADD_PHOTOS, Said(data={"photos": [str(photo) for photo in done.added]}))


@router.get("", response_model=Page)
def list_reports(
    session: SessionDep,
    actor: OptionalActorDep,
    locale: LocaleDep,
    page: PageDep,
    mine: bool = False,
    status: Annotated[list[str] | None, Query(max_length=20)] = None,
    category: Annotated[list[str] | None, Query(max_length=50)] = None,
    agency: Annotated[list[str] | None, Query(max_length=50)] = None,
    area: Annotated[list[str] | None, Query(max_length=50)] = None,
    assigned_to: UUID | None = None,
    overdue: bool | None = None,
    at_risk: bool | None = None,
    q: Annotated[str | None, Query(min_length=2, max_length=100)] = None,
    bbox: Annotated[str | None, Query(max_length=100)] = None,
    from_: Annotated[str | None, Query(alias="from", max_length=40)] = None,
    to: Annotated[str | None, Query(max_length=40)] = None,
    external_id: Annotated[str | None, Query(max_length=100)] = None,
    sort: Literal["received_at", "due_at"] = "received_at",
    order: Literal["asc", "desc"] = "desc",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Reports the caller may see, filtered; newest first unless said otherwise. Days are local."""
    if mine and actor is None:
        raise Unauthenticated()
    if assigned_to and (actor is None or not actor.is_staff):  # who works on it is not shown, so no filter tells it
        raise Invalid(errors=(FieldError("/assigned_to", "unknown-parameter"),))
    filters = lists.Filters(
        mine=mine,
        status=tuple(status or ()),
        category=tuple(category or ()),
        agency=tuple(agency or ()),
        area=tuple(area or ()),
        assigned_to=assigned_to,
        overdue=overdue,
        at_risk=at_risk,
        q=unicodedata.normalize("NFC", q) if q else None,
        bbox=read_box(bbox) if bbox else None,
        start=read_instant(from_, "from") if from_ else None,
        end=read_instant(to, "to") if to else None,
        external_id=external_id,
        sort=sort,
        order=order,
        limit=limit,
        cursor=page.after,
    )
    found = lists.list_reports(session, actor, filters, locale, utc_now())
    return json_answer(found | {"next": page.next(found["next"])})


@router.get("/nearby", response_model=Page)
def nearby_reports(
    session: SessionDep,
    actor: OptionalActorDep,
    locale: LocaleDep,
    lat: Annotated[float, Query(ge=-90, le=90)],
    lon: Annotated[float, Query(ge=-180, le=180)],
    category: Annotated[str | None, Query(max_length=64)] = None,
    text: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """Open reports of the category close by, and how alike their words are: perhaps it is already known."""
    found = lists.nearby(session, actor, lon=lon, lat=lat, category=category, words=text, locale=locale, now=utc_now())
    return json_answer({"items": found, "next": None})


@router.get("/{named}", response_model=ReportOut)
def read_report(
    named: NamedDep, session: SessionDep, actor: OptionalActorDep, locale: LocaleDep, secret: SecretHeader = None
) -> Response:
    """One report by id or code; whole for those who handle or sent it, else its public form."""
    view = view_of(session, named, actor, secret)
    body = details.detail(session, view, actor, locale, utc_now())
    return json_answer(body, etag=f'"{view.report.version}"')


def view_of(session: SessionDep, named: str, actor: Actor | None, secret: str | None) -> details.View:
    return details.find(session, named, actor, by_secret=shown_secret(session, named, secret))


@router.get("/{named}/timeline", response_model=Page)
def read_timeline(
    named: NamedDep, session: SessionDep, actor: OptionalActorDep, locale: LocaleDep, secret: SecretHeader = None
) -> Response:
    """What happened, oldest first, with the hash chain."""
    view = view_of(session, named, actor, secret)
    return json_answer({"items": history.timeline(session, view, actor, locale), "next": None})


@router.get("/{named}/promise")
def read_promise(
    named: NamedDep, session: SessionDep, actor: OptionalActorDep, locale: LocaleDep, secret: SecretHeader = None
) -> Response:
    """Who holds it, until when, why it waits, how often the promise moved."""
    return json_answer(history.promise(session, view_of(session, named, actor, secret), locale))


@router.get("/{named}/trace")
def read_trace(named: NamedDep, session: SessionDep, actor: StaffDep) -> Response:
    """Why this agency: the stored decision in words and numbers, for staff who handle the report."""
    view = details.find(session, named, actor)
    if not view.whole:
        raise ReportNotFound()
    return json_answer(history.trace(view.report))


@router.put("/{named}/photos", openapi_extra=describes(PhotosIn))
def add_photos(
    named: NamedDep, raw: BodyDep, session: SessionDep, actor: ActorDep, locale: LocaleDep, secret: SecretHeader = None
) -> Response:
    """Photos that came after the report; a repetition changes nothing."""
    if actor.role is Role.AUDITOR:
        raise Forbidden()
    asked, now = parse(PhotosIn, raw), utc_now()
    view = view_of(session, named, actor, secret)
    if not view.whole:
        raise ReportNotFound()
    _attach(session, view.report.id, actor, [UUID(str(photo)) for photo in asked.photos], now)
    return json_answer(details.detail(session, view, actor, locale, now), etag=f'"{view.report.version}"')


@router.post("/{named}/follow", status_code=204)
def follow(named: NamedDep, session: SessionDep, actor: ActorDep) -> Response:
    """Follow a report: its public news come to the caller's inbox."""
    if actor.role is not Role.RESIDENT:
        raise Forbidden()
    report = details.find(session, named, actor).report
    row = insert(Follower).values(report_id=report.id, person_id=actor.id, since=utc_now())
    session.execute(row.on_conflict_do_nothing())  # two taps at once are one
    return Response(status_code=204)
