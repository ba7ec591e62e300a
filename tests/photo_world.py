"""Short words for photo stories: an upload, its row, its events, a report with photos."""

from sqlmodel import select

from kit.clock import utc_now
from kit.db import unit_of_work
from kit.ids import new_id
from kit.outbox import Outbox
from media.keep import Upload, attach, keep_photo
from media.links import photos_of
from media.process import process_photo
from media.tables import Photo, PhotoKind
from tests.photo_files import file_of, street


def upload(owner=None, photo_id=None, data=None, kind=PhotoKind.BEFORE):
    return Upload(id=photo_id or new_id(), owner=owner or new_id(), kind=kind, data=data or file_of(street()))


def row_of(photo_id):
    with unit_of_work() as session:
        return session.get(Photo, photo_id)


def events():
    with unit_of_work() as session:
        return [event.name for event in session.exec(select(Outbox).order_by(Outbox.id))]


def given_to_report(store, *, public, count=1, report=None):
    """Kept, processed and attached photos of one new report."""
    owner, report, now = new_id(), report or new_id(), utc_now()
    photos = [upload(owner) for _ in range(count)]
    for each in photos:
        keep_photo(store, each, now=now)
        process_photo(store, each.id, now=now)
    with unit_of_work() as session:
        attach(session, [each.id for each in photos], report_id=report, owner=owner, public=public, now=now)
    return report, [each.id for each in photos]


def wire_of(report):
    with unit_of_work() as session:
        return photos_of(session, [report], now=utc_now())[report]
