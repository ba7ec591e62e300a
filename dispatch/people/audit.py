"""The register of security-relevant acts: written in the same transaction as the act."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from dispatch.people.tables import AuditEntry
from kit.ids import new_id


def note(
    session: Session,
    name: str,
    *,
    now: datetime,
    actor: UUID | None = None,
    report: UUID | None = None,
    **data: Any,
) -> None:
    """One line, e.g. ``login.failed``; `data` holds ids and codes, never contact data."""
    session.add(AuditEntry(id=new_id(), at=now, name=name, actor_id=actor, report_id=report, data=data))
