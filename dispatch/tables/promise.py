"""Promises as rows: the running clock, its append-only ledger, the rungs that fired."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from dispatch.tables.columns import document, instant


class SlaClock(SQLModel, table=True):
    """A running promise. The row is the present state; `sla_entry` is its append-only ledger."""

    __tablename__ = "sla_clock"
    __table_args__ = (
        Index("ix_sla_clock_report", "report_id"),
        # Only open clocks with something to do are ever looked at by the sweep.
        Index("ix_sla_clock_sweep", "sweep_at", postgresql_where=text("sweep_at IS NOT NULL")),
        Index("ix_sla_clock_open_calendar", "calendar_code", "id", postgresql_where=text("stopped_at IS NULL")),
    )
    id: UUID = Field(primary_key=True)
    report_id: UUID = Field(foreign_key="report.id")
    kind: str  # citizen, acknowledge, assign, resolve
    cycle: int = 1
    agency_code: str
    policy_id: int | None = Field(default=None, foreign_key="sla_policy.id")
    calendar_code: str
    target: dict[str, Any] = Field(sa_column=document())
    state: str = "running"
    started_at: datetime = Field(sa_column=instant())
    first_due_at: datetime = Field(sa_column=instant())  # as promised at the start; the ledger's entry 0
    due_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    lenient_due_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    paused_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    pause_reason: str | None = None
    stopped_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    breached_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    lifted_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    rungs_fired: int = 0  # rungs of the policy's ladder in order of percent
    sweep_at: datetime | None = Field(default=None, sa_column=instant(null=True))


class SlaEntry(SQLModel, table=True):
    """One line of a clock's ledger after its start; never updated, never deleted."""

    __tablename__ = "sla_entry"
    clock_id: UUID = Field(foreign_key="sla_clock.id", primary_key=True)
    seq: int = Field(primary_key=True)
    at: datetime = Field(sa_column=instant())
    kind: str
    reason: str = ""
    due_at: datetime = Field(sa_column=instant())
    lenient_due_at: datetime = Field(sa_column=instant())
    target: dict[str, Any] | None = Field(default=None, sa_column=document(null=True))
    counted_from: str | None = None


class Escalation(SQLModel, table=True):
    """A rung of the ladder that fired. The key makes firing twice impossible."""

    __tablename__ = "escalation"
    clock_id: UUID = Field(foreign_key="sla_clock.id", primary_key=True)
    rung: int = Field(primary_key=True)
    report_id: UUID = Field(foreign_key="report.id", index=True)
    at_percent: int
    whom: str
    channel: str
    fired_at: datetime = Field(sa_column=instant())
