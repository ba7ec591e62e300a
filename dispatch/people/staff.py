"""Staff accounts: password (argon2id) and, where contact data may be seen, TOTP (RFC 6238), each code once."""

import secrets
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlmodel import Session, select

from dispatch.people.audit import note
from dispatch.people.errors import LoginWrong, TotpRequired
from dispatch.people.tables import Account
from kit.ids import new_id
from kit.seal import seal, unseal

MIN_PASSWORD = 15
CONTACT_SCOPE = "contact"  # may break the seal of contact data; needs TOTP


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher()  # argon2-cffi's defaults follow RFC 9106, low memory


@lru_cache(maxsize=1)
def _nobody() -> str:
    """A hash to check against when there is no such login: both answers cost the same."""
    return _hasher().hash(secrets.token_urlsafe(24))


def hash_password(password: str) -> str:
    if len(password) < MIN_PASSWORD:
        raise ValueError(f"a staff password needs at least {MIN_PASSWORD} characters")
    return _hasher().hash(password)


def new_account(
    session: Session,
    *,
    login: str,
    name: str,
    role: str,
    password: str,
    now: datetime,
    agency: str | None = None,
    scopes: tuple[str, ...] = (),
    totp_secret: str | None = None,
    account_id: UUID | None = None,
    demo: bool = False,
) -> Account:
    """Create an account. `totp_secret`: base 32; required for the scope that opens contact data."""
    if CONTACT_SCOPE in scopes and not totp_secret:
        raise ValueError("an account that may see contact data needs TOTP")
    account = Account(
        id=account_id or new_id(),
        login=login,
        name=name,
        role=role,
        agency_code=agency,
        password_hash=hash_password(password),
        totp_sealed=seal(totp_secret, about="totp") if totp_secret else None,
        scopes=list(scopes),
        demo=demo,
        changed_at=now,
    )
    session.add(account)
    return account


def check_login(
    session: Session, login: str, password: str, totp: str | None, *, now: datetime
) -> Account | LoginWrong | TotpRequired:
    """The account, or the refusal to raise after commit (the failed try is in the audit register)."""
    account = session.exec(select(Account).where(Account.login == login).with_for_update()).one_or_none()
    try:
        _hasher().verify(account.password_hash if account else _nobody(), password)
    except VerifyMismatchError:
        note(session, "login.failed", now=now, actor=account.id if account else None)
        return LoginWrong()
    if account is None or account.disabled_at:
        return LoginWrong()
    if account.totp_sealed:
        if not totp:
            return TotpRequired()
        if not _use_totp(account, totp, now):
            note(session, "login.totp_failed", now=now, actor=account.id)
            return LoginWrong()
    note(session, "login.done", now=now, actor=account.id)
    return account


def _use_totp(account: Account, code: str, now: datetime) -> bool:
    """True once per code: the step it belongs to is remembered. One step of drift either way is allowed."""
    totp = pyotp.TOTP(unseal(account.totp_sealed or b"", about="totp"))
    step = totp.timecode(now)
    for candidate in (step, step - 1, step + 1):
        if candidate > account.totp_last_step and secrets.compare_digest(totp.generate_otp(candidate), code):
            account.totp_last_step = candidate
            return True
    return False
