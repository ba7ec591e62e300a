"""Taking a photo in and giving it to a report. The store is asked with empty hands: no transaction is open then.

Order is the whole safety: the original object first, its row second. A crash in between leaves an object without a
row, which `media.sweep` removes after a day; never a row without its object.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select, update

from kit.db import reading, unit_of_work
from kit.events import Event
from kit.outbox import emit
from media import sandbox
from media.header import CONTENT_TYPES, Header, read_header
from media.links import photos_of
from media.objects import ORIGINAL, Store, key_for
from media.problems import PhotoIdReused, PhotoIdTaken, PhotoQuota
from media.tables import Photo, PhotoKind

__all__ = ["Attached", "Kept", "Upload", "attach", "hand_over", "keep_photo", "photos_of", "show_to_public"]

PHOTOS_A_DAY = 50
PHOTOS_A_REPORT = 10
DAY = timedelta(hours=24)
# Below both, a photo is decoded before the answer (5 to 20 ms in the decoder's process), so that damage is told at
# once. Above, the answer rests on the file's structure, and damage deeper inside shows later as `failed`.
PROBE_BYTES = 1024 * 1024
PROBE_PIXELS = 16_000_000


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A photo as its sender hands it over. `id` is the client's own (UUIDv7), `owner` the person or account."""

    id: UUID
    owner: UUID
    kind: PhotoKind
    data: bytes

    @property
    def digest(self) -> str:
        return sha256(self.data).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The answer to the sender. `replayed`: this very photo was already here."""

    id: UUID
    width: int
    height: int
    status: str
    replayed: bool


@dataclass(frozen=True, kw_only=True)
class Attached:
    """`unknown`: ids that are not here (yet), not the owner's, or on another report: all look the same."""

    added: tuple[UUID, ...]
    already: tuple[UUID, ...]
    unknown: tuple[UUID, ...]


def keep_photo(store: Store, upload: Upload, *, now: datetime) -> Kept:
    """Check, store, record; the same upload again gets the same answer.

    Opens its own short transactions: call it with none open. Raises PhotoTooHeavy, NotAPhoto, ImageTooLarge,
    PhotoUnreadable, PhotoIdReused, PhotoIdTaken, PhotoQuota, Unavailable.
    """
    digest = upload.digest
    with reading() as session:
        known = session.get(Photo, upload.id)
        if known is not None:
            return _same_again(known, upload, digest)
        _check_day(session, upload.owner, now)
    header, size = _judged(upload.data)
    key = key_for(upload.id, ORIGINAL, upload.data)
    store.put(key, upload.data, CONTENT_TYPES[header.format])
    photo = Photo(
        id=upload.id,
        owner_id=upload.owner,
        kind=upload.kind,
        original_key=key,
        content_type=CONTENT_TYPES[header.format],
        bytes=len(upload.data),
        sha256=digest,
        width=size[0],
        height=size[1],
        created_at=now,
    )
    with unit_of_work() as session:
        return _record(session, photo, upload, now)


def _judged(data: bytes) -> tuple[Header, tuple[int, int]]:
    """The header and the upright size in pixels; small photos are decoded once, coarsely, to be sure."""
    header = read_header(data)
    if len(data) <= PROBE_BYTES and header.width * header.height <= PROBE_PIXELS:
        return header, sandbox.probe(data)
    return header, header.upright


def _record(session: Session, photo: Photo, upload: Upload, now: datetime) -> Kept:
    """The row and its event; whoever sent the same id a moment earlier wins, and the quota is counted alone."""
    _alone(session, f"photos of {photo.owner_id}")
    known = session.get(Photo, photo.id)
    if known is None:
        _check_day(session, photo.owner_id, now)
        if _insert(session, photo):
            emit(session, Event(name="photo.kept", subject=photo.id, occurred_at=now, data={"kind": photo.kind}))
            return Kept(id=photo.id, width=photo.width, height=photo.height, status=photo.status, replayed=False)
        known = session.get_one(Photo, photo.id)
    return _same_again(known, upload, photo.sha256)


def _insert(session: Session, photo: Photo) -> bool:
    """False when another owner's row with this id came first (one owner's uploads are already in line)."""
    row = insert(Photo).values(**photo.model_dump())
    done = session.execute(row.on_conflict_do_nothing(index_elements=["id"]).returning(col(Photo.id)))
    return done.scalar_one_or_none() is not None


def _same_again(known: Photo, upload: Upload, digest: str) -> Kept:
    if known.owner_id != upload.owner:
        raise PhotoIdTaken()
    if known.sha256 != digest or known.kind != upload.kind:
        raise PhotoIdReused()
    return Kept(id=known.id, width=known.width, height=known.height, status=known.status, replayed=True)


def _check_day(session: Session, owner: UUID, now: datetime) -> None:
    """At most 50 in any 24 hours."""
    mine = select(func.count(), func.min(Photo.created_at)).where(Photo.owner_id == owner, Photo.created_at > now - DAY)
    count, oldest = session.exec(mine).one()
    if count >= PHOTOS_A_DAY:
        wait = max(1, int((oldest + DAY - now).total_seconds()))
        raise PhotoQuota(facts={"limit": "day", "allowed": PHOTOS_A_DAY}, retry_after=wait)


def _alone(session: Session, about: str) -> None:
    """One transaction at a time for this matter, until it ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:about, 0))"), {"about": about})


def attach(
    session: Session, photo_ids: Sequence[UUID], *, report_id: UUID, owner: UUID, public: bool, now: datetime
) -> Attached:
    """Give photos to a report, in the caller's transaction; a repetition changes nothing.

    Only the owner's own photos that lie loose are taken. PhotoQuota beyond 10 on one report.
    """
    wanted = list(dict.fromkeys(photo_ids))
    if not wanted:
        return Attached(added=(), already=(), unknown=())
    _alone(session, f"photos on {report_id}")
    mine = select(Photo).where(col(Photo.id).in_(wanted), Photo.owner_id == owner).order_by(col(Photo.id))
    found = {photo.id: photo for photo in session.exec(mine.with_for_update())}
    loose = [photo_id for photo_id in wanted if photo_id in found and found[photo_id].report_id is None]
    already = [photo_id for photo_id in wanted if photo_id in found and found[photo_id].report_id == report_id]
    there = session.exec(select(func.count()).where(Photo.report_id == report_id)).one()
    if there + len(loose) > PHOTOS_A_REPORT:
        raise PhotoQuota(facts={"limit": "report", "allowed": PHOTOS_A_REPORT})
    for photo_id in loose:
        photo = found[photo_id]
        photo.report_id, photo.attached_at, photo.public = report_id, now, public
        session.add(photo)
    session.flush()
    return Attached(
        added=tuple(loose),
        already=tuple(already),
        unknown=tuple(photo_id for photo_id in wanted if photo_id not in (*loose, *already)),
    )


def show_to_public(session: Session, report_id: UUID, *, public: bool) -> None:
    """Publish or withdraw every photo of a report; caches follow within the hour (max-age=3600)."""
    session.exec(update(Photo).where(col(Photo.report_id) == report_id).values(public=public))


def hand_over(session: Session, *, owner: UUID, to: UUID) -> None:
    """A device turned out to be a known resident: its photos are theirs."""
    session.exec(update(Photo).where(col(Photo.owner_id) == owner).values(owner_id=to))
