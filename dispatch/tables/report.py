"""A report and everything that happens to it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Column, Field, SQLModel

from dispatch.tables.columns import document, instant, texts
from kit.geo import geometry


class Report(SQLModel, table=True):
    """What a resident or a device sent. `status` is written by dispatch.progress.take_step alone.

    `due_at` (strict), `lenient_due_at` (in force) and `ack_due_at` repeat the open citizen and acknowledge clocks for
    lists, NULL while paused or ended; the clocks are the truth.
    """

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("external_source", "external_id"),
        CheckConstraint("hops >= 0", name="hops"),
        Index("ix_report_newest", text("received_at DESC"), text("id DESC")),
        Index("ix_report_agency_newest", "agency_code", text("received_at DESC"), text("id DESC")),
        Index("ix_report_agency_status", "agency_code", "status", text("received_at DESC"), text("id DESC")),
        Index("ix_report_reporter", "reporter_id", text("received_at DESC"), text("id DESC")),
        Index("ix_report_area", "area_code", text("received_at DESC"), text("id DESC")),
        Index("ix_report_due", "lenient_due_at", "id", postgresql_where=text("lenient_due_at IS NOT NULL")),
        Index("ix_report_worker", "worker_id", postgresql_where=text("worker_id IS NOT NULL")),
        Index("ix_report_closing", "close_after", postgresql_where=text("close_after IS NOT NULL")),
        # fold(): lower case without accents, so that "duong" finds "Đường"; made by the first migration.
        Index("ix_report_text", text("fold(description) gin_trgm_ops"), postgresql_using="gin"),
        Index("ix_report_address", text("fold(address) gin_trgm_ops"), postgresql_using="gin"),
        Index("ix_report_category", "category_code", text("received_at DESC"), text("id DESC")),
    )

    id: UUID = Field(primary_key=True)  # made by the phone
    code: str = Field(unique=True, max_length=8)
    reporter_id: UUID
    body_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # validated NFC body without photos
    channel: str = "app"  # app, web, hotline, open311, import, sensor
    status: str
    version: int = 1
    category_code: str = Field(foreign_key="category.code")
    severity: int = 2
    description: str = ""
    address: str = ""
    attributes: dict[str, Any] = Field(default_factory=dict, sa_column=document(default="{}"))
    anonymous: bool = False
    point: Any = Field(sa_column=Column(geometry("POINT"), nullable=False))
    lon: float
    lat: float
    accuracy_m: float | None = None
    location_source: str = "map"
    received_at: datetime = Field(sa_column=instant())
    occurred_at: datetime = Field(sa_column=instant())
    agency_code: str = Field(foreign_key="agency.code")
    agency_since: datetime = Field(sa_column=instant())
    supporting: list[str] = Field(default_factory=list, sa_column=texts())
    refused_by: list[str] = Field(default_factory=list, sa_column=texts())
    hops: int = 0
    area_id: int | None = Field(default=None, foreign_key="area.id")  # who must act: valid at received_at
    area_code: str | None = None
    stat_area_id: int | None = Field(default=None, foreign_key="area.id")  # statistics: valid at occurred_at
    approximate: bool = False
    ambiguous: bool = False
    route: dict[str, Any] = Field(sa_column=document())  # the trace of the decision in force
    text_flags: list[str] = Field(default_factory=list, sa_column=texts())
    is_public: bool = False
    sensitive: bool = False
    worker_id: UUID | None = None
    team_code: str | None = None
    policy_id: int | None = Field(default=None, foreign_key="sla_policy.id")
    due_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    lenient_due_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    ack_due_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    cycle: int = 1
    paused_from: str | None = None  # the status that awaiting_citizen returns to
    acknowledged_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    resolved_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    close_after: datetime | None = Field(default=None, sa_column=instant(null=True))
    closed_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    answer: str | None = None  # the public text of the answer that stands
    rating: str | None = None
    rated_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    lead_id: UUID | None = Field(default=None, foreign_key="report.id", index=True)
    imported: bool = False
    external_source: str | None = None
    external_id: str | None = None
    chain_head: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    chain_length: int = 0


class TimelineEntry(SQLModel, table=True):
    """One line of the append-only, hash-chained history; `canonical` is the RFC 8785 text that `hash` covers."""

    __tablename__ = "timeline_entry"
    report_id: UUID = Field(foreign_key="report.id", primary_key=True)
    seq: int = Field(primary_key=True)
    at: datetime = Field(sa_column=instant())
    action: str
    from_status: str | None = None
    to_status: str
    actor_role: str
    actor_id: UUID | None = None
    actor_agency: str | None = None
    visibility: str = "public"  # public, reporter, internal
    data: dict[str, Any] = Field(default_factory=dict, sa_column=document(default="{}"))
    canonical: str
    prev_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class EntryText(SQLModel, table=True):
    """Free text of an entry, apart from the chain: erasing text and salt leaves the chain whole."""

    __tablename__ = "entry_text"
    report_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    text: str


class ExtensionRequest(SQLModel, table=True):
    """An agency's wish for more time, with its reason and its own decision."""

    __tablename__ = "extension_request"
    id: UUID = Field(primary_key=True)
    report_id: UUID = Field(foreign_key="report.id", index=True)
    agency_code: str
    cycle: int = 1
    until: datetime = Field(sa_column=instant())
    requested_by: UUID
    requested_at: datetime = Field(sa_column=instant())
    decided_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    decided_by: UUID | None = None
    approved: bool | None = None


class Assignment(SQLModel, table=True):
    """One report given to one crew or worker. At most one is open per report."""

    __tablename__ = "assignment"
    __table_args__ = (
        Index(
            "uq_assignment_open",
            "report_id",
            unique=True,
            postgresql_where=text("state IN ('offered','accepted','started')"),
        ),
        Index("ix_assignment_worker", "worker_id", "state"),
        Index("ix_assignment_team", "team_code", "state"),
        Index("ix_assignment_offer", "expires_at", postgresql_where=text("state = 'offered'")),
    )
    id: UUID = Field(primary_key=True)
    report_id: UUID = Field(foreign_key="report.id", index=True)
    agency_code: str
    team_code: str | None = None
    worker_id: UUID | None = None
    assigned_by: UUID
    offered_at: datetime = Field(sa_column=instant())
    expires_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    state: str = "offered"  # offered, accepted, started, finished, declined, expired, cancelled
    answered_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    started_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    finished_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    decline_reason: str | None = None


class Follower(SQLModel, table=True):
    """A person who follows a report: support for it, and word of its progress for him."""

    __tablename__ = "follower"
    report_id: UUID = Field(foreign_key="report.id", primary_key=True)
    person_id: UUID = Field(primary_key=True, index=True)
    since: datetime = Field(sa_column=instant())


class StepReceipt(SQLModel, table=True):
    """A step that was taken, by its client-made id: a retry answers the same and does nothing."""

    __tablename__ = "step_receipt"
    id: UUID = Field(primary_key=True)
    report_id: UUID = Field(foreign_key="report.id", index=True)
    actor_id: UUID
    body_sha256: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    version_after: int
    at: datetime = Field(sa_column=instant())


class Anchor(SQLModel, table=True):
    """An hourly Merkle root over all chain heads; the same line goes to a file outside the database."""

    __tablename__ = "anchor"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_column=instant())
    reports: int
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
