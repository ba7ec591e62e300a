"""What the tests of the private servers share: another process that holds a folder, and short questions."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis

from kit.embedded import Embedded

ROOT = Path(__file__).resolve().parents[1]

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
