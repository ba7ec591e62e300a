"""A fact that happened, in the past tense. Payloads hold ids and enum values, never personal data."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.ids import new_id


@dataclass(frozen=True, kw_only=True)
class Event:
    """`name` like ``report.routed``; `subject` is the row it is about; `occurred_at` is aware UTC."""

    name: str
    subject: UUID
    occurred_at: datetime
    data: dict[str, Any] = field(default_factory=dict)
    id: UUID = field(default_factory=new_id)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "name": self.name,
            "subject": str(self.subject),
            "occurred_at": self.occurred_at.isoformat(),
            "data": self.data,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "Event":
        return cls(
            id=UUID(raw["id"]),
            name=raw["name"],
            subject=UUID(raw["subject"]),
            occurred_at=datetime.fromisoformat(raw["occurred_at"]),
            data=raw["data"],
        )
