"""Messages that did not arrive, for the people who can do something about it."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select, tuple_

from dispatch.domain.actors import Actor
from dispatch.people.audit import note
from kit.events import Event
from kit.outbox import emit
from kit.problems import Conflict, NotFound
from notifications.tables import Delivery

SHOWN = frozenset({"dead", "unknown"})


class NotResendable(Conflict):
    """Only a message that was given up or whose fate is unknown can be sent again, and a one-time code never."""

    slug, title = "not-resendable", "This message cannot be sent again"


def undelivered(
    session: Session, states: frozenset[str], *, after: tuple[datetime, UUID] | None, limit: int
) -> list[Delivery]:
    """Deliveries that were given up or whose fate is unknown, newest first."""
    query = select(Delivery).where(col(Delivery.state).in_(states))
    if after:
        query = query.where(tuple_(col(Delivery.created_at), col(Delivery.id)) < after)
    query = query.order_by(col(Delivery.created_at).desc(), col(Delivery.id).desc()).limit(limit)
    return list(session.exec(query))


def resend(session: Session, delivery_id: UUID, *, by: Actor, now: datetime) -> Delivery:
    """Somebody decided that it shall leave (again): a fresh start under the same reference. NotFound, NotResendable."""
    delivery = session.get(Delivery, delivery_id, with_for_update=True)
    if delivery is None:
        raise NotFound()
    if delivery.state not in SHOWN or delivery.template == "otp":
        raise NotResendable()
    note(session, "delivery.resent", now=now, actor=by.id, report=delivery.report_id, delivery=str(delivery.id))
    delivery.state, delivery.asks, delivery.next_at = "planned", 0, None
    # Its age counts from the decision, or it would be given up again at the first refusal.
    delivery.created_at = now
    emit(
        session,
        Event(name="delivery.planned", subject=delivery.id, occurred_at=now, data={"channel": delivery.channel}),
    )
    return delivery
