"""One program under the supervisor: started, watched, started again with growing pauses, ended."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from api.cli.instance import ROOT

LOG_LIMIT_BYTES = 10_000_000
STEADY_S = 20.0  # A program that ran this long is taken for healthy: its next failure is again its first.
LONGEST_PAUSE_S = 10.0


class Child:
    """`python -m api WORDS` with a log file of its own. The kernel ends it when the supervisor's thread is gone."""

    def __init__(
        self, name: str, words: Sequence[str], *, log: Path, environ: dict[str, str], sockets: Sequence[int] = ()
    ) -> None:
        self.name, self.log = name, log
        self._words, self._environ, self._sockets = list(words), environ, tuple(sockets)
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._not_before = 0.0
        self.failures = 0  # In a row, without a steady life in between.

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def ended(self) -> int | None:
        """The exit code of a child that was started and is no more."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        command = ["setpriv", "--pdeathsig", "TERM", "--", sys.executable, "-m", "api", *self._words]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=self._sockets,
            )
        self._started = time.monotonic()

    def note_end(self) -> None:
        """Decide when the next start may be: at once after a steady life, else after a pause that doubles."""
        steady = time.monotonic() - self._started > STEADY_S
        self.failures = 1 if steady else self.failures + 1
        pause_s = 0.0 if self.failures == 1 else min(LONGEST_PAUSE_S, 0.25 * 2**self.failures)
        self._not_before = time.monotonic() + pause_s
        self._process = None

    @property
    def may_start(self) -> bool:
        return self._process is None and time.monotonic() >= self._not_before

    def tell_to_end(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(how)

    def wait(self, patience_s: float) -> bool:
        """Whether it has ended within `patience_s` seconds."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(0.0, patience_s))
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """End it and what it has started: it leads its own process group."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def trim_log(self) -> None:
        """Keep one older file. The child goes on writing (it appends), so the file is emptied, not renamed."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)

    def last_words(self, lines: int = 20) -> str:
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - 20_000))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])


def end_strays(written: dict[str, int], data_dir: Path) -> None:
    """End programs of an earlier supervisor of this folder that outlived it. `written`: name → process."""
    strays = [pid for pid in written.values() if _is_ours(pid, data_dir)]
    for how in (signal.SIGTERM, signal.SIGKILL):
        for pid in strays:
            try:
                os.kill(pid, how)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + 5
        while strays and time.monotonic() < deadline:
            strays = [pid for pid in strays if _is_ours(pid, data_dir)]
            time.sleep(0.02)
        if not strays:
            return


def _is_ours(pid: int, data_dir: Path) -> bool:
    """A process number may have been given to a stranger since: look at its command and its folder."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        environ = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"api" in command and f"HT_DATA_DIR={data_dir}".encode() in environ
