"""The outbox: an event is written in the transaction that made it true, and carried on by the relay afterwards.

Partitioned by week of `day`, so that retention drops whole partitions; `stream_no` is given by the relay only
(sequence numbers handed out before commit would let a reader of the stream jump over a slow transaction).
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Date, DateTime, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Session, SQLModel

from kit.events import Event


class Outbox(SQLModel, table=True):
    """One event. `stream_no IS NULL` = not yet seen by the relay."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_waiting", "id", postgresql_where=text("stream_no IS NULL")),
        Index("ix_outbox_stream_no", "stream_no"),
        {"postgresql_partition_by": "RANGE (day)"},
    )

    id: UUID = Field(primary_key=True)
    day: date = Field(sa_column=Column(Date, primary_key=True))
    name: str = Field(sa_column=Column(String(64), nullable=False))
    subject: UUID
    occurred_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    data: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    stream_no: int | None = Field(default=None, sa_column=Column(BigInteger))
    sent_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))

    def to_event(self) -> Event:
        return Event(id=self.id, name=self.name, subject=self.subject, occurred_at=self.occurred_at, data=self.data)


def emit(session: Session, *events: Event) -> None:
    """Write events in the caller's transaction; they leave the house only if it commits."""
    for event in events:
        session.add(
            Outbox(
                id=event.id,
                day=event.occurred_at.date(),
                name=event.name,
                subject=event.subject,
                occurred_at=event.occurred_at,
                data=event.data,
            )
        )
