"""The folder of one instance: its lock, its ports, its secrets. Knows files; starts nothing."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import random
import secrets
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

# Below Linux's own range for outgoing connections (32768 and up), so that no client socket takes a port of ours.
PORTS = range(20_000, 32_000)
LOCK_PATIENCE_S = 0.5  # Somebody may just be asking who holds the lock; that takes microseconds.


class FolderBusy(RuntimeError):
    """Another process holds this data folder. `pid` is that process, 0 where it has not said yet."""

    def __init__(self, folder: Path, pid: int) -> None:
        super().__init__(f"{folder} is in use by process {pid}")
        self.folder, self.pid = folder, pid


class DataFolder:
    """One data folder. Everything in it is private to the user who starts the instance (mode 0700)."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).expanduser().resolve()
        self._lock: int | None = None

    def prepare(self) -> None:
        """Make the folder and the parts that every program expects. An existing folder keeps its mode."""
        if not self.path.exists():
            self.path.mkdir(mode=0o700, parents=True)
        for name in ("log", "run"):
            (self.path / name).mkdir(mode=0o700, exist_ok=True)

    @property
    def short_name(self) -> str:
        """Ten characters that stand for this path where the path itself would be too long."""
        return hashlib.sha256(str(self.path).encode()).hexdigest()[:10]

    # ── one instance ────────────────────────────────────────────────────────────────────────────────

    def lock(self) -> None:
        """Become the one process that runs this folder; raises FolderBusy. Ends with the process at the latest.

        Held by flock, so a killed holder leaves nothing behind that would have to be judged stale.
        """
        if self._lock is not None:
            return
        self.prepare()
        handle = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + LOCK_PATIENCE_S
        while not _taken(handle, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                os.close(handle)
                raise FolderBusy(self.path, self._written_pid())
            time.sleep(0.05)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._lock = handle

    def unlock(self) -> None:
        """Give the folder free."""
        if self._lock is not None:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = None

    def holder(self) -> int | None:
        """The process that runs this folder now, or None. The own process counts."""
        if self._lock is not None:
            return os.getpid()
        try:
            handle = os.open(self._lock_path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            return None if _taken(handle, fcntl.LOCK_SH) else self._written_pid()
        finally:
            os.close(handle)

    @property
    def _lock_path(self) -> Path:
        return self.path / "lock"

    def _written_pid(self) -> int:
        text = self._lock_path.read_text(encoding="ascii").strip()
        return int(text) if text.isdigit() else 0

    # ── small files ─────────────────────────────────────────────────────────────────────────────────

    def read(self, name: str) -> dict[str, Any]:
        """The JSON object in file `name`; empty where the file is absent."""
        try:
            found = json.loads((self.path / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, name: str, content: dict[str, Any]) -> None:
        """Replace file `name` (mode 0600) at one stroke, safely on disk before this returns."""
        write_private(self.path / name, json.dumps(content, indent=2, ensure_ascii=False) + "\n")

    def secret(self, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(32)) -> str:
        """The secret `name` of this instance, made at the first call and kept in secrets.json for ever."""
        kept = self.read("secrets.json")
        if name not in kept:
            kept[name] = make()
            self.write("secrets.json", kept)
        return str(kept[name])

    def ports(self, names: Iterable[str], *, anew: bool = False) -> dict[str, int]:
        """A loopback port for each name: those of last time where still free, else new ones, kept in ports.json."""
        kept = {} if anew else {name: int(port) for name, port in self.read("ports.json").items()}
        chosen: dict[str, int] = {}
        for name in names:
            port = kept.get(name)
            chosen[name] = port if port and port_is_free(port) else free_port(avoid=chosen.values())
        if chosen != kept:
            self.write("ports.json", dict(chosen))
        return chosen


def write_private(path: Path, text: str) -> None:
    """Replace a file with `text`, readable by its owner only, by way of a new file beside it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def port_is_free(port: int) -> bool:
    """Whether nobody listens on this loopback port. Connections that are still dying do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(*, avoid: Iterable[int] = ()) -> int:
    """A loopback port nobody listens on. By chance, so that instances starting together rarely meet."""
    refused = set(avoid)
    for port in random.sample(PORTS, k=200):
        if port not in refused and port_is_free(port):
            return port
    raise OSError("no free loopback port found in 200 tries")


def _taken(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
