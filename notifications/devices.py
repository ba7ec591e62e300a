"""Phones that want pushes, and what their owners want to hear by."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, delete, select

from kit.ids import new_id
from kit.seal import seal
from notifications.addresses import token_digest
from notifications.tables import DeviceToken, Preference

MOST_TOKENS = 20  # per owner; the ones not seen for longest make room


def register_token(
    session: Session,
    token: str,
    *,
    owner_kind: str,
    owner: UUID,
    device: UUID | None,
    platform: str,
    app_version: str,
    now: datetime,
) -> DeviceToken:
    """This token is the owner's from now on, whoever had it before; it also replaces his older one of that device."""
    facts = {
        "owner_kind": owner_kind,
        "owner_id": owner,
        "device_id": device,
        "platform": platform,
        "app_version": app_version,
        "seen_at": now,
        "dead_at": None,
    }
    row = {
        "id": new_id(),
        "token_hash": token_digest(token),
        "token_sealed": seal(token, about="device-token"),
        **facts,
    }
    statement = insert(DeviceToken).values(row).on_conflict_do_update(index_elements=["token_hash"], set_=facts)
    token_id = session.execute(statement.returning(col(DeviceToken.id))).scalar_one()
    stored = session.get_one(DeviceToken, token_id, populate_existing=True)
    _make_room(session, stored)
    return stored


def _make_room(session: Session, fresh: DeviceToken) -> None:
    others = session.exec(
        select(DeviceToken)
        .where(DeviceToken.owner_id == fresh.owner_id, DeviceToken.id != fresh.id)
        .order_by(col(DeviceToken.seen_at).desc())
    ).all()
    for place, other in enumerate(others, start=1):
        if place >= MOST_TOKENS or (fresh.device_id is not None and other.device_id == fresh.device_id):
            session.delete(other)


def forget_device(session: Session, device: UUID, *, owner: UUID) -> int:
    """Forget the owner's tokens by row id or device id (sign-out); how many there were."""
    mine = col(DeviceToken.owner_id) == owner
    named = (col(DeviceToken.id) == device) | (col(DeviceToken.device_id) == device)
    return int(session.execute(delete(DeviceToken).where(mine, named)).rowcount)  # type: ignore[attr-defined]


def wishes_of(session: Session, *, owner_kind: str, owner: UUID, now: datetime) -> Preference:
    """The stored wishes, or the defaults: residents by every way they gave, staff by push only."""
    stored = session.get(Preference, (owner_kind, owner))
    resident = owner_kind == "person"
    return stored or Preference(owner_kind=owner_kind, owner_id=owner, sms=resident, email=resident, changed_at=now)


def store_wishes(session: Session, wishes: Preference) -> None:
    session.merge(wishes)
