"""Who is who. Contact data is sealed (AES-GCM) and found again only by keyed hash."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, text
from sqlmodel import Column, Field, SQLModel

from dispatch.tables.columns import document, instant, texts


class Person(SQLModel, table=True):
    """A reporter, known or anonymous. `merged_into`: this anonymous device turned out to be that resident."""

    __tablename__ = "person"
    id: UUID = Field(primary_key=True)
    alias: str
    phone_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary, unique=True, nullable=True))
    locale: str = "vi"
    created_at: datetime = Field(sa_column=instant())
    merged_into: UUID | None = Field(default=None, foreign_key="person.id")
    disabled_at: datetime | None = Field(default=None, sa_column=instant(null=True))


class Device(SQLModel, table=True):
    """A phone with a secret of its own, bound at its first call."""

    __tablename__ = "device"
    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    secret_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = Field(sa_column=instant())
    seen_at: datetime = Field(sa_column=instant())


class Account(SQLModel, table=True):
    """Staff: password (argon2id), TOTP where contact data may be seen, one role, one agency for agency roles."""

    __tablename__ = "account"
    id: UUID = Field(primary_key=True)
    login: str = Field(unique=True)
    name: str
    role: str
    agency_code: str | None = Field(default=None, foreign_key="agency.code")
    password_hash: str
    totp_sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    totp_last_step: int = 0  # a TOTP code counts once
    scopes: list[str] = Field(default_factory=list, sa_column=texts())
    locale: str = "vi"
    phone_sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    email_sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    api_key_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary, unique=True, nullable=True))
    demo: bool = False
    disabled_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    changed_at: datetime = Field(sa_column=instant())


class SealedContact(SQLModel, table=True):
    """How to reach a person, or the reporter of one report. `kind`: name, phone, email."""

    __tablename__ = "sealed_contact"
    __table_args__ = (
        Index("ix_sealed_contact_person", "person_id"),
        Index("ix_sealed_contact_report", "report_id"),
    )
    id: UUID = Field(primary_key=True)
    person_id: UUID  # a person, or the account of a connected system that sent the report
    report_id: UUID | None = Field(default=None)
    kind: str
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    notify: bool = False
    typed_by: UUID | None = None  # the hotline operator who typed it
    created_at: datetime = Field(sa_column=instant())


class AuthSession(SQLModel, table=True):
    """A family of refresh tokens. Reuse of a rotated one after the grace ends the family."""

    __tablename__ = "auth_session"
    __table_args__ = (Index("ix_auth_session_subject", "subject_id"),)
    id: UUID = Field(primary_key=True)
    subject_id: UUID  # person or account
    is_staff: bool
    device_id: UUID | None = None
    refresh_hash: bytes = Field(sa_column=Column(LargeBinary, unique=True, nullable=False))
    previous_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary, unique=True, nullable=True))
    successor_sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    rotated_at: datetime = Field(sa_column=instant())
    created_at: datetime = Field(sa_column=instant())
    expires_at: datetime = Field(sa_column=instant())
    revoked_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    revoked_why: str | None = None


class OtpChallenge(SQLModel, table=True):
    """One code sent to one number; only a keyed hash of both is kept. `tries` is counted atomically."""

    __tablename__ = "otp_challenge"
    __table_args__ = (Index("ix_otp_challenge_phone", "phone_hash", "created_at"),)
    id: UUID = Field(primary_key=True)
    phone_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    phone_sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    code_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    tries: int = 0
    created_at: datetime = Field(sa_column=instant())
    expires_at: datetime = Field(sa_column=instant())
    used_at: datetime | None = Field(default=None, sa_column=instant(null=True))


class RateCount(SQLModel, table=True):
    """How often something happened in a window; in PostgreSQL, so that a lost Redis opens nothing."""

    __tablename__ = "rate_count"
    __table_args__ = (Index("ix_rate_count_until", "until"),)
    key: str = Field(primary_key=True)
    window_start: datetime = Field(sa_column=instant(primary_key=True))
    until: datetime = Field(sa_column=instant())
    count: int = 0


class AccessGrant(SQLModel, table=True):
    """Break-glass: who looked at whose contact data, when and why."""

    __tablename__ = "access_grant"
    id: UUID = Field(primary_key=True)
    report_id: UUID = Field(index=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    reason: str
    at: datetime = Field(sa_column=instant())
    expires_at: datetime = Field(sa_column=instant())


class AuditEntry(SQLModel, table=True):
    """A security-relevant act: sign-ins, refusals, role changes, contact access."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_at", text("at DESC")),
        Index("ix_audit_entry_report", "report_id"),
    )
    id: UUID = Field(primary_key=True)
    at: datetime = Field(sa_column=instant())
    name: str
    actor_id: UUID | None = None
    report_id: UUID | None = None
    data: dict[str, Any] = Field(default_factory=dict, sa_column=document(default="{}"))
