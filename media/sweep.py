"""Putting store and rows back in step: what nobody claims goes, what has served its time goes.

Rows are deleted and committed before their objects: a crash in between leaves orphans, which the next sweep finds.
Objects are judged by the machine's clock (the store stamps them), rows by ours.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col, select

from kit.db import reading, unit_of_work
from media.objects import ObjectMissing, Stat, Store
from media.tables import Photo

LOOSE_FOR = timedelta(hours=48)  # a photo that no report claimed
ORPHAN_AFTER = timedelta(hours=24)  # an object that no row claims: longer than any upload is under way
BATCH = 500


def drop_loose(store: Store, *, now: datetime) -> int:
    """Photos that no report claimed in 48 h; how many."""
    with unit_of_work() as session:
        expired = col(Photo.report_id).is_(None), col(Photo.created_at) < now - LOOSE_FOR
        some = select(Photo.id).where(*expired).limit(BATCH).with_for_update(skip_locked=True)
        gone = session.execute(delete(Photo).where(col(Photo.id).in_(some)).returning(col(Photo.id))).scalars().all()
    for photo_id in gone:
        for found in store.list(f"{photo_id}/"):
            store.delete(found.key)
    return len(gone)


def drop_sealed(store: Store, *, now: datetime) -> int:
    """Originals whose retention ran out; the renditions stay. How many."""
    with unit_of_work() as session:
        due = select(Photo).where(col(Photo.original_key).is_not(None), col(Photo.seal_until) < now)
        photos = session.exec(due.limit(BATCH).with_for_update(skip_locked=True)).all()
        keys = [photo.original_key for photo in photos if photo.original_key]
        for photo in photos:
            photo.original_key = None
            session.add(photo)
    for key in keys:
        store.delete(key)
    return len(keys)


def drop_orphans(store: Store, *, machine_now: datetime) -> int:
    """Objects older than 24 h that no row names; how many. Looks again just before each deletion, since a phone may
    send the very same photo again at this moment."""
    removed, limit = 0, machine_now - ORPHAN_AFTER
    store.tidy(limit)
    for batch in _batches(store.list(older_than=limit)):
        named = _named({UUID(found.key.split("/")[0]) for found in batch})
        for found in batch:
            if found.key in named:
                continue
            try:
                if store.stat(found.key).written_at >= limit:
                    continue
            except ObjectMissing:
                continue
            store.delete(found.key)
            removed += 1
    return removed


def _batches(objects: Iterator[Stat]) -> Iterator[list[Stat]]:
    while batch := list(islice(objects, BATCH)):
        yield batch


def _named(photo_ids: set[UUID]) -> set[str]:
    """Every key that the rows of these photos claim."""
    with reading() as session:
        rows = session.exec(select(Photo.original_key, Photo.renditions).where(col(Photo.id).in_(photo_ids))).all()
    keys = {original for original, _ in rows if original}
    return keys | {made["key"] for _, renditions in rows for made in renditions.values()}
