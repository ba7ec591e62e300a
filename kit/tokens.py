"""Access tokens (JWT, EdDSA) and receipts (JWS, EdDSA, RFC 8037). One algorithm, one fixed key, no surprises."""

import base64
import hashlib
from datetime import datetime
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kit.clock import utc_now
from kit.problems import Unauthenticated
from kit.settings import get_settings

ALGORITHM = "EdDSA"
AUDIENCE = "hien-truong"
LEEWAY_S = 5


@lru_cache(maxsize=1)
def _private_key() -> Ed25519PrivateKey:
    pem = get_settings().token_private_key
    if not pem:  # outside production: a key derived from the development secret
        return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(get_settings().secret_key.encode()).digest())
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("HT_TOKEN_PRIVATE_KEY must be an Ed25519 key in PEM")
    return key


@lru_cache(maxsize=1)
def _public_bytes() -> bytes:
    return _private_key().public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


@lru_cache(maxsize=1)
def key_id() -> str:
    return hashlib.sha256(_public_bytes()).hexdigest()[:16]


def public_jwks() -> dict[str, Any]:
    """The public keys as a JWK Set (RFC 7517, RFC 8037)."""
    x = base64.urlsafe_b64encode(_public_bytes()).decode().rstrip("=")
    return {"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": ALGORITHM, "kid": key_id(), "x": x}]}


def sign_access(claims: dict[str, Any], *, now: datetime, lives_for: int) -> str:
    """A short access token. `claims` must hold `sub` and `role`; `lives_for` in seconds."""
    issued = now.timestamp()  # to the microsecond: a token made just before an account changed is older than the change
    body = {**claims, "aud": AUDIENCE, "typ": "access", "iat": issued, "exp": int(issued) + lives_for}
    return jwt.encode(body, _private_key(), ALGORITHM, headers={"kid": key_id()})


def read_access(token: str) -> dict[str, Any]:
    """The claims of a valid access token, judged by our clock; Unauthenticated otherwise."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _private_key().public_key(),
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            options={"require": ["sub", "exp", "iat", "aud"], "verify_exp": False, "verify_iat": False},
        )
    except jwt.InvalidTokenError as error:
        raise Unauthenticated() from error
    if claims.get("typ") != "access" or has_expired(claims):
        raise Unauthenticated()
    return claims


def has_expired(claims: dict[str, Any]) -> bool:
    """Judged by our clock: a long answer asks again while it lasts."""
    return float(claims["exp"]) + LEEWAY_S < utc_now().timestamp()


def sign_receipt(facts: dict[str, Any]) -> str:
    """A JWS over what the sender may later have to prove."""
    return jwt.encode(facts, _private_key(), ALGORITHM, headers={"kid": key_id(), "typ": "receipt+jws"})
