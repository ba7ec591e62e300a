"""Kills, crashes of the machine and starts that were cut short: the next start makes good what they left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from kit.embedded import Embedded, running_addresses
from tests.embedded_ground import broker, holder, is_running, one


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
