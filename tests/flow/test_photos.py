"""A photo is kept once, cleaned, and given to a report; on real PostgreSQL."""

import os
import threading
from datetime import timedelta

import pytest
from PIL import Image
from sqlmodel import select

from kit.clock import utc_now
from kit.db import unit_of_work
from kit.ids import new_id
from kit.jobs import Job, machine_now, run_job
from kit.outbox import Outbox
from kit.problems import Unavailable
from media import tasks
from media.header import is_bare_webp
from media.keep import attach, hand_over, keep_photo
from media.problems import NotAPhoto, PhotoIdReused, PhotoIdTaken, PhotoQuota, PhotoUnreadable
from media.process import process_photo
from media.store import FileStore
from media.tables import PhotoKind
from tests.photo_files import file_of, gps_exif, street
from tests.photo_world import events, row_of, upload, wire_of


@pytest.fixture
def store(db, tmp_path):
    return FileStore(tmp_path / "objects")


def test_a_photo_is_kept_cleaned_and_ready(store):
    photo = upload(data=file_of(street(1600, 1200), exif=gps_exif(105.2, 21.3, orientation=6)))
    kept = keep_photo(store, photo, now=utc_now())
    assert (kept.width, kept.height, kept.status, kept.replayed) == (1200, 1600, "pending", False)
    assert process_photo(store, photo.id, now=utc_now()) == "ready"
    row = row_of(photo.id)
    assert store.get(row.original_key) == photo.data
    assert (row.width, row.height, row.hints["lon"], row.hints["lat"]) == (1200, 1600, 105.2, 21.3)
    assert {name: (made["width"], made["height"]) for name, made in row.renditions.items()} == {
        "thumb": (240, 320),
        "screen": (960, 1280),
        "zoom": (1200, 1600),
    }
    for made in row.renditions.values():
        data = store.get(made["key"])
        assert is_bare_webp(data)
        assert len(data) == made["bytes"]
    assert events() == ["photo.kept", "photo.ready"]
    assert process_photo(store, photo.id, now=utc_now()) == "ready"  # a second delivery changes nothing
    assert events() == ["photo.kept", "photo.ready"]


def test_the_same_upload_again_gets_the_same_answer(store):
    photo = upload()
    first = keep_photo(store, photo, now=utc_now())
    again = keep_photo(store, photo, now=utc_now())
    assert (again.replayed, again.width, again.height) == (True, first.width, first.height)
    assert events() == ["photo.kept"]
    other_bytes = file_of(street(), quality=30)
    with pytest.raises(PhotoIdReused):
        keep_photo(store, upload(photo.owner, photo.id, other_bytes), now=utc_now())
    with pytest.raises(PhotoIdReused):
        keep_photo(store, upload(photo.owner, photo.id, kind=PhotoKind.AFTER), now=utc_now())
    with pytest.raises(PhotoIdTaken):
        keep_photo(store, upload(None, photo.id), now=utc_now())
    assert len(list(store.list())) == 1


def test_twenty_copies_at_once_are_one_photo(store):
    photo, answers = upload(), []
    copies = [
        threading.Thread(target=lambda: answers.append(keep_photo(store, photo, now=utc_now()))) for _ in range(20)
    ]
    for copy in copies:
        copy.start()
    for copy in copies:
        copy.join()
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 19
    assert events() == ["photo.kept"]


def test_refused_files_leave_no_trace(store):
    for data, refusal in ((b"<svg/>", NotAPhoto), (file_of(street())[:-600], PhotoUnreadable)):
        with pytest.raises(refusal):
            keep_photo(store, upload(data=data), now=utc_now())
    assert list(store.list()) == []
    assert events() == []


def test_a_large_photo_with_damage_inside_ends_as_failed_and_its_original_stays(store):
    """Too large to be decoded before the answer: the structure is whole, the content is not."""
    noise = Image.frombytes("RGB", (1400, 1100), os.urandom(1400 * 1100 * 3))
    data = bytearray(file_of(noise, "PNG"))
    inside = data.index(b"IDAT", len(data) // 2) + 4
    data[inside : inside + 60_000] = bytes(60_000)
    photo = upload(data=bytes(data))
    assert keep_photo(store, photo, now=utc_now()).status == "pending"
    assert process_photo(store, photo.id, now=utc_now()) == "failed"
    assert row_of(photo.id).failure == "photo-unreadable"
    assert row_of(photo.id).renditions == {}
    assert events() == ["photo.kept", "photo.failed"]


def test_an_original_that_the_store_lost_or_changed_is_told(store):
    lost, changed = upload(), upload()
    for photo in (lost, changed):
        keep_photo(store, photo, now=utc_now())
    store.delete(row_of(lost.id).original_key)
    store.put(row_of(changed.id).original_key, b"something else", "image/jpeg")
    for photo in (lost, changed):
        assert process_photo(store, photo.id, now=utc_now()) == "failed"
        assert row_of(photo.id).failure == "original-lost"


def test_the_fifty_first_photo_of_a_day_waits_until_tomorrow(store):
    owner, start, data = new_id(), utc_now(), file_of(street(32, 32))
    for minute in range(50):
        keep_photo(store, upload(owner, data=data), now=start + timedelta(minutes=minute))
    evening = start + timedelta(hours=20)
    with pytest.raises(PhotoQuota) as refused:
        keep_photo(store, upload(owner, data=data), now=evening)
    assert refused.value.retry_after == 4 * 3600
    keep_photo(store, upload(data=data), now=evening)  # somebody else may
    keep_photo(store, upload(owner, data=data), now=start + timedelta(hours=24, seconds=1))


def test_a_crowd_of_uploads_cannot_slip_past_the_quota(store):
    owner, now, data = new_id(), utc_now(), file_of(street(32, 32))
    for _ in range(45):
        keep_photo(store, upload(owner, data=data), now=now)
    outcomes = []

    def send():
        try:
            outcomes.append(keep_photo(store, upload(owner, data=data), now=now).status)
        except PhotoQuota as quota:
            outcomes.append(quota.slug)

    senders = [threading.Thread(target=send) for _ in range(12)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(outcomes) == ["pending"] * 5 + ["quota"] * 7


def test_a_report_takes_ten_photos_and_only_its_owners(store):
    owner, report, now, data = new_id(), new_id(), utc_now(), file_of(street(32, 32))
    mine = [upload(owner, data=data) for _ in range(11)]
    foreign = upload(data=data)
    for photo in (*mine, foreign):
        keep_photo(store, photo, now=now)
    ids = [photo.id for photo in mine]
    with unit_of_work() as session:
        given = attach(session, [*ids[:10], foreign.id, new_id()], report_id=report, owner=owner, public=False, now=now)
        assert given.added == tuple(ids[:10])
        assert given.unknown[0] == foreign.id
        assert len(given.unknown) == 2
        again = attach(session, ids[:10], report_id=report, owner=owner, public=False, now=now)
        assert (again.added, again.already) == ((), tuple(ids[:10]))
        elsewhere = attach(session, ids[:1], report_id=new_id(), owner=owner, public=False, now=now)
        assert elsewhere.unknown == (ids[0],)
        with pytest.raises(PhotoQuota):
            attach(session, ids[10:], report_id=report, owner=owner, public=False, now=now)
    assert [photo["id"] for photo in wire_of(report)] == [str(photo_id) for photo_id in ids[:10]]


def test_a_merged_devices_photos_are_the_residents(store):
    photo, resident = upload(), new_id()
    keep_photo(store, photo, now=utc_now())
    with unit_of_work() as session:
        hand_over(session, owner=photo.owner, to=resident)
    assert keep_photo(store, upload(resident, photo.id, photo.data), now=utc_now()).replayed


def test_the_errand_waits_for_a_store_that_is_away_without_using_up_its_tries(db, monkeypatch, tmp_path):
    """A real job row, done by the real runner."""
    photo, house = upload(), FileStore(tmp_path / "objects")
    monkeypatch.setattr(tasks, "the_store", lambda: house)
    keep_photo(house, photo, now=utc_now())
    with unit_of_work() as session:
        event = session.exec(select(Outbox)).one()
        job = Job(
            day=event.day, event_id=event.id, event_day=event.day, task=tasks.PROCESS_PHOTO, run_after=machine_now()
        )
        session.add(job)
        session.flush()
        which = (job.id, job.day)
    monkeypatch.setattr(house, "get", refuse)
    assert run_job(*which) == "queued"
    with unit_of_work() as session:
        waiting = session.get_one(Job, which)
        assert (waiting.attempts, waiting.last_error) == (0, "RetryLater: store or decoder not available")
        waiting.run_after = machine_now()
    monkeypatch.undo()
    monkeypatch.setattr(tasks, "the_store", lambda: house)
    assert run_job(*which) == "done"
    assert row_of(photo.id).status == "ready"


def refuse(_key):
    raise Unavailable(retry_after=10)
