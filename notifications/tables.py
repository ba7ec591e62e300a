"""Deliveries, inbox, device tokens and wishes. No address is copied here: it is looked up when a message leaves,
so that erasing a contact reaches messages that still wait. Retention: notifications.retention.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Column, Field, SQLModel

from dispatch.tables.columns import document, instant


class Delivery(SQLModel, table=True):
    """One message by one outward channel to one recipient (push: to one device).

    State: planned, sending (committed before the hand-over), sent, failed (comes back at `next_at`), unknown (may have
    left; asked by our reference, else staff's), dead (given up), suppressed (not to be sent: no address, no wish).
    `params` hold codes and names of offices, never personal data. `sending_since` follows the machine's clock.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        # The second wall behind the job row: one event tells one recipient once per channel and device.
        UniqueConstraint(
            "event_id",
            "recipient_kind",
            "recipient_id",
            "channel",
            "device_token_id",
            name="uq_delivery_once",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint(
            "state IN ('planned','sending','sent','failed','unknown','dead','suppressed')",
            name="state",
        ),
        Index("ix_delivery_unsettled", "id", postgresql_where=text("state IN ('sending','unknown','dead')")),
        Index("ix_delivery_created", "created_at"),
        Index("ix_delivery_report", "report_id"),
    )
    id: UUID = Field(primary_key=True)  # for a one-time code: the id of its event
    event_id: UUID
    report_id: UUID | None = None
    recipient_kind: str  # person, account, challenge
    recipient_id: UUID
    channel: str  # push, sms, email, webhook
    device_token_id: UUID | None = None
    template: str
    locale: str = "vi"
    params: dict[str, Any] = Field(default_factory=dict, sa_column=document(default="{}"))
    state: str = "planned"
    attempts: int = 0  # hand-overs tried
    asks: int = 0  # times the gateway was asked what became of it
    next_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    sending_since: datetime | None = Field(default=None, sa_column=instant(null=True))
    provider_ref: str | None = None
    last_error: str | None = None
    created_at: datetime = Field(sa_column=instant())
    sent_at: datetime | None = Field(default=None, sa_column=instant(null=True))


class InboxMessage(SQLModel, table=True):
    """One line of somebody's inbox; its sentence is made when it is read, in the reader's language."""

    __tablename__ = "inbox_message"
    __table_args__ = (
        UniqueConstraint("event_id", "recipient_kind", "recipient_id"),
        Index("ix_inbox_message_newest", "recipient_id", text("created_at DESC"), text("id DESC")),
        Index("ix_inbox_message_created", "created_at"),
    )
    id: UUID = Field(primary_key=True)
    event_id: UUID
    recipient_kind: str
    recipient_id: UUID
    report_id: UUID | None = None
    code: str | None = None
    template: str
    params: dict[str, Any] = Field(default_factory=dict, sa_column=document(default="{}"))
    created_at: datetime = Field(sa_column=instant())
    read_at: datetime | None = Field(default=None, sa_column=instant(null=True))


class DeviceToken(SQLModel, table=True):
    """An FCM registration token. It belongs to one owner: registering it again moves it (who signed out hears nothing).

    `dead_at`: the push service said that it is gone.
    """

    __tablename__ = "device_token"
    __table_args__ = (Index("ix_device_token_owner", "owner_id"),)
    id: UUID = Field(primary_key=True)
    token_hash: bytes = Field(sa_column=Column(LargeBinary, unique=True, nullable=False))
    token_sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    owner_kind: str  # person, account
    owner_id: UUID
    device_id: UUID | None = None
    platform: str
    app_version: str = ""
    seen_at: datetime = Field(sa_column=instant())
    dead_at: datetime | None = Field(default=None, sa_column=instant(null=True))


class Preference(SQLModel, table=True):
    """What somebody wants to hear by. Quiet hours are local wall-clock times `HH:MM`, may pass midnight."""

    __tablename__ = "preference"
    owner_kind: str = Field(primary_key=True)
    owner_id: UUID = Field(primary_key=True)
    push: bool = True
    sms: bool = True
    email: bool = True
    quiet_from: str | None = None
    quiet_to: str | None = None
    changed_at: datetime = Field(sa_column=instant())


class SuppressedAddress(SQLModel, table=True):
    """An address that refused us for good (hard bounce), by keyed hash: nothing is sent there again."""

    __tablename__ = "suppressed_address"
    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    channel: str
    why: str
    at: datetime = Field(sa_column=instant())


class ChannelPause(SQLModel, table=True):
    """A channel whose other side is down or asked for time: until then nobody knocks, then one tries first.

    Machine's clock: this is about processes.
    """

    __tablename__ = "channel_pause"
    channel: str = Field(primary_key=True)
    until: datetime = Field(sa_column=instant())
    failures: int = 0
    why: str = ""
