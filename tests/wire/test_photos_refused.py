"""Uploads that are refused over HTTP: B8–B16, B55, B56; each by name, none echoed, nothing kept."""

import socket
import time

import httpx
import pytest

from media.header import MAX_BYTES
from media.store import the_store
from tests.message_city import Town
from tests.photo_files import file_of, png_of, street
from tests.photo_http import photo_client, send, signed_in, slug


@pytest.fixture
def town(db):
    the_store.cache_clear()
    yield Town().build()
    the_store.cache_clear()


@pytest.fixture
def client(town):
    with photo_client() as opened:
        yield opened


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"id": None}, "/id"),
        ({"id": "0197A2B4-6F30-7ABC-8DEF-0123456789AB"}, "/id"),
        ({"id": "6ba7b810-9dad-41d1-80b4-00c04fd430c8"}, "/id"),
        ({"kind": None}, "/kind"),
        ({"kind": "during"}, "/kind"),
        ({"report_id": "x"}, "/report_id"),
        ({"owner_id": "me"}, "/owner_id"),
    ],
)
def test_fields_are_read_strictly(client, town, fields, pointer):
    answer = send(client, signed_in(town), file_of(street()), **fields)
    assert answer.status_code in (400, 422)
    if answer.status_code == 422:
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert "during" not in answer.text


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"GIF89a" + bytes(100), (415, "unsupported-media-type")),
        (b"<svg onload='alert(1)'/>", (415, "unsupported-media-type")),
        (b"%PDF-1.7", (415, "unsupported-media-type")),
        (file_of(street())[:-500], (422, "photo-unreadable")),
        (b"", (422, "photo-unreadable")),
        (b"\xff", (415, "unsupported-media-type")),
        (png_of(13_000, 13_000), (422, "image-too-large")),
        (png_of(0, 10), (422, "image-too-large")),
        (file_of(street()) + bytes(MAX_BYTES), (413, "payload-too-large")),
    ],
)
def test_what_is_no_photo_of_ours_is_refused_by_name(client, town, data, expected):
    answer = send(client, signed_in(town), data)
    assert slug(answer) == expected
    assert answer.headers["content-type"] == "application/problem+json"


def test_only_an_honest_multipart_body_is_read(client, town):
    lan = signed_in(town)
    good = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc\r\n--x--\r\n'
    kinds = {
        "application/json": 415,
        "text/plain": 415,
        "multipart/form-data": 400,
        f"multipart/form-data; boundary={'b' * 10_000}": 415,
        "multipart/form-data; boundary=other": 400,
    }
    for kind, status in kinds.items():
        assert client.post("/v1/photos", headers=lan | {"Content-Type": kind}, content=good).status_code == status
    zipped = lan | {"Content-Type": "multipart/form-data; boundary=x", "Content-Encoding": "gzip"}
    assert client.post("/v1/photos", headers=zipped, content=good).status_code == 415
    parts = (
        b"".join(b'--x\r\nContent-Disposition: form-data; name="id"\r\n\r\na\r\n' for _ in range(1001)) + b"--x--\r\n"
    )
    typed = lan | {"Content-Type": "multipart/form-data; boundary=x"}
    assert client.post("/v1/photos", headers=typed, content=parts).status_code == 400
    nameless = good.replace(b'name="file"; ', b"")
    answer = client.post(
        "/v1/photos", headers=lan | {"Content-Type": "multipart/form-data; boundary=x"}, content=nameless
    )
    assert answer.status_code == 400


def test_a_body_that_never_ends_is_cut_off_and_not_kept(client, town):
    """No Content-Length to be believed: 40 MB in chunks are refused after 15."""
    sent, before = 0, {found.key for found in the_store().list()}

    def endless():
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(640):
            sent += 65_536
            yield bytes(65_536)

    headers = signed_in(town) | {"Content-Type": "multipart/form-data; boundary=x"}
    try:
        answer = client.post("/v1/photos", headers=headers, content=endless())
        assert slug(answer) == (413, "payload-too-large")
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        assert sent > MAX_BYTES  # the server had hung up before all was sent
    assert {found.key for found in the_store().list()} == before
    started = time.monotonic()
    too_long = headers | {"Content-Length": str(40 * 1024 * 1024)}
    with socket.create_connection((client.base_url.host, client.base_url.port), timeout=5) as line:
        lines = "\r\n".join(f"{name}: {value}" for name, value in too_long.items())
        line.sendall(f"POST /v1/photos HTTP/1.1\r\nHost: x\r\n{lines}\r\n\r\n".encode())
        assert b" 413 " in line.recv(4096)[:40]
    assert time.monotonic() - started < 2
