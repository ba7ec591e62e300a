"""The private Redis of one data folder. It carries work that the database remembers too, so it may be lost whole."""

from __future__ import annotations

import shutil
import signal
import time
from pathlib import Path

import redis

from kit.embedded_host import Keeper, PartFailed, PartsMissing, end_leftovers
from kit.embedded_process import ServerProcess, wait_until

LOG_LIMIT_BYTES = 5_000_000
# A broker must refuse rather than forget: noeviction.
SETTINGS = """\
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
dir "{data}"
logfile "{log}"
appendonly {keep}
appendfsync everysec
save ""
maxmemory 256mb
maxmemory-policy noeviction
tcp-backlog 128
daemonize no
always-show-logo no
"""


class Redis:
    """One server. After a start its queue is what it was, up to the last second before a crash."""

    def __init__(self, *, keeper: Keeper, logs: Path, fast: bool = False) -> None:
        self.data = keeper.home / "redis"
        self.port = 0
        self._keeper, self._logs, self._fast = keeper, logs, fast
        self._password = ""
        self.process = ServerProcess("redis", logs / "first-words.log")

    def clear_leftovers(self) -> None:
        """End an earlier life that is still running in the folder."""
        end_leftovers(self.data, "redis-server", first=None, gently=signal.SIGTERM)

    def start(self, port: int, password: str) -> None:
        """Start on loopback `port` and wait until it answers.

        A journal that a crash has garbled is put aside, not repaired: what it held is sent again by the sweeper.
        """
        self.port, self._password = port, password
        program = shutil.which("redis-server")
        if program is None:
            raise PartsMissing("redis-server is missing")
        self._keeper.folder(self.data)
        self._keeper.folder(self._logs)
        self._trim_log()
        config = self._keeper.home / "redis.conf"
        keep = "no" if self._fast else "yes"
        self._keeper.write(
            config,
            SETTINGS.format(port=port, password=password, data=self.data, log=self._log, keep=keep),
        )
        if not self._try_start(program, config) and self._put_journal_aside():
            self._try_start(program, config)
        if not self.process.alive:
            raise PartFailed(f"Redis did not start:\n{self.process.last_words()}\n{self._log_end()}")

    def stop(self) -> None:
        """Write the journal and end."""
        self.process.stop(signal.SIGTERM)

    def _try_start(self, program: str, config: Path) -> bool:
        self.process.start(self._keeper.command(program, str(config), on_orphaned="TERM"))
        wait_until(lambda: self._answers() or not self.process.alive, patience_s=60.0)
        return self.process.alive

    def _answers(self) -> bool:
        client = redis.Redis(port=self.port, password=self._password, socket_timeout=1)
        try:
            return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False  # Not listening yet, or still reading its journal.
        finally:
            client.close()

    def _put_journal_aside(self) -> bool:
        journal = self.data / "appendonlydir"
        if "Bad file format" not in self._log_end() or not journal.exists():
            return False
        journal.rename(self.data / f"appendonlydir.broken-{int(time.time())}")
        return True

    @property
    def _log(self) -> Path:
        return self._logs / "redis.log"

    def _log_end(self, lines: int = 12) -> str:
        try:
            return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""

    def _trim_log(self) -> None:
        if self._log.exists() and self._log.stat().st_size > LOG_LIMIT_BYTES:
            self._log.replace(self._log.with_suffix(".log.1"))
