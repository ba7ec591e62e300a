"""Contact data: sealed at the door, opened only by break-glass, with a reason and a trail."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, or_, select

from dispatch.domain.actors import Actor, Role
from dispatch.people.audit import note
from dispatch.people.staff import CONTACT_SCOPE
from dispatch.people.tables import AccessGrant, SealedContact
from dispatch.tables.report import Report
from kit.ids import new_id
from kit.problems import Forbidden
from kit.seal import seal, unseal

OPEN_FOR = timedelta(minutes=15)


def keep_contact(
    session: Session,
    *,
    person: UUID,
    report: UUID,
    values: dict[str, str | None],
    notify: Iterable[str],
    typed_by: UUID | None,
    now: datetime,
) -> None:
    """Seal what the sender left for this report: name, phone (E.164), email. `notify`: channels he asked for."""
    asked = {"phone": "sms" in set(notify), "email": "email" in set(notify), "name": False}
    for kind, value in values.items():
        if value:
            session.add(
                SealedContact(
                    id=new_id(),
                    person_id=person,
                    report_id=report,
                    kind=kind,
                    sealed=seal(value, about="contact"),
                    notify=asked[kind],
                    typed_by=typed_by,
                    created_at=now,
                )
            )


def break_seal(session: Session, report: Report, actor: Actor, reason: str, *, now: datetime) -> dict[str, Any]:
    """Name, phone and email of the sender and his words uncovered, for a reason that the auditor will read.

    Forbidden without the scope.
    """
    if CONTACT_SCOPE not in actor.scopes or actor.role in (Role.RESIDENT, Role.API_CLIENT):
        raise Forbidden()
    grant = AccessGrant(
        id=new_id(), report_id=report.id, account_id=actor.id, reason=reason, at=now, expires_at=now + OPEN_FOR
    )
    session.add(grant)
    note(session, "contact.opened", now=now, actor=actor.id, report=report.id, grant=str(grant.id))
    rows = session.exec(
        select(SealedContact)
        .where(
            SealedContact.person_id == report.reporter_id,
            or_(col(SealedContact.report_id) == report.id, col(SealedContact.report_id).is_(None)),
        )
        .order_by(col(SealedContact.report_id).is_(None), col(SealedContact.created_at).desc())
    )
    known: dict[str, str] = {}
    for row in rows:
        known.setdefault(row.kind, unseal(row.sealed, about="contact"))
    return {
        "name": known.get("name"),
        "phone": known.get("phone"),
        "email": known.get("email"),
        "description": report.description,
        "expires_at": grant.expires_at.isoformat(),
    }
