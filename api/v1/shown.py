"""What clients get about reports, as the contract describes it. Output fields have no defaults."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class AgencyOut(BaseModel):
    code: str
    name: str


class AreaOut(BaseModel):
    code: str
    name: str
    approximate: bool


class BecauseOut(BaseModel):
    rule: str | None
    text: str
    reason: str


class PromisesOut(BaseModel):
    acknowledge_by: datetime | None
    resolve_by: datetime | None


class NoticeOut(BaseModel):
    slug: str
    text: str


class ReceiptOut(BaseModel):
    token: str
    secret: str


class CreatedOut(BaseModel):
    """The 201 of a new report."""

    id: UUID
    code: str
    status: str
    category: str
    agency: AgencyOut
    area: AreaOut | None
    because: BecauseOut
    ambiguous: bool
    support: list[str]
    promises: PromisesOut
    received_at: datetime
    version: int
    notices: list[NoticeOut]
    receipt: ReceiptOut


class ClockOut(BaseModel):
    kind: str
    cycle: int
    agency: str
    target: dict[str, Any]
    started_at: datetime
    first_due_at: datetime
    due_at: datetime | None
    lenient_due_at: datetime | None
    state: str
    paused_at: datetime | None
    breached_at: datetime | None
    stopped_at: datetime | None


class ReportOut(BaseModel):
    """GET /v1/reports/{id or code}."""

    id: UUID
    code: str
    status: str
    category: str
    category_name: str
    agency: AgencyOut
    area: AreaOut | None
    severity: int
    because: BecauseOut
    ambiguous: bool
    support: list[str]
    promises: PromisesOut
    received_at: datetime
    occurred_at: datetime
    version: int
    cycle: int
    hops: int
    is_public: bool
    overdue: bool
    at_risk: bool
    imported: bool
    external_id: str | None
    description: str
    address: str
    attributes: dict[str, Any]
    text_flags: list[str]
    location: dict[str, Any]
    agency_since: datetime
    supporting: list[str]
    assignment: dict[str, Any] | None
    clocks: list[ClockOut]
    photos: list[dict[str, Any]]
    answer: str | None
    rating: str | None
    lead: str | None
    reporter: dict[str, Any] | None
    notices: list[NoticeOut]


class Page(BaseModel):
    items: list[dict[str, Any]]
    next: str | None
