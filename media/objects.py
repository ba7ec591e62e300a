"""What a store of objects must do, and how its objects are named. The houses are `store_local` and `store`."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from kit.problems import NotFound

ORIGINAL = "original"
_KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/[a-z]{1,16}-[0-9a-f]{16}")


class ObjectMissing(NotFound):
    """There is no such file, or none that you may see."""


@dataclass(frozen=True, kw_only=True)
class Stat:
    """`bytes`: size; `written_at`: aware UTC by the store's own clock, which is the machine's, not the demo's."""

    key: str
    bytes: int
    written_at: datetime


class Store(Protocol):
    """Objects by key. Every method may raise `kit.problems.Unavailable` when the store does not answer."""

    def put(self, key: str, data: bytes, content_type: str) -> None:
        """Durable when it returns. The same key again holds the same bytes, since the key names their hash."""

    def get(self, key: str) -> bytes:
        """All bytes; ObjectMissing."""

    def stat(self, key: str) -> Stat:
        """Size and age; ObjectMissing."""

    def delete(self, key: str) -> None:
        """Gone when it returns; no error if it was not there."""

    def list(self, prefix: str = "", *, older_than: datetime | None = None) -> Iterator[Stat]:
        """Objects whose key begins with a whole photo id (or all), in no order; `older_than` by `written_at`."""

    def tidy(self, older_than: datetime) -> int:
        """Remove half-written leftovers of crashes; how many."""

    def presign(self, key: str, seconds: int) -> str | None:
        """An address at the store itself that works for `seconds`; None for a store without addresses."""


def key_for(photo_id: UUID, rendition: str, data: bytes) -> str:
    """`{photo_id}/{rendition}-{first 16 hex digits of the SHA-256}`: never changes, never shared between photos."""
    return f"{photo_id}/{rendition}-{hashlib.sha256(data).hexdigest()[:16]}"


def checked(key: str) -> str:
    """The key itself; ObjectMissing for anything that is not one of ours (`..`, NUL, absolute, encoded, …)."""
    if not _KEY.fullmatch(key):
        raise ObjectMissing()
    return key


def shelf_of(key: str) -> str:
    """Originals and renditions lie apart, so that an operator can guard the originals more closely."""
    return "originals" if checked(key).split("/")[1].startswith(f"{ORIGINAL}-") else "renditions"
