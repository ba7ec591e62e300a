"""The private servers of a data folder: any folder, one instance, durable, closed to strangers."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from pathlib import Path

import psycopg
import pytest
import redis

from kit import embedded_host
from kit.embedded import Embedded, FolderBusy, PartFailed, running_addresses
from kit.embedded_folder import DataFolder, free_port, port_is_free
from tests.embedded_ground import broker, holder, one

AS_ROOT = os.geteuid() == 0


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


def test_postgres_comes_back_after_each_way_of_stopping(tmp_path: Path) -> None:
    with Embedded(tmp_path / "data", broker=False) as parts:
        with psycopg.connect(parts.database_url) as link:
            link.execute("create table ledger as select 43 as acknowledged")
        for mode in ("smart", "fast", "immediate"):
            before = parts.postgres_pid
            parts.restart_postgres(mode)
            assert parts.postgres_pid != before
            assert one(parts.database_url, "select acknowledged from ledger") == 43, mode


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
