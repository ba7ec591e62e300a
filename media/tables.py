"""Photos as rows. The bytes lie in the store; a row is written only after its original object is there.

No foreign keys upwards: media does not know reports or people, only their ids.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

import kit.db  # noqa: F401 - gives constraints their names


class PhotoKind(StrEnum):
    BEFORE = "before"
    AFTER = "after"


class PhotoStatus(StrEnum):
    PENDING = "pending"  # the original is safe, its renditions are being made
    READY = "ready"
    FAILED = "failed"  # no picture could be made of it; `failure` says why


class Photo(SQLModel, table=True):
    """One photo. `id` is made by the client; `width`, `height`: pixels, upright; `hints` are private for ever."""

    __tablename__ = "photo"
    __table_args__ = (
        CheckConstraint("kind IN ('before', 'after')", name="kind"),
        CheckConstraint("status IN ('pending', 'ready', 'failed')", name="status"),
        CheckConstraint("(report_id IS NULL) = (attached_at IS NULL)", name="attached"),
        Index("ix_photo_report_id", "report_id", "created_at", postgresql_where=text("report_id IS NOT NULL")),
        Index("ix_photo_owner_id", "owner_id", "created_at"),
        Index("ix_photo_loose", "created_at", postgresql_where=text("report_id IS NULL")),
        Index("ix_photo_seal_until", "seal_until", postgresql_where=text("original_key IS NOT NULL")),
    )

    id: UUID = Field(primary_key=True)
    owner_id: UUID
    report_id: UUID | None = None
    kind: str = Field(sa_column=Column(String(8), nullable=False))
    status: str = Field(default=PhotoStatus.PENDING, sa_column=Column(String(8), nullable=False))
    public: bool = False

    original_key: str | None = Field(default=None, sa_column=Column(String(120)))  # None once the seal ran out
    content_type: str = Field(sa_column=Column(String(32), nullable=False))
    bytes: int
    sha256: str = Field(sa_column=Column(String(64), nullable=False))
    width: int
    height: int

    renditions: dict[str, Any] = Field(  # {name: {key, width, height, bytes}}
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default=text("'{}'::jsonb"))
    )
    placeholder: str | None = Field(default=None, sa_column=Column(String(64)))
    phash: str | None = Field(default=None, sa_column=Column(String(16)))
    hints: dict[str, Any] = Field(  # {lon, lat, taken_at}, from EXIF
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default=text("'{}'::jsonb"))
    )
    failure: str | None = Field(default=None, sa_column=Column(String(64)))  # slug of the refusal

    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    processed_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    attached_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    sealed_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    seal_until: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
