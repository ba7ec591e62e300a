"""Reading one's inbox, newest first, in the reader's language."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, func, select, tuple_

from notifications.addresses import with_former_selves
from notifications.messages import sentence
from notifications.tables import InboxMessage


@dataclass(frozen=True, kw_only=True)
class Line:
    """One message with its sentences."""

    message: InboxMessage
    title: str
    text: str


def owners(session: Session, kind: str, owner: UUID) -> list[UUID]:
    """Whose messages are his: a resident's, and those of the anonymous devices that turned out to be him."""
    return with_former_selves(session, owner) if kind == "person" else [owner]


def newest(
    session: Session,
    mine: list[UUID],
    *,
    unread: bool,
    after: tuple[datetime, UUID] | None,
    limit: int,
    locale: str,
) -> list[Line]:
    """At most `limit` messages older than `after` (created_at, id)."""
    query = select(InboxMessage).where(col(InboxMessage.recipient_id).in_(mine))
    if unread:
        query = query.where(col(InboxMessage.read_at).is_(None))
    if after:
        query = query.where(tuple_(col(InboxMessage.created_at), col(InboxMessage.id)) < after)
    query = query.order_by(col(InboxMessage.created_at).desc(), col(InboxMessage.id).desc()).limit(limit)
    return [
        Line(
            message=message,
            title=sentence(message.template, "title", locale, message.params),
            text=sentence(message.template, "body", locale, message.params),
        )
        for message in session.exec(query)
    ]


def count_unread(session: Session, mine: list[UUID]) -> int:
    query = select(func.count()).where(col(InboxMessage.recipient_id).in_(mine), col(InboxMessage.read_at).is_(None))
    return int(session.exec(query).one())


def mark_read(session: Session, message_id: UUID, mine: list[UUID], *, now: datetime) -> bool:
    """Reading twice changes nothing; False when there is no such message of his."""
    message = session.get(InboxMessage, message_id, with_for_update=True)
    if message is None or message.recipient_id not in mine:
        return False
    message.read_at = message.read_at or now
    return True
