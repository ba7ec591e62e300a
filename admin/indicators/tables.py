"""Facts: what the figures are counted from. Derived only from reports, timelines and clocks; droppable, rebuildable.

A report has one row in `report_fact` (how it stands) and one in `report_fact_past` for every earlier way it stood, so
that any figure can be asked "as it was then": the row with since < as_of ≤ until.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Column, Date, Field, SQLModel

from admin.indicators.rollup_tables import FigureDirty, FigureRollup  # noqa: F401 - one module fills the metadata
from dispatch.tables.columns import instant


class FactColumns(SQLModel):
    """What both tables hold. Durations are seconds; cells are thousandths of a degree, floored."""

    report_id: UUID
    since: datetime
    code: str
    channel: str
    category: str
    agency: str  # who holds it
    agency_strict: str  # who answers for a miss of the first promise: the holder at its due instant
    agency_lenient: str  # the same for the promise in force
    team: str | None = None
    area: str | None = None  # the unit of the day it happened
    area_today: str | None = None  # the unit of today that covers the place
    received_at: datetime
    received_on: date  # local days of HT_TIMEZONE
    acknowledged_at: datetime | None = None
    first_response_at: datetime | None = None
    answered_at: datetime | None = None  # the last answer, if it stands
    answered_on: date | None = None
    first_answered_at: datetime | None = None  # the first answer ever given
    exit_kind: str | None = None  # rejected, referred, duplicate, withdrawn
    exit_at: datetime | None = None
    is_open: bool
    paused: bool = False
    reopened: int = 0
    hops: int = 0
    has_promise: bool = False
    strict_due_at: datetime | None = None
    lenient_due_at: datetime | None = None
    ack_s: float | None = None
    ack_work_s: float | None = None
    resolve_s: float | None = None  # empty for negative durations of imported cases
    resolve_work_s: float | None = None
    calendar: str = ""
    received_work_s: float = 0.0  # working seconds of `calendar` from 1970 to the receipt
    rating: str | None = None
    imported: bool = False
    sensitive: bool = False
    placed: bool = True  # False where an earlier system stored a stand-in point
    cell_lat: int
    cell_lon: int


class ReportFact(FactColumns, table=True):
    """How a report stands now."""

    __tablename__ = "report_fact"
    __table_args__ = (
        Index("ix_report_fact_received", "received_on", "agency", "category"),
        Index("ix_report_fact_answered", "answered_on", postgresql_where=text("answered_on IS NOT NULL")),
        Index("ix_report_fact_agency", "agency", "received_on"),
        Index("ix_report_fact_area", "area", "received_on"),
        Index("ix_report_fact_category", "category", "received_on"),
        Index("ix_report_fact_cell", "category", "cell_lat", "cell_lon"),
        Index("ix_report_fact_page", text("received_at DESC"), text("report_id DESC")),
        Index("ix_report_fact_open", "received_at", postgresql_where=text("is_open")),
    )
    report_id: UUID = Field(primary_key=True)
    since: datetime = Field(sa_column=instant())
    received_at: datetime = Field(sa_column=instant())
    received_on: date = Field(sa_column=Column(Date, nullable=False))
    acknowledged_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    first_response_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    answered_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    first_answered_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    exit_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    strict_due_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    lenient_due_at: datetime | None = Field(default=None, sa_column=instant(null=True))


class ReportFactPast(FactColumns, table=True):
    """How a report stood before, from `since` until the next change."""

    __tablename__ = "report_fact_past"
    __table_args__ = (
        Index("ix_report_fact_past_until", "until"),
        Index("ix_report_fact_past_received", "received_on"),
    )
    report_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    until: datetime = Field(sa_column=instant())
    since: datetime = Field(sa_column=instant())
    received_at: datetime = Field(sa_column=instant())
    received_on: date = Field(sa_column=Column(Date, nullable=False))
    acknowledged_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    first_response_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    answered_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    first_answered_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    exit_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    strict_due_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    lenient_due_at: datetime | None = Field(default=None, sa_column=instant(null=True))


COLUMNS: tuple[str, ...] = tuple(FactColumns.model_fields)
