"""The tamper-evident timeline: canonical text (RFC 8785) and SHA-256 chain of a report's entries.

hash = SHA-256(prev_hash ‖ canonical). Personal free text stays out of the canonical form; only its
HMAC-SHA-256 under a per-entry salt goes in, so that erasing text and salt leaves the chain whole.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import rfc8785

GENESIS = bytes(32)


@dataclass(frozen=True)
class Entry:
    """One line of the timeline as it is hashed and stored. `salt` is empty where there is no text."""

    report_id: UUID
    seq: int
    at: datetime
    action: str
    from_status: str | None
    to_status: str
    actor_role: str
    actor_id: UUID | None
    actor_agency: str | None
    visibility: str
    data: dict[str, Any]
    text: str | None
    salt: bytes
    canonical: str
    prev_hash: bytes
    hash: bytes


def new_entry(
    *,
    report_id: UUID,
    prev_hash: bytes,
    seq: int,
    at: datetime,
    action: str,
    from_status: str | None,
    to_status: str,
    actor_role: str,
    actor_id: UUID | None = None,
    actor_agency: str | None = None,
    visibility: str = "public",
    data: dict[str, Any] | None = None,
    text: str | None = None,
) -> Entry:
    """The next entry after `prev_hash`. `data` must hold JSON values only (no floats beyond IEEE doubles)."""
    salt = secrets.token_bytes(16) if text is not None else b""
    said: dict[str, Any] = {
        "report": str(report_id),
        "seq": seq,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "action": action,
        "from": from_status,
        "to": to_status,
        "role": actor_role,
        "actor": str(actor_id) if actor_id else None,
        "agency": actor_agency,
        "visibility": visibility,
        "data": data or {},
        "text_digest": text_digest(salt, text) if text is not None else None,
    }
    canonical = rfc8785.dumps(said)
    columns = (report_id, seq, at, action, from_status, to_status, actor_role, actor_id, actor_agency, visibility)
    return Entry(*columns, data or {}, text, salt, canonical.decode(), prev_hash, chained(prev_hash, canonical))


def chained(prev_hash: bytes, canonical: bytes) -> bytes:
    return hashlib.sha256(prev_hash + canonical).digest()


def text_digest(salt: bytes, text: str) -> str:
    return hmac.new(salt, text.encode(), hashlib.sha256).hexdigest()


def merkle_root(heads: list[bytes]) -> bytes:
    """Root over the chain heads in the given order (RFC 6962 hashing: leaves and nodes apart); empty = zeros."""
    level = [hashlib.sha256(b"\x00" + head).digest() for head in heads]
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\x01" + b"".join(pair)).digest() if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0] if level else GENESIS
