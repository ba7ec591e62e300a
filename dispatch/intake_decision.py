"""What a sender says (`Draft`) and all that was decided about it (`Decision`), before anything is written."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from dispatch.domain.chain import Entry
from dispatch.domain.policy import Policy
from dispatch.domain.routing_route import Route
from kit.events import Event


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What the sender says. `lon`, `lat` degrees WGS 84; `accuracy_m` metres; texts are NFC."""

    id: UUID
    category: str
    lon: float
    lat: float
    accuracy_m: float | None = None
    location_source: str = "map"
    description: str = ""
    address: str = ""
    occurred_at: datetime | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    anonymous: bool = False
    channel: str = "app"
    contact_mark: str = ""  # keyed digest of the contact data and for whom it was typed: part of what a retry repeats

    def digest(self) -> bytes:
        """SHA-256 of the validated content; photos are not part of it, a retry may bring more of them."""
        body = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "channel"}
        return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()


@dataclass(frozen=True, slots=True)
class Started:
    """A promise that begins with the report. Targets as in `sla_clock.target`; all instants aware."""

    id: UUID
    kind: str
    calendar: str
    target: dict[str, Any]
    due_at: datetime
    sweep_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """All that was decided about a new report, before anything is written."""

    draft: Draft
    code: str
    reporter: UUID
    digest: bytes
    route: Route
    stat_area_id: int | None
    policy: Policy | None
    clocks: list[Started]
    entries: list[Entry]
    events: list[Event]
    flags: tuple[str, ...]
    is_public: bool
    sensitive: bool
    trace: dict[str, Any]
    received_at: datetime
    occurred_at: datetime

    def due(self, kind: str) -> datetime | None:
        """When the promise of this kind is due; None where there is none."""
        return next((clock.due_at for clock in self.clocks if clock.kind == kind), None)

    @property
    def area_code(self) -> str | None:
        """The unit that must act."""
        return self.route.area.code if self.route.area else None

    @property
    def approximate(self) -> bool:
        """True where that unit's border is drawn by guess."""
        return bool(self.route.area and self.route.area.approximate)
