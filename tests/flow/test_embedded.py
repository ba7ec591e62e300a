"""The private servers of a data folder: any folder, one instance, nothing lost, whatever was left behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from kit import embedded_host
from kit.embedded import Embedded, FolderBusy, PartFailed, running_addresses
from kit.embedded_folder import DataFolder, free_port, port_is_free

ROOT = Path(__file__).resolve().parents[2]
AS_ROOT = os.geteuid() == 0

HOLDER = """
import sys, time
from kit.embedded import Embedded
parts = Embedded(sys.argv[1])
parts.start()
print(parts.postgres_pid, parts.redis_pid, flush=True)
time.sleep(120)
"""


def broker(parts: Embedded) -> redis.Redis:
    """A client of the folder's Redis."""
    return redis.Redis.from_url(parts.broker_url)


@contextmanager
def holder(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    """Another process that runs the folder: itself, its PostgreSQL and its Redis. Killed at the end."""
    command = [sys.executable, "-c", HOLDER, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        postgres, broker = process.stdout.readline().split()
        try:
            yield process, int(postgres), int(broker)
        finally:
            process.kill()


def is_running(pid: int) -> bool:
    """Alive and not merely waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def one(url: str, statement: str) -> object:
    with psycopg.connect(url) as link:
        row = link.execute(statement).fetchone()
    assert row is not None
    return row[0]


def test_a_first_start_gives_a_durable_database_and_a_role_without_power(tmp_path: Path) -> None:
    with Embedded(tmp_path / "data") as parts:
        for setting, value in (
            ("fsync", "on"),
            ("synchronous_commit", "on"),
            ("full_page_writes", "on"),
            ("jit", "off"),
            ("is_superuser", "off"),
            ("listen_addresses", "127.0.0.1"),
        ):
            assert one(parts.database_url, f"show {setting}") == value, setting
        powers = "rolsuper or rolcreaterole or rolcreatedb or rolreplication"
        rights = f"select {powers} from pg_roles where rolname = current_user"
        assert one(parts.database_url, rights) is False
        assert (
            one(
                parts.database_url,
                "select count(*) from pg_extension where extname in ('postgis', 'pg_trgm', 'btree_gist')",
            )
            == 3
        )
        assert (
            one(
                parts.database_url,
                "select round(ST_Distance('POINT(105.4 21.3)'::geography, 'POINT(105.4 21.31)'::geography))",
            )
            == 1107
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            one(parts.database_url, "select pg_read_file('/etc/shadow')")
        with redis.Redis.from_url(parts.broker_url) as broker:
            assert broker.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert broker.config_get("append*")["appendfsync"] == "everysec"


def test_neither_server_lets_anybody_in_without_the_password(tmp_path: Path) -> None:
    with Embedded(tmp_path / "data", fast=True) as parts:
        ports = json.loads((tmp_path / "data" / "ports.json").read_text())
        for user in ("hien_truong", "postgres"):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(
                    host="127.0.0.1", port=ports["postgres"], user=user, dbname="hien_truong", password="guess"
                )
        with redis.Redis(port=ports["redis"]) as nobody, pytest.raises(redis.AuthenticationError):
            nobody.ping()
        assert parts.postgres is not None
        assert parts.postgres.sockets.stat().st_mode & 0o777 == 0o700
        assert len(str(parts.postgres.sockets / f".s.PGSQL.{ports['postgres']}")) < 107


def test_a_second_start_keeps_the_data_and_takes_half_a_second(tmp_path: Path) -> None:
    with Embedded(tmp_path / "data") as parts:
        with psycopg.connect(parts.database_url) as link:
            link.execute("create table memory as select 'mended' as word")
        broker(parts).lpush("queue", "job 7")
        before = json.loads((tmp_path / "data" / "ports.json").read_text())
    started = time.monotonic()
    with Embedded(tmp_path / "data") as parts:
        took_s = time.monotonic() - started
        assert one(parts.database_url, "select word from memory") == "mended"
        assert broker(parts).lrange("queue", 0, -1) == [b"job 7"]
        assert json.loads((tmp_path / "data" / "ports.json").read_text()) == before
    assert took_s < 3, "measured 0.07 s on a quiet machine; the rest is room for a busy one"


def test_one_instance_per_folder_and_many_side_by_side(tmp_path: Path) -> None:
    with holder(tmp_path / "data") as (process, _, _):
        with pytest.raises(FolderBusy) as refused:
            Embedded(tmp_path / "data").start()
        assert refused.value.pid == process.pid
        found = running_addresses(tmp_path / "data")
        assert found is not None
        assert one(found.database_url, "select 1") == 1
        with Embedded(tmp_path / "beside", fast=True) as beside:
            assert beside.database_url != found.database_url
            assert one(beside.database_url, "select 2") == 2
    assert running_addresses(tmp_path / "data") is None


@pytest.mark.kill
def test_a_killed_holder_takes_its_servers_with_it_and_the_next_one_starts(tmp_path: Path) -> None:
    with holder(tmp_path / "data") as (process, postgres, broker_pid):
        found = running_addresses(tmp_path / "data")
        assert found is not None
        with psycopg.connect(found.database_url) as link:
            link.execute("create table ledger as select 41 as acknowledged")
        assert is_running(postgres)
        process.kill()
        process.wait()
        with Embedded(tmp_path / "data") as parts:
            assert not is_running(postgres)
            assert not is_running(broker_pid)
            assert one(parts.database_url, "select acknowledged from ledger") == 41


@pytest.mark.kill
def test_postgres_killed_alone_leaves_helpers_that_are_cleared_before_the_next_start(tmp_path: Path) -> None:
    with Embedded(tmp_path / "data") as parts:
        with psycopg.connect(parts.database_url) as link:
            link.execute("create table ledger as select 42 as acknowledged")
        os.kill(parts.postgres_pid, signal.SIGKILL)
        os.kill(parts.redis_pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        mended: list[str] = []
        while len(mended) < 2 and time.monotonic() < deadline:
            mended += parts.mend()
        assert sorted(mended) == ["postgres", "redis"]
        assert one(parts.database_url, "select acknowledged from ledger") == 42
        assert broker(parts).ping() is True


def test_postgres_comes_back_after_each_way_of_stopping(tmp_path: Path) -> None:
    with Embedded(tmp_path / "data", broker=False) as parts:
        with psycopg.connect(parts.database_url) as link:
            link.execute("create table ledger as select 43 as acknowledged")
        for mode in ("smart", "fast", "immediate"):
            before = parts.postgres_pid
            parts.restart_postgres(mode)
            assert parts.postgres_pid != before
            assert one(parts.database_url, "select acknowledged from ledger") == 43, mode


def test_what_a_crash_of_the_machine_leaves_behind_does_not_stop_a_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Embedded(data) as parts:
        assert parts.postgres is not None
        sockets = parts.postgres.sockets
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        # The number in the file now belongs to somebody else, as after a reboot.
        (data / "pg" / "postmaster.pid").write_text(f"{stranger.pid}\n{data}/pg\n1\n5432\n\n\n\nready\n")
        (sockets / ".s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n")
        (data / "lock").write_text(f"{stranger.pid}\n")
        shutil.copytree(data / "pg", data / "pg.draft")
        with Embedded(data) as parts:
            assert one(parts.database_url, "select 1") == 1
        assert stranger.poll() is None, "a stranger's process is left alone"
    finally:
        stranger.kill()
        stranger.wait()


def test_a_first_start_that_was_cut_short_is_made_good(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Embedded(data, fast=True) as parts:
        assert parts.postgres is not None
        with parts.postgres.connect("postgres") as keeper:
            keeper.execute("drop database hien_truong with (force)")
    (data / "pg.ready").unlink()
    with Embedded(data, fast=True) as parts:
        assert one(parts.database_url, "select count(*) from pg_extension where extname = 'postgis'") == 1
    shutil.rmtree(data / "pg")
    (data / "pg.draft").mkdir()
    (data / "pg.draft" / "PG_VERSION").write_text("15\n")
    (data / "pg.ready").unlink()
    with Embedded(data, fast=True) as parts:
        assert one(parts.database_url, "select 1") == 1


def test_a_garbled_journal_of_redis_is_put_aside(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Embedded(data, database=False) as parts:
        broker(parts).lpush("queue", *range(100))
    journal = next((data / "redis" / "appendonlydir").glob("*.incr.aof"))
    text = journal.read_bytes()
    journal.write_bytes(text[:100] + b"garbage\r\n" * 20 + text[150:])
    with Embedded(data, database=False) as parts:
        assert broker(parts).llen("queue") == 0
    assert list((data / "redis").glob("appendonlydir.broken-*"))


def test_a_taken_port_is_left_to_its_owner(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Embedded(data, fast=True):
        pass
    before = json.loads((data / "ports.json").read_text())
    with socket.socket() as other:
        other.bind(("127.0.0.1", before["postgres"]))
        other.listen()
        assert not port_is_free(before["postgres"])
        with Embedded(data, fast=True) as parts:
            after = json.loads((data / "ports.json").read_text())
            assert after["postgres"] != before["postgres"]
            assert one(parts.database_url, "select 1") == 1


@pytest.mark.skipif(not AS_ROOT, reason="only root changes to another user")
@pytest.mark.parametrize("skipped", [0, 1, 2, 3])
def test_root_finds_a_way_even_below_its_own_home(monkeypatch: pytest.MonkeyPatch, skipped: int) -> None:
    """Each way in turn: as postgres, with one capability, in a user namespace, in /var/lib."""
    home = Path(f"/root/.hien-truong-test-{os.getpid()}-{skipped}")
    everything = embedded_host._candidates
    monkeypatch.setattr(embedded_host, "_candidates", lambda folder: list(everything(folder))[skipped:])
    try:
        with Embedded(home / "data", fast=True) as parts:
            assert one(parts.database_url, "select 1") == 1
            assert (home / "data").stat().st_mode & 0o777 == 0o700
            owner = Path(f"/proc/{parts.postgres_pid}").stat().st_uid
            elsewhere = home / "data" / "SERVERS_LIE_IN"
            assert owner != 0 or skipped == 2
            assert elsewhere.exists() == (skipped == 3)
            servers = Path(elsewhere.read_text().strip()) if elsewhere.exists() else None
    except PartFailed:
        if skipped == 2:
            pytest.skip("this machine allows no user namespaces")
        raise
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if servers:
        shutil.rmtree(servers)


def test_secrets_are_made_once_and_only_for_their_owner(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    first = folder.secret("seal_key")
    assert DataFolder(tmp_path / "data").secret("seal_key") == first
    assert folder.secret("secret_key") != first
    assert (tmp_path / "data" / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert free_port() in range(20_000, 32_000)
