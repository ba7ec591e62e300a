"""Residents: a phone number proved by OTP, or just a device; the device's reports join the resident at sign-in."""

import base64
import hashlib
import json
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session, col, delete, select, update

from dispatch.people.errors import LoginWrong, OtpExpired, OtpWrong, TooManyTries
from dispatch.people.tables import Device, OtpChallenge, Person, SealedContact
from dispatch.tables.report import Follower, Report
from kit.events import Event
from kit.ids import ALPHABET, new_id
from kit.outbox import emit
from kit.seal import keyed_digest, seal, unseal
from media.keep import hand_over

OTP_LASTS = timedelta(minutes=10)
OTP_TRIES = 5
OTP_AGAIN_S = 60  # a new code may be asked for after this long


def new_alias() -> str:
    """What handlers see in place of a name: five characters of chance."""
    return "".join(secrets.choice(ALPHABET) for _ in range(5))


def begin_otp(session: Session, phone: str, *, locale: str, now: datetime) -> OtpChallenge:
    """A challenge for this number (E.164). The code travels sealed in the event and is kept only as a keyed hash."""
    code = f"{secrets.randbelow(10**6):06d}"
    challenge = OtpChallenge(
        id=new_id(),
        phone_hash=keyed_digest(phone, about="phone"),
        phone_sealed=seal(phone, about="otp-phone"),
        code_hash=b"",
        created_at=now,
        expires_at=now + OTP_LASTS,
    )
    challenge.code_hash = keyed_digest(f"{challenge.id}:{code}", about="otp")
    session.add(challenge)
    letter = json.dumps({"phone": phone, "code": code, "locale": locale})
    emit(
        session,
        Event(
            name="otp.requested",
            subject=challenge.id,
            occurred_at=now,
            data={"sealed": base64.b64encode(seal(letter, about="otp")).decode()},
        ),
    )
    return challenge


def verify_otp(
    session: Session, challenge_id: UUID, code: str, *, now: datetime, device: UUID | None, locale: str
) -> Person | OtpWrong | OtpExpired | TooManyTries:
    """The resident behind a right code; refusals are returned, since the count of tries must be committed.

    The count is one UPDATE with its limit in the WHERE clause: a hundred guesses at once are evaluated five times.
    """
    row = session.execute(
        text(
            "UPDATE otp_challenge SET tries = tries + 1 WHERE id = :id AND tries < :most AND used_at IS NULL"
            " AND expires_at > :now RETURNING code_hash, phone_hash, phone_sealed"
        ),
        {"id": challenge_id, "most": OTP_TRIES, "now": now},
    ).one_or_none()
    if row is None:
        return _why_dead(session, challenge_id, now)
    if not secrets.compare_digest(row.code_hash, keyed_digest(f"{challenge_id}:{code}", about="otp")):
        return OtpWrong()
    session.execute(text("UPDATE otp_challenge SET used_at = :now WHERE id = :id"), {"now": now, "id": challenge_id})
    person = _person_of_phone(session, row.phone_hash, unseal(row.phone_sealed, about="otp-phone"), locale, now)
    if device is not None:
        _join_device(session, device, person)
    return person


def _why_dead(session: Session, challenge_id: UUID, now: datetime) -> OtpExpired | TooManyTries:
    """A code that was guessed at too often says so; unknown, used and old ones look alike."""
    row = session.get(OtpChallenge, challenge_id)
    if row is None or row.used_at or row.expires_at <= now or row.tries < OTP_TRIES:
        return OtpExpired()
    return TooManyTries(retry_after=OTP_AGAIN_S)


def _person_of_phone(session: Session, phone_hash: bytes, phone: str, locale: str, now: datetime) -> Person:
    inserted = session.execute(
        text(
            "INSERT INTO person (id, alias, phone_hash, locale, created_at)"
            " VALUES (:id, :alias, :hash, :locale, :now) ON CONFLICT (phone_hash) DO NOTHING RETURNING id"
        ),
        {"id": new_id(), "alias": new_alias(), "hash": phone_hash, "locale": locale, "now": now},
    ).scalar()
    person = session.exec(select(Person).where(Person.phone_hash == phone_hash)).one()
    if inserted:
        session.add(
            SealedContact(
                id=new_id(), person_id=person.id, kind="phone", sealed=seal(phone, about="contact"), created_at=now
            )
        )
    return person


def caller_of(session: Session, report_id: UUID, phone: str | None, *, now: datetime) -> Person:
    """The person a hotline operator types for: the resident of that number, else somebody known by this report only.

    A retry finds the same person, since the nameless one carries the report's own id.
    """
    if phone:
        return _person_of_phone(session, keyed_digest(phone, about="phone"), phone, "vi", now)
    session.execute(
        text(
            "INSERT INTO person (id, alias, locale, created_at) VALUES (:id, :alias, 'vi', :now) ON CONFLICT DO NOTHING"
        ),
        {"id": report_id, "alias": new_alias(), "now": now},
    )
    return session.get_one(Person, report_id)


def bind_device(session: Session, device_id: UUID, secret: str, *, locale: str, now: datetime) -> Person:
    """The person of this device; the first call binds its secret. LoginWrong when the secret is another one."""
    digest = hashlib.sha256(secret.encode()).digest()
    device = session.get(Device, device_id)
    if device is None:
        device = _new_device(session, device_id, digest, locale, now)
    if not secrets.compare_digest(bytes(device.secret_hash), digest):
        raise LoginWrong()
    device.seen_at = now
    person = session.get_one(Person, device.person_id)
    if person.disabled_at:
        raise LoginWrong()
    return person


def _new_device(session: Session, device_id: UUID, digest: bytes, locale: str, now: datetime) -> Device:
    """Insert, or read what a request at the same moment inserted."""
    person = Person(id=new_id(), alias=new_alias(), locale=locale, created_at=now)
    session.add(person)
    session.flush()
    won = session.execute(
        text(
            "INSERT INTO device (id, person_id, secret_hash, created_at, seen_at)"
            " VALUES (:id, :person, :hash, :now, :now) ON CONFLICT (id) DO NOTHING RETURNING id"
        ),
        {"id": device_id, "person": person.id, "hash": digest, "now": now},
    ).scalar()
    if not won:
        session.delete(person)
    return session.exec(select(Device).where(Device.id == device_id)).one()


def is_same_person(session: Session, before: UUID, now: UUID) -> bool:
    """True for the same id, and for a nameless device that has since turned out to be this resident."""
    if before == now:
        return True
    person = session.get(Person, before)
    return person is not None and person.merged_into == now


def _join_device(session: Session, device_id: UUID, person: Person) -> None:
    """Everything the anonymous device did now belongs to the resident; a retry of its report stays a retry."""
    device = session.get(Device, device_id)
    if device is None or device.person_id == person.id:
        return
    before = session.get_one(Person, device.person_id)
    if before.phone_hash is not None:  # the device of another known resident (a shared phone): only move the device
        device.person_id = person.id
        return
    for statement in (
        update(Report).where(col(Report.reporter_id) == before.id).values(reporter_id=person.id),
        update(SealedContact).where(col(SealedContact.person_id) == before.id).values(person_id=person.id),
        update(Device).where(col(Device.person_id) == before.id).values(person_id=person.id),
    ):
        session.execute(statement)
    session.execute(
        text(
            "INSERT INTO follower (report_id, person_id, since) SELECT report_id, :to, since FROM follower"
            " WHERE person_id = :from ON CONFLICT DO NOTHING"
        ),
        {"to": person.id, "from": before.id},
    )
    session.execute(delete(Follower).where(col(Follower.person_id) == before.id))
    hand_over(session, owner=before.id, to=person.id)
    before.merged_into = person.id
