"""One server as a child process: started, watched, stopped. The common part of PostgreSQL and Redis."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from kit.embedded_host import PartFailed


class ServerProcess:
    """A child with its own session (the terminal's Ctrl-C does not reach it) and its first words in a file."""

    def __init__(self, name: str, words_file: Path) -> None:
        self.name, self._words_file = name, words_file
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The server's process; 0 while there is none."""
        return self._child.pid if self._child else 0

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def start(self, command: list[str]) -> None:
        """Start without waiting. From the main thread, please: a parent's death is told per thread."""
        with self._words_file.open("wb") as words:
            self._child = subprocess.Popen(
                command, cwd="/", stdin=subprocess.DEVNULL, stdout=words, stderr=words, start_new_session=True
            )

    def stop(self, how: signal.Signals, *, patience_s: float = 30.0) -> None:
        """Ask it to end and wait; raises PartFailed after killing one that does not listen."""
        if self._child is None:
            return
        if self.alive:
            self._child.send_signal(how)
        try:
            self._child.wait(patience_s)
        except subprocess.TimeoutExpired as error:
            self._child.kill()
            self._child.wait()
            raise PartFailed(f"{self.name} did not end within {patience_s:.0f} s and was killed") from error
        finally:
            self._child = None

    def last_words(self, lines: int = 12) -> str:
        """The end of what it wrote before it had a log of its own."""
        try:
            text = self._words_file.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])


def wait_until(ready: Callable[[], bool], *, patience_s: float, step_s: float = 0.01) -> bool:
    """Call `ready` until it is true; False when `patience_s` seconds were not enough."""
    deadline = time.monotonic() + patience_s
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(step_s)
    return True
