"""Devices that want pushes, wishes, the inbox, and messages that did not arrive."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.body import Line, Wire, describes, parse
from api.cursors import PageDep
from api.deps import ActorDep, BodyDep, DeskDep, SessionDep
from dispatch.domain.actors import Actor
from kit.clock import utc_now
from kit.db import InvalidCursor, from_cursor, to_cursor
from kit.problems import NotFound
from notifications import desk, devices, inbox
from notifications.tables import Delivery, Preference

router = APIRouter(prefix="/v1", tags=["messages"])
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
PageSize = Annotated[int, Query(ge=1, le=200)]


class PushDeviceIn(Wire):
    token: Annotated[str, Field(min_length=10, max_length=4096, pattern=r"^[\x21-\x7e]+$")]
    platform: Literal["android", "ios", "web"]
    device_id: UUID | None = None
    app_version: Annotated[Line, Field(max_length=40)] = ""


class PushDeviceOut(BaseModel):
    id: UUID
    device_id: UUID | None
    platform: str
    seen_at: datetime


class QuietHours(Wire):
    """Local wall-clock times; may pass midnight."""

    begin: Annotated[str, Field(pattern=_CLOCK)]
    end: Annotated[str, Field(pattern=_CLOCK)]


class PreferencesIn(Wire):
    push: bool
    sms: bool
    email: bool
    quiet_hours: QuietHours | None = None


class PreferencesOut(BaseModel):
    push: bool
    sms: bool
    email: bool
    quiet_hours: dict[str, str] | None


class InboxLineOut(BaseModel):
    id: UUID
    report: UUID | None
    code: str | None
    template: str
    title: str
    text: str
    created_at: datetime
    read_at: datetime | None


class InboxOut(BaseModel):
    items: list[InboxLineOut]
    next: str | None
    unread: int


class DeliveryOut(BaseModel):
    id: UUID
    report: UUID | None
    recipient_kind: str
    channel: str
    template: str
    state: str
    attempts: int
    last_error: str | None
    created_at: datetime


class DeliveriesOut(BaseModel):
    items: list[DeliveryOut]
    next: str | None


def _kind(actor: Actor) -> str:
    return "account" if actor.is_staff else "person"


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    """(created_at, id) of the last row seen; InvalidCursor for anything else."""
    if cursor is None:
        return None
    keys: list[Any] = from_cursor(cursor, parts=2)
    try:
        at, last = datetime.fromisoformat(str(keys[0])), UUID(str(keys[1]))
    except ValueError as error:
        raise InvalidCursor() from error
    if at.tzinfo is None:
        raise InvalidCursor()
    return at, last


@router.post("/devices", status_code=201, response_model=PushDeviceOut, openapi_extra=describes(PushDeviceIn))
def register_device(raw: BodyDep, actor: ActorDep, session: SessionDep) -> PushDeviceOut:
    """This phone's FCM token is mine from now on; whoever was signed in on it before hears nothing here any more."""
    asked = parse(PushDeviceIn, raw)
    stored = devices.register_token(
        session,
        asked.token,
        owner_kind=_kind(actor),
        owner=actor.id,
        device=asked.device_id,
        platform=asked.platform,
        app_version=asked.app_version,
        now=utc_now(),
    )
    return PushDeviceOut(id=stored.id, device_id=stored.device_id, platform=stored.platform, seen_at=stored.seen_at)


@router.delete("/devices/{device_id}", status_code=204)
def forget_device(device_id: UUID, actor: ActorDep, session: SessionDep) -> Response:
    """Before signing out: no more pushes to this phone. The id is the registration's or the device's own."""
    if not devices.forget_device(session, device_id, owner=actor.id):
        raise NotFound()
    return Response(status_code=204)


@router.get("/preferences", response_model=PreferencesOut)
def read_preferences(actor: ActorDep, session: SessionDep) -> PreferencesOut:
    return _preferences(devices.wishes_of(session, owner_kind=_kind(actor), owner=actor.id, now=utc_now()))


@router.put("/preferences", response_model=PreferencesOut, openapi_extra=describes(PreferencesIn))
def store_preferences(raw: BodyDep, actor: ActorDep, session: SessionDep) -> PreferencesOut:
    """What I want to hear by. The inbox always has everything."""
    asked = parse(PreferencesIn, raw)
    wishes = Preference(
        owner_kind=_kind(actor),
        owner_id=actor.id,
        push=asked.push,
        sms=asked.sms,
        email=asked.email,
        quiet_from=asked.quiet_hours.begin if asked.quiet_hours else None,
        quiet_to=asked.quiet_hours.end if asked.quiet_hours else None,
        changed_at=utc_now(),
    )
    devices.store_wishes(session, wishes)
    return _preferences(wishes)


def _preferences(wishes: Preference) -> PreferencesOut:
    quiet = None
    if wishes.quiet_from and wishes.quiet_to:
        quiet = {"begin": wishes.quiet_from, "end": wishes.quiet_to}
    return PreferencesOut(push=wishes.push, sms=wishes.sms, email=wishes.email, quiet_hours=quiet)


@router.get("/inbox", response_model=InboxOut)
def read_inbox(
    actor: ActorDep,
    session: SessionDep,
    page: PageDep,
    unread: bool = False,
    limit: PageSize = 50,
) -> InboxOut:
    """My messages, newest first, in the language I ask for."""
    mine = inbox.owners(session, _kind(actor), actor.id)
    lines = inbox.newest(session, mine, unread=unread, after=_after(page.after), limit=limit + 1, locale=actor.locale)
    shown, last = lines[:limit], lines[limit - 1].message if len(lines) > limit else None
    return InboxOut(
        items=[_inbox_line(line) for line in shown],
        next=page.next(to_cursor(last.created_at.isoformat(), last.id)) if last else None,
        unread=inbox.count_unread(session, mine),
    )


def _inbox_line(line: inbox.Line) -> InboxLineOut:
    message = line.message
    return InboxLineOut(
        id=message.id,
        report=message.report_id,
        code=message.code,
        template=message.template,
        title=line.title,
        text=line.text,
        created_at=message.created_at,
        read_at=message.read_at,
    )


@router.post("/inbox/{message_id}/read", status_code=204)
def read_message(message_id: UUID, actor: ActorDep, session: SessionDep) -> Response:
    """I have seen it. Doing it twice changes nothing."""
    mine = inbox.owners(session, _kind(actor), actor.id)
    if not inbox.mark_read(session, message_id, mine, now=utc_now()):
        raise NotFound()
    return Response(status_code=204)


@router.get("/deliveries", response_model=DeliveriesOut)
def undelivered(
    _desk: DeskDep,
    session: SessionDep,
    page: PageDep,
    state: Literal["dead", "unknown"] | None = None,
    limit: PageSize = 50,
) -> DeliveriesOut:
    """Messages that were given up or whose fate is unknown. Addresses are not shown."""
    states = frozenset({state}) if state else desk.SHOWN
    rows = desk.undelivered(session, states, after=_after(page.after), limit=limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return DeliveriesOut(
        items=[_delivery(row) for row in rows[:limit]],
        next=page.next(to_cursor(last.created_at.isoformat(), last.id)) if last else None,
    )


@router.post("/deliveries/{delivery_id}/resend", status_code=202, response_model=DeliveryOut)
def resend(delivery_id: UUID, actor: DeskDep, session: SessionDep) -> DeliveryOut:
    """Send it (again), knowing that it may arrive twice. Noted in the audit."""
    return _delivery(desk.resend(session, delivery_id, by=actor, now=utc_now()))


def _delivery(row: Delivery) -> DeliveryOut:
    return DeliveryOut(
        id=row.id,
        report=row.report_id,
        recipient_kind=row.recipient_kind,
        channel=row.channel,
        template=row.template,
        state=row.state,
        attempts=row.attempts,
        last_error=row.last_error,
        created_at=row.created_at,
    )
