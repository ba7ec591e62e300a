"""A step somebody wants to take, as it comes in: the action, its own id, and the facts it states."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from dispatch.domain.report import Action


@dataclass(frozen=True, kw_only=True)
class StepFacts:
    """All facts any step may state; which of them a step needs is in `report.FACTS`. Place: degrees (lon, lat)."""

    text: str | None = None
    reason: str | None = None
    reason_code: str | None = None
    agency: str | None = None
    worker: UUID | None = None
    team: str | None = None
    until: datetime | None = None
    approve: bool | None = None
    photos: tuple[UUID, ...] = ()
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    no_photo_reason: str | None = None
    rating: str | None = None
    target: str | None = None
    lead: str | None = None
    category: str | None = None
    visibility: str | None = None


@dataclass(frozen=True, kw_only=True)
class Command:
    """`id` makes a retry harmless; `version` is what the caller saw; `digest` is SHA-256 of the whole request."""

    id: UUID
    action: Action
    version: int
    digest: bytes
    facts: StepFacts = field(default_factory=StepFacts)
