"""One server under torture: started, its programs found and killed, started again when its supervisor died."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import redis

from kit.embedded import Addresses, running_addresses
from tests.outside.city import City

ROOT = Path(__file__).resolve().parents[2]
QUEUES = ("plan", "send", "photos", "figures", "ticks")


def wait_for(what: Callable[[], Any], within_s: float, step_s: float = 0.02) -> Any:
    """The first true answer of `what()`, or its last false one when `within_s` seconds are over."""
    until = time.monotonic() + within_s
    while not (found := what()) and time.monotonic() < until:
        time.sleep(step_s)
    return found


def ended(pid: int) -> bool:
    """Whether this process is gone (or a zombie, which runs no more)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in {"Z", "X"}


def children_of(pid: int) -> list[int]:
    """Its present child processes, of all its threads."""
    found: list[int] = []
    for place in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(word) for word in place.read_text(encoding="ascii").split()]
        except OSError:
            continue
    return found


class Instance:
    """`python -m api serve` on one data folder and one port, under short limits so that waiting ends soon."""

    def __init__(self, data: Path, **environ: str) -> None:
        self.data, self._environ = data, environ
        self.port = 0
        self.supervisor: subprocess.Popen[str] | None = None
        self.base_url = ""

    def start(self) -> None:
        """Start and wait for its line; keeps the port of the first start, as a service manager would."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("HT_")}
        words = ["serve", "--port", str(self.port), "--data", str(self.data), "--profile", "demo"]
        said = self.data.parent / f"{self.data.name}.err"
        with said.open("ab") as errors:
            self.supervisor = subprocess.Popen(
                [sys.executable, "-m", "api", *words],
                cwd=ROOT,
                env={**clean, **self._environ},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        line = self.supervisor.stdout.readline() if self.supervisor.stdout else ""
        if not line.startswith("ready "):
            raise RuntimeError(f"serve did not become ready: {said.read_text()[-3000:]}")
        self.base_url = line.split()[1]
        self.port = int(self.base_url.rpartition(":")[2])
        self.city = City(self.base_url, self.data)
        addresses = running_addresses(self.data)
        assert addresses is not None
        self.addresses: Addresses = addresses

    def stop(self) -> None:
        if self.supervisor is None:
            return
        if self.supervisor.poll() is None:
            self.supervisor.send_signal(signal.SIGTERM)
            self.supervisor.wait(60)
        if self.supervisor.stdout:
            self.supervisor.stdout.close()
        if self.base_url:
            self.city.http.close()
        self.supervisor = None

    # ── looking ─────────────────────────────────────────────────────────────────────────────────────

    def pids(self) -> dict[str, int]:
        return json.loads((self.data / "run" / "processes.json").read_text(encoding="utf-8"))

    def pid(self, name: str, within_s: float = 30.0) -> int:
        """The living process of this name, waited for where it is just being started again."""

        def alive() -> int:
            pid = self.pids().get(name, 0)
            return pid if pid and not ended(pid) else 0

        found: int = wait_for(alive, within_s)
        if not found:
            raise RuntimeError(f"{name} was not started again within {within_s:.0f} s")
        return found

    def worker_family(self) -> list[int]:
        """The worker and its pool, the worker first."""
        main = self.pid("worker")
        return [main, *children_of(main)]

    @contextmanager
    def database(self, patience_s: float = 30.0) -> Iterator[psycopg.Connection[Any]]:
        """A connection of our own in autocommit; waits for a database that is just coming back."""
        until = time.monotonic() + patience_s
        while True:
            try:
                link = psycopg.connect(self.addresses.database_url, autocommit=True, connect_timeout=2)
                break
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
        with link:
            yield link

    def one(self, query: str, *values: Any) -> Any:
        """The first column of the first row."""
        with self.database() as link:
            row = link.execute(query, values).fetchone()  # type: ignore[arg-type]
        return row[0] if row else None

    def broker(self) -> "redis.Redis[bytes]":
        return redis.Redis.from_url(self.addresses.broker_url, socket_timeout=5)

    def messages_waiting(self) -> int:
        """Messages in the broker: queued, and handed out but not acknowledged."""
        broker = self.broker()
        try:
            return sum(int(broker.llen(name)) for name in QUEUES) + int(broker.hlen("unacked"))
        finally:
            broker.close()

    # ── breaking ────────────────────────────────────────────────────────────────────────────────────

    def kill(self, *pids: int, how: signal.Signals = signal.SIGKILL, within_s: float = 10.0) -> bool:
        """Send the signal to all, then wait; whether every one of them has really ended."""
        for pid in pids:
            try:
                os.kill(pid, how)
            except ProcessLookupError:
                continue
        return bool(wait_for(lambda: all(ended(pid) for pid in pids), within_s))

    @contextmanager
    def frozen(self, *pids: int) -> Iterator[None]:
        """These processes stand still (SIGSTOP) inside the block."""
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                if not ended(pid):
                    os.kill(pid, signal.SIGCONT)

    def kill_supervisor(self) -> bool:
        """kill -9 of the master; what it had started ends with it. Then a service manager starts it again."""
        assert self.supervisor is not None
        gone = self.kill(self.supervisor.pid)
        self.supervisor.wait()
        if self.supervisor.stdout:
            self.supervisor.stdout.close()
        return gone

    def empty_redis_folder(self) -> None:
        """Throw the journal of a Redis that is not running away."""
        shutil.rmtree(self.data / "redis", ignore_errors=True)
