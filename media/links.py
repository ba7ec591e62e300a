"""How a report shows its photos, and who may fetch which file.

Public photos have plain addresses under immutable keys (`/media/{key}`, cached for an hour at most); all others have
signed addresses that work for ten minutes (`/media/private/{token}`, never cached). Originals have neither.
"""

import base64
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from kit.seal import keyed_digest
from media.objects import ObjectMissing, checked
from media.tables import Photo, PhotoStatus

WORKS_FOR = timedelta(minutes=10)
RENDITION_TYPE = "image/webp"
PUBLIC_CACHE = "public, max-age=3600"
PRIVATE_CACHE = "private, no-store"
_ABOUT, _SIGN_BYTES = "media link", 16


@dataclass(frozen=True, kw_only=True)
class Permit:
    """A file that may be served, and how a cache must treat it."""

    key: str
    cache_control: str
    content_type: str = RENDITION_TYPE


def photos_of(session: Session, report_ids: Sequence[UUID], *, now: datetime) -> dict[UUID, list[dict[str, Any]]]:
    """Per report its photos, oldest first: `{id, kind, status, urls: {thumb, screen, zoom}, placeholder}`.

    The caller decides who may see the report; a private photo's addresses work for ten minutes from `now`.
    """
    shown: dict[UUID, list[dict[str, Any]]] = {report_id: [] for report_id in report_ids}
    if not shown:
        return shown
    attached = select(Photo).where(col(Photo.report_id).in_(list(shown)))
    for photo in session.exec(attached.order_by(col(Photo.created_at), col(Photo.id))):
        if photo.report_id is not None:
            shown[photo.report_id].append(to_wire(photo, now=now))
    return shown


def to_wire(photo: Photo, *, now: datetime) -> dict[str, Any]:
    """One photo as clients see it; addresses are null until it is ready."""
    keys = {name: made["key"] for name, made in photo.renditions.items()}
    return {
        "id": str(photo.id),
        "kind": photo.kind,
        "status": photo.status,
        "urls": {
            name: _address(keys[name], public=photo.public, now=now) if name in keys else None
            for name in ("thumb", "screen", "zoom")
        },
        "placeholder": photo.placeholder,
    }


def _address(key: str, *, public: bool, now: datetime) -> str:
    return f"/media/{key}" if public else f"/media/private/{sign(key, now=now)}"


def sign(key: str, *, now: datetime) -> str:
    """A token that opens this one file until `now` + 10 minutes."""
    claim = f"{int((now + WORKS_FOR).timestamp())}:{key}"
    return f"{_text(claim.encode())}.{_text(_signature(claim))}"


def permit_signed(token: str, *, now: datetime) -> Permit:
    """The file of a signed address; ObjectMissing when it was changed, is old, or never was ours."""
    try:
        claim, signature = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split("."))
        until, key = claim.decode("ascii").split(":", 1)
        good = hmac.compare_digest(signature, _signature(claim.decode("ascii")))
        if not good or now.timestamp() >= int(until):
            raise ObjectMissing()
    except ValueError as garbled:
        raise ObjectMissing() from garbled
    return Permit(key=checked(key), cache_control=PRIVATE_CACHE)


def permit_public(session: Session, key: str) -> Permit:
    """The file of a plain address: only what is public today, ready, and still one of its photo's renditions."""
    photo = session.get(Photo, UUID(checked(key).split("/")[0]))
    if photo is None or not photo.public or photo.status != PhotoStatus.READY or key not in _keys(photo):
        raise ObjectMissing()
    return Permit(key=key, cache_control=PUBLIC_CACHE)


def _keys(photo: Photo) -> Iterable[str]:
    return [made["key"] for made in photo.renditions.values()]


def _signature(claim: str) -> bytes:
    return keyed_digest(claim, about=_ABOUT)[:_SIGN_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
