"""Photos over HTTP: sent once, served clean, refused politely (B1, B6–B17, B55, B56, B58 at the edge)."""

import io
from datetime import timedelta

import pytest
from PIL import Image

from kit.clock import utc_now
from kit.db import unit_of_work
from kit.ids import new_id
from media.header import is_bare_webp
from media.keep import attach
from media.links import photos_of
from media.process import process_photo
from media.store import the_store
from media.tables import Photo
from tests.message_city import Town
from tests.photo_files import file_of, gps_exif, street
from tests.photo_http import photo_client, send, signed_in, slug
from tests.shared_data import shared


@pytest.fixture
def town(db):
    the_store.cache_clear()
    yield Town().build()
    the_store.cache_clear()


@pytest.fixture
def client(town):
    with photo_client() as opened:
        yield opened


def published(town, photo_id, *, public):
    """What the worker and an attached report would have done; the photo as the report shows it."""
    process_photo(the_store(), photo_id, now=utc_now())
    report = new_id()
    with unit_of_work() as session:
        attach(session, [photo_id], report_id=report, owner=town.people["lan"], public=public, now=utc_now())
        (shown,) = photos_of(session, [report], now=utc_now())[report]
    return shown


def test_a_photo_with_a_place_in_it_is_served_without(client, town):
    lan, photo_id = signed_in(town), new_id()
    data = file_of(street(1600, 1200), exif=gps_exif(105.2, 21.3, orientation=6), comment=b"phone 0912345678")
    answer = send(client, lan, data, id=str(photo_id))
    assert answer.status_code == 201
    assert answer.json() == {"id": str(photo_id), "width": 1200, "height": 1600, "status": "pending"}
    shown = published(town, photo_id, public=True)
    for name, longest in (("thumb", 320), ("screen", 1280), ("zoom", 1600)):
        served = client.get(shown["urls"][name])
        assert served.status_code == 200
        assert is_bare_webp(served.content)
        assert max(Image.open(io.BytesIO(served.content)).size) == longest
        assert served.headers["content-type"] == "image/webp"
        assert served.headers["cache-control"] == "public, max-age=3600"
        assert served.headers["x-content-type-options"] == "nosniff"
        seen = client.get(shown["urls"][name], headers={"If-None-Match": served.headers["etag"]})
        assert (seen.status_code, seen.content) == (304, b"")
        head = client.head(shown["urls"][name])
        assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("name", ["gps/ianare__jpg_gps_DSCN0012.jpg", "phone/drew__webp_HTC_Desire.webp"])
def test_real_photos_go_the_same_way(client, town, name):
    photo_id = new_id()
    data = shared(f"photos/{name}").read_bytes()
    assert send(client, signed_in(town), data, id=str(photo_id)).status_code == 201
    shown = published(town, photo_id, public=False)
    served = client.get(shown["urls"]["zoom"])
    assert is_bare_webp(served.content)
    assert served.headers["cache-control"] == "private, no-store"


def test_private_addresses_end_and_cannot_be_changed(client, town):
    photo_id = new_id()
    send(client, signed_in(town), file_of(street()), id=str(photo_id))
    shown = published(town, photo_id, public=False)
    address = shown["urls"]["screen"]
    assert client.get(address).status_code == 200
    assert slug(client.get(address[:-4] + "AAAA")) == (404, "not-found")
    with unit_of_work() as session:
        key = session.get_one(Photo, photo_id).renditions["screen"]["key"]
        original = session.get_one(Photo, photo_id).original_key
    for wrong in (f"/media/{key}", f"/media/{original}", f"/media/private/{key}"):
        answer = client.get(wrong)
        assert slug(answer) == (404, "not-found")
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    ["..%2f..%2fetc%2fpasswd", "%252e%252e/x", "x%00/y", "//etc/passwd", "a/b", "private/", "private/a.b", "a%0d%0a/b"],
)
def test_no_path_leads_anywhere_else(client, path):
    assert slug(client.get(f"/media/{path}"))[0] in (400, 404)


def test_a_retry_is_the_same_photo_and_an_id_belongs_to_its_sender(client, town):
    lan, photo_id, data = signed_in(town), str(new_id()), file_of(street())
    first, again = send(client, lan, data, id=photo_id), send(client, lan, data, id=photo_id)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert slug(send(client, lan, file_of(street(), quality=20), id=photo_id)) == (409, "id-reused")
    assert slug(send(client, signed_in(town, "minh"), data, id=photo_id)) == (409, "id-taken")


def test_a_stranger_sends_nothing(client):
    answer = send(client, {}, file_of(street()))
    assert slug(answer) == (401, "unauthenticated")


def test_the_quotas_speak(client, town):
    lan, data = signed_in(town), file_of(street(32, 32))
    with unit_of_work() as session:
        for number in range(50):
            session.add(
                Photo(
                    id=new_id(), owner_id=town.people["lan"], kind="before", content_type="image/jpeg", bytes=1,
                    sha256="-", width=1, height=1, created_at=utc_now() - timedelta(minutes=number),
                )
            )  # fmt: skip
    answer = send(client, lan, data)
    assert slug(answer) == (429, "quota")
    assert 22 * 3600 < int(answer.headers["retry-after"]) <= 24 * 3600


def test_a_photo_that_names_its_report_joins_it_and_a_strangers_does_not(client, town):
    data, mine, foreign = file_of(street()), str(new_id()), str(new_id())
    assert send(client, signed_in(town), data, id=mine, report_id=str(town.report)).status_code == 201
    assert send(client, signed_in(town), data, id=mine, report_id=str(town.report)).status_code == 201
    assert send(client, signed_in(town, "minh"), data, id=foreign, report_id=str(town.report)).status_code == 201
    assert send(client, signed_in(town), data, report_id=str(new_id())).status_code == 201  # its report comes later
    with unit_of_work() as session:
        shown = photos_of(session, [town.report], now=utc_now())[town.report]
    assert [photo["id"] for photo in shown] == [mine]
