"""Sealing (AES-256-GCM) and keyed digests (HMAC-SHA-256) with the keys of the settings."""

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kit.settings import get_settings


@lru_cache(maxsize=1)
def _cipher() -> AESGCM:
    key = get_settings().seal_key
    if not key:  # only outside production: the settings refuse an empty key there
        return AESGCM(hashlib.sha256(get_settings().secret_key.encode()).digest())
    return AESGCM(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)))


def seal(text: str, *, about: str) -> bytes:
    """Encrypt; `about` binds the ciphertext to its place (a sealed phone cannot be moved to another row's kind)."""
    nonce = os.urandom(12)
    return nonce + _cipher().encrypt(nonce, text.encode(), about.encode())


def unseal(sealed: bytes, *, about: str) -> str:
    """Decrypt; cryptography.exceptions.InvalidTag when key, place or bytes are wrong."""
    return _cipher().decrypt(bytes(sealed[:12]), bytes(sealed[12:]), about.encode()).decode()


def keyed_digest(text: str, *, about: str) -> bytes:
    """HMAC-SHA-256 under the secret key, separated by purpose: equal texts are found, none can be read back."""
    return hmac.new(get_settings().secret_key.encode(), f"{about}\0{text}".encode(), hashlib.sha256).digest()
