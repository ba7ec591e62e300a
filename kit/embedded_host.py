"""As whom the private servers run, and who is still running. Knows Linux; knows neither PostgreSQL nor Redis.

PostgreSQL refuses to run as root. Started by root, the servers therefore run as the user `postgres`; where that
user cannot enter the data folder (below /root, or mode 0700), they keep the one capability that lets them.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kit.embedded_folder import DataFolder, write_private

SHARED_HOME = Path("/var/lib/hien-truong")  # The last resort of root; a note in the data folder says so.


class PartsMissing(RuntimeError):
    """A program that the embedded parts need is not installed; root must install it once."""


class PartFailed(RuntimeError):
    """An embedded server did not start or did not stop. The text holds the end of its log."""


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """The owner of the servers: the words before their commands, the owner of their files, and where those lie."""

    prefix: tuple[str, ...]
    uid: int
    gid: int
    home: Path
    peers: tuple[str, ...]  # Names by which PostgreSQL sees us at its socket.

    def command(self, *words: str, on_orphaned: str = "TERM") -> list[str]:
        """`words` as this keeper. The kernel sends signal `on_orphaned` when the thread that starts it is gone."""
        wish = ("setpriv", "--pdeathsig", on_orphaned)
        if self.prefix[:1] == ("setpriv",):
            return [*wish, *self.prefix[1:], "--", *words]
        return [*self.prefix, *wish, "--", *words]

    def folder(self, path: Path) -> Path:
        """Make a private folder (0700) that belongs to the servers."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chown(path, self.uid, self.gid)
        path.chmod(0o700)
        return path

    def write(self, path: Path, text: str) -> None:
        """Write a private file that the servers may read."""
        write_private(path, text)
        os.chown(path, self.uid, self.gid)


def choose_keeper(folder: DataFolder) -> Keeper:
    """The first way of running servers that works for this folder here; raises PartsMissing."""
    if shutil.which("setpriv") is None:
        raise PartsMissing("setpriv (package util-linux) is missing")
    for keeper in _candidates(folder):
        if _can_work(keeper):
            if keeper.home != folder.path:
                write_private(folder.path / "SERVERS_LIE_IN", f"{keeper.home}\n")
            return keeper
    raise PartFailed(f"no user of this machine can keep a database in {folder.path}")


def _candidates(folder: DataFolder) -> Iterator[Keeper]:
    me, name, home = os.geteuid(), pwd.getpwuid(os.geteuid()).pw_name, folder.path
    if me != 0:
        yield Keeper(prefix=(), uid=me, gid=os.getegid(), home=home, peers=(name,))
        return
    try:
        keeper = pwd.getpwnam("postgres")
    except KeyError as error:
        raise PartsMissing("the user postgres (package postgresql-common) is missing") from error
    become = ("setpriv", f"--reuid={keeper.pw_uid}", f"--regid={keeper.pw_gid}", "--clear-groups")
    own = {"uid": keeper.pw_uid, "gid": keeper.pw_gid, "peers": ("root", "postgres")}
    yield Keeper(prefix=become, home=home, **own)  # type: ignore[arg-type]
    may_enter = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    yield Keeper(prefix=(*become, *may_enter), home=home, **own)  # type: ignore[arg-type]
    nobody = pwd.getpwnam("nobody")
    inside = ("unshare", "-U", f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}", "--")
    yield Keeper(prefix=inside, uid=0, gid=0, home=home, peers=("root", "nobody"))
    yield Keeper(prefix=become, home=SHARED_HOME / folder.short_name, **own)  # type: ignore[arg-type]


def _can_work(keeper: Keeper) -> bool:
    """Try it: write a file where the servers would, beside our own logs, whose folder is closed to other users."""
    try:
        if keeper.home.parent == SHARED_HOME:
            SHARED_HOME.mkdir(mode=0o755, exist_ok=True)
            keeper.home.mkdir(mode=0o711, exist_ok=True)
        trial = keeper.folder(keeper.home / "log" / "trial") / "file"
        command = keeper.command("sh", "-c", 'echo tried > "$0" && rm "$0"', str(trial))
        done = subprocess.run(command, cwd="/", capture_output=True, timeout=20, check=False)
        shutil.rmtree(trial.parent, ignore_errors=True)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def socket_folder(folder: DataFolder, keeper: Keeper) -> Path:
    """A private folder with a path short enough for a socket (limit 107 bytes), the same at every start."""
    me = os.geteuid()
    if me == 0:
        base = Path("/run/hien-truong")
        base.mkdir(mode=0o711, exist_ok=True)
    else:
        base = Path(os.environ.get("XDG_RUNTIME_DIR") or "/tmp")  # noqa: S108 - checked below
        base = base if base.is_dir() and os.access(base, os.W_OK) else Path("/tmp")  # noqa: S108
    place = base / f"ht-{me}-{folder.short_name}"
    place.mkdir(mode=0o700, exist_ok=True)
    found = place.lstat()
    if place.is_symlink() or found.st_uid not in {me, keeper.uid}:
        raise PartFailed(f"{place} belongs to somebody else")
    return keeper.folder(place)


def processes_in(folder: Path, program: str) -> list[int]:
    """The running processes called `program` whose working folder is `folder`."""
    found = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            name = Path(entry.path, "comm").read_text(encoding="utf-8").strip()
            if name == program and os.readlink(f"{entry.path}/cwd") == str(folder):
                found.append(int(entry.name))
        except (OSError, UnicodeDecodeError):
            continue  # It ended while we looked, or it is not ours to look at.
    return found


def end_leftovers(folder: Path, program: str, *, first: int | None, gently: signal.Signals) -> None:
    """End what an earlier, killed instance left running in `folder`; raises PartFailed when it will not go.

    `first` (the server itself) is asked gently for 15 s; then everything there is told to quit, then killed.
    """
    left = processes_in(folder, program)
    if first not in left:
        gently = signal.SIGQUIT  # The server is dead; what is left are its helpers, about to notice that.
    for how, patience_s in ((gently, 15.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        for pid in [first] if first in left and how == gently else left:
            _send(pid, how)
        deadline = time.monotonic() + patience_s
        while left and time.monotonic() < deadline:
            time.sleep(0.02)
            left = processes_in(folder, program)
    if left:
        raise PartFailed(f"{program} in {folder} does not end: {left}")


def _send(pid: int | None, how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        if pid:
            os.kill(pid, how)
