"""Signed-in sessions: short access tokens, rotating refresh tokens, one family per sign-in.

A refresh token is `<session id>.<secret>`. Presenting the one before the current is forgiven for GRACE (three tabs
refresh at once and all get the same pair); later it means that somebody else holds a copy, and the family ends.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from dispatch.people.audit import note
from dispatch.people.errors import SessionEnded
from dispatch.people.tables import Account, AuthSession, Person
from kit.ids import new_id
from kit.seal import seal, unseal
from kit.settings import get_settings
from kit.tokens import sign_access

GRACE = timedelta(seconds=10)
STAFF_LASTS = timedelta(hours=12)


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """What a client keeps. `expires_in` seconds of the access token."""

    access_token: str
    refresh_token: str
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105 - a name, not a secret


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def claims_of_account(account: Account, session_id: UUID) -> dict[str, Any]:
    return {
        "sub": str(account.id),
        "role": account.role,
        "agency": account.agency_code,
        "scopes": sorted(account.scopes),
        "locale": account.locale,
        "alias": account.name,
        "sid": str(session_id),
    }


def claims_of_person(person: Person, session_id: UUID, device: UUID | None) -> dict[str, Any]:
    return {
        "sub": str(person.id),
        "role": "resident",
        "locale": person.locale,
        "alias": person.alias,
        "sid": str(session_id),
        "known": person.phone_hash is not None,
        "device": str(device) if device else None,
    }


def open_session(session: Session, subject: Account | Person, *, now: datetime, device: UUID | None = None) -> Tokens:
    """Begin a new family for this account or person."""
    settings = get_settings()
    is_staff = isinstance(subject, Account)
    session_id = new_id()
    refresh = f"{session_id}.{secrets.token_urlsafe(32)}"
    lasts = STAFF_LASTS if is_staff else timedelta(seconds=settings.refresh_for)
    session.add(
        AuthSession(
            id=session_id,
            subject_id=subject.id,
            is_staff=is_staff,
            device_id=device,
            refresh_hash=_digest(refresh),
            rotated_at=now,
            created_at=now,
            expires_at=now + lasts,
        )
    )
    return _pair(subject, session_id, refresh, device, now)


def _pair(subject: Account | Person, session_id: UUID, refresh: str, device: UUID | None, at: datetime) -> Tokens:
    settings = get_settings()
    if isinstance(subject, Account):
        claims = claims_of_account(subject, session_id)
    else:
        claims = claims_of_person(subject, session_id, device)
    return Tokens(
        access_token=sign_access(claims, now=at, lives_for=settings.access_for),
        refresh_token=refresh,
        expires_in=settings.access_for,
    )


def refresh(session: Session, token: str, *, now: datetime) -> Tokens | SessionEnded:
    """The next pair, or the refusal to raise after commit (a reused token ends its family, which must stick)."""
    row = _family(session, token)
    if row is None or row.revoked_at or row.expires_at < now:
        return SessionEnded()
    subject = session.get(Account, row.subject_id) if row.is_staff else _person_now(session, row)
    if subject is None or subject.disabled_at:
        return SessionEnded()
    digest = _digest(token)
    if secrets.compare_digest(digest, row.refresh_hash):
        fresh = f"{row.id}.{secrets.token_urlsafe(32)}"
        row.previous_hash, row.refresh_hash, row.rotated_at = row.refresh_hash, _digest(fresh), now
        row.successor_sealed = seal(fresh, about="refresh")
        return _pair(subject, row.id, fresh, row.device_id, now)
    is_previous = row.previous_hash is not None and secrets.compare_digest(digest, row.previous_hash)
    if is_previous and row.successor_sealed and now - row.rotated_at <= GRACE:
        return _pair(subject, row.id, unseal(row.successor_sealed, about="refresh"), row.device_id, row.rotated_at)
    row.revoked_at, row.revoked_why = now, "reuse"
    note(session, "session.reuse_detected", actor=row.subject_id, now=now)
    return SessionEnded()


def _person_now(session: Session, row: AuthSession) -> Person | None:
    """Who this is today: a nameless device that signed in meanwhile goes on as the resident it belongs to."""
    person = session.get(Person, row.subject_id)
    if person is not None and person.merged_into is not None:
        row.subject_id = person.merged_into
        person = session.get(Person, row.subject_id)
    return person


def end_session(session: Session, session_id: UUID, *, now: datetime) -> None:
    """Sign out: the family is over, its access tokens are refused within seconds."""
    row = session.get(AuthSession, session_id)
    if row and not row.revoked_at:
        row.revoked_at, row.revoked_why = now, "logout"


def _family(session: Session, token: str) -> AuthSession | None:
    try:
        session_id = UUID(token.partition(".")[0])
    except ValueError:
        return None
    return session.exec(select(AuthSession).where(AuthSession.id == session_id).with_for_update()).one_or_none()
