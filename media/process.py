"""From a kept original to three clean renditions: read, decode elsewhere, store, record. May run twice."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, select

from kit.db import reading, unit_of_work
from kit.events import Event
from kit.outbox import emit
from kit.problems import Problem, Unavailable
from media import sandbox
from media.links import RENDITION_TYPE
from media.objects import ObjectMissing, Store, key_for
from media.picture import Picture
from media.problems import DecoderDied, PhotoUnreadable
from media.tables import Photo, PhotoStatus

ORIGINAL_KEPT = timedelta(days=365)  # sealed, for redaction by hand and complaints; then only renditions remain


def process_photo(store: Store, photo_id: UUID, *, now: datetime) -> str:
    """What became of it: ready, failed, or gone. Unavailable (try again later) passes through."""
    with reading() as session:
        photo = session.get(Photo, photo_id)
        if photo is None or photo.original_key is None or photo.status != PhotoStatus.PENDING:
            return photo.status if photo else "gone"
        key, digest = photo.original_key, photo.sha256
    try:
        picture = _render(_original(store, key, digest))
    except Unavailable:
        raise
    except Problem as refusal:
        with unit_of_work() as session:
            return _record_failure(session, photo_id, refusal.slug, now)
    renditions = {}
    for made in picture.renditions:
        rendition_key = key_for(photo_id, made.name, made.data)
        store.put(rendition_key, made.data, RENDITION_TYPE)
        size = {"width": made.width, "height": made.height, "bytes": len(made.data)}
        renditions[made.name] = {"key": rendition_key, **size}
    with unit_of_work() as session:
        return _record_success(session, photo_id, picture, renditions, now)


def _original(store: Store, key: str, digest: str) -> bytes:
    """The original as it came; a store that lost or changed it is a failure that people must see."""
    try:
        data = store.get(key)
    except ObjectMissing as lost:
        raise OriginalLost() from lost
    if hashlib.sha256(data).hexdigest() != digest:
        raise OriginalLost()
    return data


class OriginalLost(PhotoUnreadable):
    """The stored file is missing or is no longer what was sent."""

    slug, title = "original-lost", "The stored photo is damaged"


def _render(data: bytes) -> Picture:
    """A decoder that dies gets one more try: it may have been the machine's fault, not the file's."""
    try:
        return sandbox.render(data)
    except DecoderDied:
        return sandbox.render(data)


def _pending(session: Session, photo_id: UUID) -> Photo | None:
    """The row under lock, if nobody finished or removed it meanwhile."""
    row = session.exec(select(Photo).where(Photo.id == photo_id).with_for_update()).one_or_none()
    return row if row is not None and row.status == PhotoStatus.PENDING else None


def _record_failure(session: Session, photo_id: UUID, slug: str, now: datetime) -> str:
    photo = _pending(session, photo_id)
    if photo is None:
        return "gone"
    photo.status, photo.failure, photo.processed_at = PhotoStatus.FAILED, slug, now
    _seal(photo, now)
    session.add(photo)
    _tell(session, photo, "photo.failed", now)
    return PhotoStatus.FAILED


def _record_success(
    session: Session, photo_id: UUID, picture: Picture, renditions: dict[str, dict[str, object]], now: datetime
) -> str:
    photo = _pending(session, photo_id)
    if photo is None:
        return "gone"
    photo.status, photo.processed_at, photo.renditions = PhotoStatus.READY, now, renditions
    photo.width, photo.height = picture.width, picture.height
    photo.placeholder, photo.phash, photo.hints = picture.placeholder, picture.phash, picture.hints.to_json()
    _seal(photo, now)
    session.add(photo)
    _tell(session, photo, "photo.ready", now)
    return PhotoStatus.READY


def _seal(photo: Photo, now: datetime) -> None:
    photo.sealed_at, photo.seal_until = now, photo.created_at + ORIGINAL_KEPT


def _tell(session: Session, photo: Photo, name: str, now: datetime) -> None:
    data = {"kind": photo.kind, "report": str(photo.report_id) if photo.report_id else None}
    emit(session, Event(name=name, subject=photo.id, occurred_at=now, data=data))
