"""Signing in: phone code, device, staff login, refresh, sign out, who am I."""

import base64
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from api.auth import ENDED
from api.body import Line, SixDigits, Wire, describes, parse
from api.deps import ActorDep, BodyDep, LocaleDep, PeerDep, is_loopback
from dispatch.people import limits
from dispatch.people.errors import NoMobileOfOurs, TooManyTries
from dispatch.people.phones import prefix_of, vietnamese_mobile
from dispatch.people.residents import OTP_LASTS, begin_otp, bind_device, verify_otp
from dispatch.people.sessions import Tokens, end_session, open_session, refresh
from dispatch.people.staff import check_login
from dispatch.people.tables import OtpChallenge, Person
from kit.clock import utc_now
from kit.db import unit_of_work
from kit.ids import new_id
from kit.problems import FieldError, Invalid, Problem, Unauthenticated
from kit.seal import keyed_digest
from kit.tokens import public_jwks, read_access

router = APIRouter(prefix="/v1", tags=["sign in"])
RESEND_AFTER_S = 60


class OtpIn(Wire):
    phone: Annotated[str, Field(max_length=40)]


class OtpVerifyIn(Wire):
    challenge_id: UUID
    code: SixDigits
    device_id: UUID | None = None


class DeviceIn(Wire):
    device_id: UUID
    device_secret: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}=?$")]
    locale: Annotated[str, Field(pattern=r"^(vi|en)$")] = "vi"


class LoginIn(Wire):
    login: Annotated[Line, Field(min_length=1, max_length=120)]
    password: Annotated[str, Field(min_length=1, max_length=256)]
    totp: SixDigits | None = None


class RefreshIn(Wire):
    refresh_token: Annotated[str, Field(max_length=200)]


class ResidentOut(BaseModel):
    id: UUID
    alias: str


class TokensOut(BaseModel):
    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int
    resident: ResidentOut | None = None


class ChallengeOut(BaseModel):
    challenge_id: UUID
    expires_in: int
    retry_after: int


class MeOut(BaseModel):
    id: UUID
    role: str
    alias: str
    agency: str | None
    scopes: list[str]
    locale: str


def _tokens_out(tokens: Tokens, person: Person | None = None) -> TokensOut:
    resident = ResidentOut(id=person.id, alias=person.alias) if person else None
    return TokensOut(**{name: getattr(tokens, name) for name in tokens.__dataclass_fields__}, resident=resident)


@router.post("/auth/otp", status_code=202, response_model=ChallengeOut, openapi_extra=describes(OtpIn))
def send_otp(raw: BodyDep, peer: PeerDep, locale: LocaleDep) -> ChallengeOut:
    """Send a code. A foreign or landline number gets the same 202 and no SMS: nothing is told about numbers."""
    asked, now = parse(OtpIn, raw), utc_now()
    with unit_of_work() as session:
        try:
            phone = vietnamese_mobile(asked.phone)
        except NoMobileOfOurs:
            return ChallengeOut(challenge_id=new_id(), expires_in=600, retry_after=RESEND_AFTER_S)
        wait = _count_code(session, phone, peer, now)
        challenge: OtpChallenge | None = None if wait else begin_otp(session, phone, locale=locale, now=now)
    if challenge is None:
        raise TooManyTries(retry_after=wait)
    return ChallengeOut(
        challenge_id=challenge.id, expires_in=int(OTP_LASTS.total_seconds()), retry_after=RESEND_AFTER_S
    )


def _count_code(session: Session, phone: str, peer: str, now: datetime) -> int:
    """Seconds to wait. The breaker over all numbers counts what would be sent, so that nobody trips it by refusals."""
    wait = limits.wait_for_code(session, keyed_digest(phone, about="phone"), now=now)
    if not is_loopback(peer):
        prefix = keyed_digest(prefix_of(phone), about="limit").hex()
        wait = max(wait, limits.count(session, limits.OTP_BY_PREFIX, prefix, now=now))
        wait = max(wait, limits.count(session, limits.OTP_BY_ADDRESS, peer, now=now))
    return wait or limits.count(session, limits.OTP_IN_ALL, "all", now=now)


@router.post("/auth/otp/verify", response_model=TokensOut, openapi_extra=describes(OtpVerifyIn))
def check_otp(raw: BodyDep, locale: LocaleDep, request: Request) -> TokensOut:
    """Exchange a code for tokens. With a device (its Bearer, or device_id) the device's reports join the resident."""
    asked, now = parse(OtpVerifyIn, raw), utc_now()
    device = _device_of(request)
    with unit_of_work() as session:
        outcome = verify_otp(session, asked.challenge_id, asked.code, now=now, device=device, locale=locale)
        tokens = None if isinstance(outcome, Problem) else open_session(session, outcome, now=now, device=device)
    if isinstance(outcome, Problem) or tokens is None:
        raise outcome  # type: ignore[misc]
    return _tokens_out(tokens, outcome)


def _device_of(request: Request) -> UUID | None:
    """The device that proves itself by its own access token; a bare device_id in the body proves nothing."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    claims = read_access(token)
    if ENDED.refuses(claims):
        raise Unauthenticated()
    device = claims.get("device")
    return UUID(device) if device else None


@router.post("/auth/device", response_model=TokensOut, openapi_extra=describes(DeviceIn))
def sign_in_device(raw: BodyDep, peer: PeerDep) -> TokensOut:
    """Sign in as a device, without a name. The first call binds the secret that the phone made."""
    asked, now = parse(DeviceIn, raw), utc_now()
    if len(base64.urlsafe_b64decode(asked.device_secret.rstrip("=") + "=")) != 32:
        raise Invalid(errors=(FieldError("/device_secret", "wrong"),))
    with unit_of_work() as session:
        wait = 0 if is_loopback(peer) else limits.count(session, limits.DEVICE_BY_ADDRESS, peer, now=now)
        if not wait:
            person = bind_device(
                session, asked.device_id, asked.device_secret.rstrip("="), locale=asked.locale, now=now
            )
            tokens = open_session(session, person, now=now, device=asked.device_id)
    if wait:
        raise TooManyTries(retry_after=wait)
    return _tokens_out(tokens, person)


@router.post("/auth/login", response_model=TokensOut, openapi_extra=describes(LoginIn))
def sign_in_staff(raw: BodyDep, peer: PeerDep) -> TokensOut:
    """Sign in as staff. 401 `totp-required` when the password was right and the code is missing."""
    asked, now = parse(LoginIn, raw), utc_now()
    with unit_of_work() as session:
        who = keyed_digest(asked.login, about="limit").hex()
        wait = limits.count(session, limits.LOGIN_BY_ACCOUNT, who, now=now)
        if not is_loopback(peer):
            wait = max(wait, limits.count(session, limits.LOGIN_BY_ADDRESS, peer, now=now))
        outcome = None if wait else check_login(session, asked.login, asked.password, asked.totp, now=now)
        tokens = None if outcome is None or isinstance(outcome, Problem) else open_session(session, outcome, now=now)
    if wait:
        raise TooManyTries(retry_after=wait)
    if isinstance(outcome, Problem):
        raise outcome
    assert tokens is not None
    return _tokens_out(tokens)


@router.post("/auth/refresh", response_model=TokensOut, openapi_extra=describes(RefreshIn))
def next_tokens(raw: BodyDep) -> TokensOut:
    """A new pair for a refresh token; reuse of an old one ends the whole sign-in."""
    asked, now = parse(RefreshIn, raw), utc_now()
    with unit_of_work() as session:
        outcome = refresh(session, asked.refresh_token, now=now)
    if isinstance(outcome, Problem):
        raise outcome
    return _tokens_out(outcome)


@router.post("/auth/logout", status_code=204)
def sign_out(actor: ActorDep, request: Request) -> Response:
    """End this sign-in on the server; the app clears what it kept."""
    with unit_of_work() as session:
        end_session(session, UUID(request.state.claims["sid"]), now=utc_now())
    return Response(status_code=204, headers={"Clear-Site-Data": '"cache", "storage"'})


@router.get("/me", response_model=MeOut)
def who_am_i(actor: ActorDep) -> MeOut:
    return MeOut(
        id=actor.id,
        role=actor.role,
        alias=actor.alias,
        agency=actor.agency,
        scopes=sorted(actor.scopes),
        locale=actor.locale,
    )


@router.get("/keys", tags=["receipts"])
def keys() -> dict[str, object]:
    """The public keys that receipts and tokens are signed with (JWK Set, RFC 7517)."""
    return public_jwks()
