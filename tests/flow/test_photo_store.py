"""One contract, three houses: files, memory and a real S3 (Ceph's gateway) must behave the same."""

import os
import socket
import threading
import time
from datetime import timedelta
from http.client import HTTPConnection
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from kit.ids import new_id
from kit.jobs import machine_now
from kit.problems import Unavailable
from kit.settings import Settings
from media.store import FileStore, MemoryStore, ObjectMissing, S3Store, key_for, open_store, s3_store
from tests.ceph import Ceph, free_port, missing_programs

PHOTO = UUID("0197a2b4-6f30-7abc-8def-0123456789ab")


@pytest.fixture(scope="session")
def ceph(tmp_path_factory):
    absent = missing_programs()
    if absent:
        pytest.skip(f"no real S3 here: {', '.join(absent)} not installed (Debian: radosgw ceph-mon ceph-osd)")
    cluster = Ceph(tmp_path_factory.mktemp("ceph"))
    try:
        yield cluster.start()
    finally:
        cluster.stop()


def s3_settings(cluster, **other):
    known = {"s3_endpoint": cluster.endpoint, "s3_access_key": cluster.access_key, "s3_secret_key": cluster.secret_key}
    return Settings(profile="test", **known | other)


@pytest.fixture(scope="session")
def s3(ceph):
    """Warm: the cluster makes its pools when the first bucket and the first object come, which takes seconds."""
    store = open_store(s3_settings(ceph))
    deadline = time.monotonic() + 60
    while True:
        try:
            store.put(key_for(new_id(), "thumb", b"warm"), b"warm", "image/webp")
            return store
        except Unavailable:
            if time.monotonic() > deadline:
                raise


@pytest.fixture(params=["files", "memory", "s3"])
def store(request, tmp_path):
    if request.param == "s3":
        return request.getfixturevalue("s3")
    return FileStore(tmp_path / "objects") if request.param == "files" else MemoryStore()


def test_what_was_put_can_be_read_until_it_is_deleted(store):
    data = os.urandom(3_000_000)
    key = key_for(new_id(), "original", data)
    store.put(key, data, "image/jpeg")
    store.put(key, data, "image/jpeg")  # a retry
    assert store.get(key) == data
    found = store.stat(key)
    assert (found.key, found.bytes) == (key, len(data))
    assert abs(machine_now() - found.written_at) < timedelta(seconds=60)
    store.delete(key)
    store.delete(key)
    for question in (store.get, store.stat):
        with pytest.raises(ObjectMissing):
            question(key)


def test_the_list_knows_photos_and_ages(store):
    mine, other = new_id(), new_id()
    keys = {key_for(mine, name, name.encode()) for name in ("original", "thumb", "zoom")}
    for key in (*keys, key_for(other, "thumb", b"x")):
        store.put(key, b"x", "image/webp")
    assert {found.key for found in store.list(f"{mine}/")} == keys
    assert keys < {found.key for found in store.list()}
    assert not list(store.list(f"{mine}/", older_than=machine_now() - timedelta(minutes=5)))
    assert {found.key for found in store.list(f"{mine}/", older_than=machine_now() + timedelta(minutes=5))} == keys


def test_an_empty_house_is_no_error(ceph, tmp_path):
    for empty in (FileStore(tmp_path / "none"), MemoryStore(), open_store(s3_settings(ceph, s3_bucket="never-made"))):
        assert list(empty.list()) == []
        with pytest.raises(ObjectMissing):
            empty.get(key_for(PHOTO, "thumb", b"x"))
        empty.delete(key_for(PHOTO, "thumb", b"x"))


@pytest.mark.parametrize(
    "key",
    [
        "../../etc/passwd", f"{PHOTO}/../thumb-0123456789abcdef", "/etc/passwd", f"{PHOTO}/thumb-0123456789abcdef\0",
        f"{PHOTO}%2fthumb-0123456789abcdef", f"{PHOTO}/thumb-0123456789abcdef/", f"{PHOTO}/thumb-0123456789ABCDEF",
        f"{PHOTO}/thumb-0123456789abcdef\n", f"{PHOTO}/..-0123456789abcdef", "", "..%252e",
        f"{PHOTO}\\thumb-0123456789abcdef",
    ],
)  # fmt: skip
def test_no_key_leads_out_of_the_house(store, key):
    for question in (store.get, store.stat, store.delete, lambda wrong: store.put(wrong, b"x", "image/webp")):
        with pytest.raises(ObjectMissing):
            question(key)


def test_a_reader_never_meets_half_a_file(tmp_path):
    store, data = FileStore(tmp_path), os.urandom(2_000_000)
    key, seen, done = key_for(PHOTO, "zoom", data), set(), threading.Event()

    def read():
        while not done.is_set():
            try:
                seen.add(store.get(key) == data)
            except ObjectMissing:
                continue

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(30):
        store.put(key, data, "image/webp")
    done.set()
    reader.join()
    assert seen <= {True}
    assert [path.suffix for path in tmp_path.rglob("*.tmp")] == []


def test_files_are_private_to_their_owner(tmp_path):
    store = FileStore(tmp_path / "objects")
    store.put(key_for(PHOTO, "original", b"x"), b"x", "image/jpeg")
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "objects").rglob("*")}
    assert modes == {0o600, 0o700}


def test_a_disk_that_refuses_is_unavailable_and_leaves_nothing(tmp_path):
    (tmp_path / "objects").write_text("a file where the folder should be")
    with pytest.raises(Unavailable):
        FileStore(tmp_path / "objects").put(key_for(PHOTO, "thumb", b"x"), b"x", "image/webp")


def test_what_a_crash_left_half_written_is_swept(tmp_path):
    store = FileStore(tmp_path)
    store.put(key_for(PHOTO, "thumb", b"x"), b"x", "image/webp")
    half = tmp_path / "renditions/ab/.0123.tmp"
    half.write_bytes(b"ha")
    assert store.tidy(machine_now() - timedelta(hours=1)) == 0
    assert store.tidy(machine_now() + timedelta(hours=1)) == 1
    assert store.get(key_for(PHOTO, "thumb", b"x")) == b"x"


def fetch(address):
    """Status and body, straight from the store."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_signed_address_works_and_dies_when_changed_or_old(s3):
    key, other = key_for(new_id(), "thumb", b"seen"), key_for(new_id(), "thumb", b"hidden")
    s3.put(key, b"seen", "image/webp")
    s3.put(other, b"hidden", "image/webp")
    address = s3.presign(key, 60)
    assert fetch(address) == (200, b"seen")
    assert fetch(address.replace(key, other))[0] == 403
    assert fetch(address.split("?")[0])[0] == 403
    short = s3.presign(key, 1)
    time.sleep(2.5)
    assert fetch(short)[0] == 403


def test_a_wrong_secret_opens_nothing(ceph, s3):
    thief = open_store(s3_settings(ceph, s3_secret_key="guessed-wrong"))
    with pytest.raises(Unavailable):
        thief.put(key_for(PHOTO, "thumb", b"x"), b"x", "image/webp")
    with pytest.raises(Unavailable):
        list(thief.list())


def test_a_store_that_is_away_or_hangs_says_so_in_bounded_time():
    def store_at(port):
        lost = Settings(profile="test", s3_endpoint=f"127.0.0.1:{port}", s3_access_key="a", s3_secret_key="b")
        return s3_store(lost, patience_s=1)

    started = time.monotonic()
    with pytest.raises(Unavailable):
        store_at(free_port()).put(key_for(PHOTO, "thumb", b"x"), b"x", "image/webp")
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unavailable):
        store_at(silent.getsockname()[1]).get(key_for(PHOTO, "thumb", b"x"))
    assert time.monotonic() - started < 10


def test_the_settings_choose_the_house(tmp_path):
    assert isinstance(open_store(Settings(profile="test", data_dir=tmp_path)), FileStore)
    assert isinstance(open_store(Settings(profile="test", s3_endpoint="s3.invalid")), S3Store)
