"""Who may fetch a photo, for how long, and what is swept away: on real PostgreSQL, with real kills (F13, I4)."""

import io
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from kit.clock import utc_now
from kit.db import unit_of_work
from kit.ids import new_id
from kit.jobs import machine_now
from kit.problems import Unavailable
from media import sweep
from media.header import is_bare_webp
from media.keep import attach, keep_photo, show_to_public
from media.links import permit_public, permit_signed, sign
from media.process import process_photo
from media.store import FileStore, MemoryStore, ObjectMissing
from tests.photo_files import file_of, street
from tests.photo_world import given_to_report, row_of, upload, wire_of

HERE = Path(__file__).resolve().parents[2]


@pytest.fixture
def store(db, tmp_path):
    return FileStore(tmp_path / "objects")


def test_a_pending_photo_has_a_place_but_no_address(store):
    photo, report, now = upload(), new_id(), utc_now()
    keep_photo(store, photo, now=now)
    with unit_of_work() as session:
        attach(session, [photo.id], report_id=report, owner=photo.owner, public=True, now=now)
    nothing = {"thumb": None, "screen": None, "zoom": None}
    assert wire_of(report) == [
        {"id": str(photo.id), "kind": "before", "status": "pending", "urls": nothing, "placeholder": None}
    ]


def test_public_photos_have_plain_addresses_until_they_are_withdrawn(store):
    report, _ = given_to_report(store, public=True)
    (shown,) = wire_of(report)
    key = shown["urls"]["screen"].removeprefix("/media/")
    with unit_of_work() as session:
        assert permit_public(session, key).cache_control == "public, max-age=3600"
        show_to_public(session, report, public=False)
    with unit_of_work() as session, pytest.raises(ObjectMissing):
        permit_public(session, key)


def test_the_original_has_no_address_at_all(store):
    _, (photo_id,) = given_to_report(store, public=True)
    with unit_of_work() as session, pytest.raises(ObjectMissing):
        permit_public(session, row_of(photo_id).original_key)


def test_private_photos_have_addresses_that_end(store):
    report, _ = given_to_report(store, public=False)
    (shown,) = wire_of(report)
    token = shown["urls"]["zoom"].removeprefix("/media/private/")
    now = utc_now()
    permit = permit_signed(token, now=now)
    assert permit.cache_control == "private, no-store"
    assert is_bare_webp(store.get(permit.key))
    with pytest.raises(ObjectMissing):
        permit_signed(token, now=now + timedelta(minutes=11))
    with unit_of_work() as session, pytest.raises(ObjectMissing):
        permit_public(session, permit.key)
    other = sign(f"{new_id()}/zoom-0123456789abcdef", now=now)
    forged = f"{other.split('.')[0]}.{token.split('.')[1]}"
    for wrong in (forged, token[:-3] + "AAA", "", ".", "a.b.c", "%00", "é.é", token + "."):
        with pytest.raises(ObjectMissing):
            permit_signed(wrong, now=now)


def test_what_no_report_claims_is_gone_after_two_days(store):
    loose, now = upload(), utc_now()
    keep_photo(store, loose, now=now - timedelta(hours=49))
    process_photo(store, loose.id, now=now)
    fresh = upload()
    keep_photo(store, fresh, now=now)
    _, (claimed,) = given_to_report(store, public=False)
    assert sweep.drop_loose(store, now=now) == 1
    assert row_of(loose.id) is None
    assert {found.key.split("/")[0] for found in store.list()} == {str(fresh.id), str(claimed)}


def test_objects_without_a_row_are_swept_after_a_day_and_no_others(store):
    """A crash between PUT and COMMIT (I4): the object is there, its row is not."""
    photo = upload()
    keep_photo(store, photo, now=utc_now())
    process_photo(store, photo.id, now=utc_now())
    orphan = f"{new_id()}/original-0123456789abcdef"
    replaced = f"{photo.id}/zoom-0123456789abcdef"  # of a photo that lives, but under a key it no longer names
    for key in (orphan, replaced):
        store.put(key, b"x", "image/jpeg")
    assert sweep.drop_orphans(store, machine_now=machine_now()) == 0
    assert sweep.drop_orphans(store, machine_now=machine_now() + timedelta(hours=25)) == 2
    row = row_of(photo.id)
    named = {row.original_key, *(made["key"] for made in row.renditions.values())}
    assert {found.key for found in store.list()} == named


def test_an_original_goes_when_its_seal_runs_out_and_the_picture_stays(store):
    report, (photo_id,) = given_to_report(store, public=True)
    key = row_of(photo_id).original_key
    assert sweep.drop_sealed(store, now=utc_now() + timedelta(days=364)) == 0
    assert sweep.drop_sealed(store, now=utc_now() + timedelta(days=366)) == 1
    with pytest.raises(ObjectMissing):
        store.get(key)
    assert wire_of(report)[0]["urls"]["zoom"]


class AwayStore(MemoryStore):
    """A store that is down for a while."""

    down = True

    def put(self, key, data, content_type):
        if self.down:
            raise Unavailable(retry_after=10)
        super().put(key, data, content_type)


def test_a_store_that_is_away_refuses_politely_and_loses_nothing(db):
    away, photo = AwayStore(), upload()
    with pytest.raises(Unavailable):
        keep_photo(away, photo, now=utc_now())
    assert row_of(photo.id) is None
    away.down = False
    keep_photo(away, photo, now=utc_now())
    away.down = True
    with pytest.raises(Unavailable):
        process_photo(away, photo.id, now=utc_now())
    assert row_of(photo.id).status == "pending"
    away.down = False
    assert process_photo(away, photo.id, now=utc_now()) == "ready"


CRASH = """
import os, sys
from pathlib import Path
from uuid import UUID
from kit.clock import utc_now
from media import keep, process
from media.store import FileStore
from media.tables import PhotoKind

class Doomed(FileStore):
    left = int(sys.argv[4])
    def put(self, key, data, content_type):
        super().put(key, data, content_type)
        Doomed.left -= 1
        if Doomed.left == 0:
            os.kill(os.getpid(), 9)

store = Doomed(Path(sys.argv[1]))
upload = keep.Upload(id=UUID(sys.argv[2]), owner=UUID(sys.argv[3]), kind=PhotoKind.BEFORE, data=sys.stdin.buffer.read())
keep.keep_photo(store, upload, now=utc_now())
process.process_photo(store, upload.id, now=utc_now())
"""


@pytest.mark.kill
@pytest.mark.parametrize("puts", [1, 2, 3, 4])
def test_killed_after_any_write_a_second_try_ends_well(store, puts):
    """kill -9 right after the 1st (original) … 4th (last rendition) object was written, before its row."""
    photo = upload(data=file_of(street(3000, 2000)))
    words = [sys.executable, "-c", CRASH, str(store.root), str(photo.id), str(photo.owner), str(puts)]
    killed = subprocess.run(words, input=photo.data, cwd=HERE, env=os.environ, check=False)
    assert killed.returncode == -9
    assert (row_of(photo.id) is None) == (puts == 1)
    assert row_of(photo.id) is None or row_of(photo.id).status == "pending"
    assert keep_photo(store, photo, now=utc_now()).replayed == (puts > 1)
    assert process_photo(store, photo.id, now=utc_now()) == "ready"
    assert sweep.drop_orphans(store, machine_now=machine_now() + timedelta(hours=25)) == 0
    row = row_of(photo.id)
    assert Image.open(io.BytesIO(store.get(row.renditions["zoom"]["key"]))).size == (2560, 1707)
