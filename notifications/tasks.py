"""What follows an event: plan its messages, bring each delivery out, send one-time codes, keep the tables tidy."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from dispatch.domain.actors import Role
from dispatch.tables.directory import Agency, Category
from dispatch.tables.report import Report
from kit.clock import utc_now
from kit.events import Event
from kit.ids import new_id
from kit.jobs import Queue, errand, task, tick
from kit.outbox import emit
from kit.settings import get_settings
from notifications.addresses import current_person
from notifications.audience import audience
from notifications.deliver import deliver
from notifications.hearings import Channel
from notifications.otp import send_code
from notifications.plan import Fact, Notice, parts_of, plan
from notifications.retention import drop_old, settle_lost
from notifications.tables import Delivery, InboxMessage

_NAMED_CHANNELS = {channel.value: channel for channel in (Channel.PUSH, Channel.SMS, Channel.EMAIL)}


@task("notifications.plan", queue=Queue.PLAN)
def plan_messages(session: Session, event: Event) -> None:
    """Inbox rows and deliveries of one event of a report; one `delivery.planned` for each outward delivery."""
    report = session.get(Report, event.subject)
    if report is None or report.imported or _told_otherwise(event, report):
        return
    fact = _fact(session, event, report)
    listeners = audience(session, report, parts_of(fact), event.data)
    now = utc_now()
    for notice in plan(fact, listeners, now=now, zone=ZoneInfo(get_settings().timezone)):
        if notice.channel is Channel.INBOX:
            session.add(_inbox_message(event, report, notice))
        else:
            delivery = _delivery(event, report, notice)
            session.add(delivery)
            data = {"channel": delivery.channel}
            emit(session, Event(name="delivery.planned", subject=delivery.id, occurred_at=now, data=data))


@errand("notifications.deliver", queue=Queue.SEND)
def deliver_one(event: Event) -> None:
    deliver(event.subject)


@errand("notifications.otp", queue=Queue.SEND)
def send_one_time_code(event: Event) -> None:
    send_code(event)


@tick("notifications.tidy", every_s=60)
def tidy() -> None:
    """Deliveries whose worker and job were both lost become visible; old rows go."""
    settle_lost()
    drop_old()


def _told_otherwise(event: Event, report: Report) -> bool:
    """A submit that was routed in the same breath is told by `report.routed`."""
    return event.name == "report.submitted" and report.status != "triage"


def _fact(session: Session, event: Event, report: Report) -> Fact:
    data = event.data
    return Fact(
        name=event.name,
        actor=_actor(session, data),
        visibility=data.get("visibility") or "public",
        rung_channel=_NAMED_CHANNELS.get(str(data.get("channel"))) if event.name == "report.escalated" else None,
        params=_params(session, data, report),
    )


def _actor(session: Session, data: Mapping[str, Any]) -> UUID | None:
    """The actor as listeners are known: a device that has become a resident's is that resident."""
    actor = UUID(str(data["actor"])) if data.get("actor") else None
    if actor and data.get("actor_role") == Role.RESIDENT:
        person = current_person(session, actor)
        return person.id if person else actor
    return actor


def _params(session: Session, data: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """What sentences may say: the code, and offices and categories by name in both languages."""
    agency = session.get(Agency, data.get("agency") or report.agency_code)
    category = session.get(Category, data.get("category") or report.category_code)
    params: dict[str, Any] = {"code": report.code, "action": data.get("action")}
    if agency:
        params |= {"agency": agency.code, "agency_vi": agency.name_vi, "agency_en": agency.name_en}
    if category:
        params |= {"category": category.code, "category_vi": category.name_vi, "category_en": category.name_en}
    if data.get("at_percent") is not None:
        params["percent"] = data["at_percent"]
    return params


def _inbox_message(event: Event, report: Report, notice: Notice) -> InboxMessage:
    return InboxMessage(
        id=new_id(),
        event_id=event.id,
        recipient_kind=notice.kind,
        recipient_id=notice.recipient,
        report_id=report.id,
        code=report.code,
        template=notice.template,
        params=dict(notice.params),
        created_at=utc_now(),
    )


def _delivery(event: Event, report: Report, notice: Notice) -> Delivery:
    return Delivery(
        id=new_id(),
        event_id=event.id,
        report_id=report.id,
        recipient_kind=notice.kind,
        recipient_id=notice.recipient,
        channel=notice.channel,
        device_token_id=notice.token,
        template=notice.template,
        locale=notice.locale,
        params=dict(notice.params),
        next_at=notice.not_before,
        created_at=utc_now(),
    )
