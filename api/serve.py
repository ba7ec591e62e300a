"""Everything of one data folder under one supervisor, in the foreground.

The supervisor keeps the listening socket: when a web process dies, callers wait in the queue for the next one and
are never refused. It restarts what dies, PostgreSQL and Redis included, and takes everything down with itself.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from api.cli.instance import ROOT, environment, given_settings, remember, wants_embedded
from api.cli.migrate import is_prepared
from api.cli.web import SOCKET_VARIABLE, open_socket
from api.cli.words import tell
from api.serve_child import Child, end_strays
from api.serve_probe import answers
from kit.embedded import Embedded, PartFailed
from kit.settings import read_settings

READY_WITHIN_S = 120.0
HOPELESS_FAILURES = 4  # A web process that fails this often before the first answer will not come.
STOP_WITHIN_S = 8.0
LOOK_EVERY_S = 0.1
TRIM_EVERY_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be served. `port` 0 takes a free one."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    profile: str = "demo"
    web_processes: int = 2
    pool_processes: int = 2


class PortTaken(RuntimeError):
    """Another program listens on the port."""


class Supervisor:
    """One life of one instance: `run` returns the exit code."""

    def __init__(self, plan: Plan, *, when_ready: Callable[[str], None]) -> None:
        self._plan, self._when_ready = plan, when_ready
        self._given = given_settings()
        self.parts = Embedded(plan.data_dir, **wants_embedded(self._given))
        self.folder = self.parts.folder
        self.children: list[Child] = []
        self._listener: socket.socket | None = None
        self._base_url = ""
        self._stopping = False
        self._next_mend = 0.0
        self._next_trim = 0.0

    def run(self) -> int:
        """Start, serve until SIGTERM or SIGINT, stop. Raises what keeps it from starting."""
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(name, self._ask_to_stop)
        self.folder.lock()
        try:
            end_strays(self.folder.read("run/processes.json"), self.folder.path)
            self._listen()
            variables = self._start_parts()
            if not self._stopping:
                self._prepare(variables)
            if not self._stopping:
                self._start_children(variables)
            return self._serve()
        finally:
            self._stop()

    def _ask_to_stop(self, *_: object) -> None:
        self._stopping = True

    # ── start ───────────────────────────────────────────────────────────────────────────────────────

    def _listen(self) -> None:
        host, port = self._plan.host, self._plan.port
        try:
            self._listener = open_socket(host, port)
        except OSError as error:
            raise PortTaken(f"{host}:{port}") from error
        shown = "127.0.0.1" if host in {"0.0.0.0", "::", "localhost"} else host  # noqa: S104 - compared, not bound
        self._base_url = f"http://{shown}:{self._listener.getsockname()[1]}"

    def _start_parts(self) -> dict[str, str]:
        """The embedded parts and the environment of the children, refused early where it is unsafe."""
        unsafe = environment(
            self.folder, addresses=None, given=self._given, profile=self._plan.profile, base_url=self._base_url
        )
        read_settings(unsafe)
        tell("cli-starting-parts", folder=str(self.folder.path))
        self.parts.start()
        self.folder.path.joinpath("sink").mkdir(mode=0o700, exist_ok=True)
        remember(self.folder, profile=self._plan.profile, base_url=self._base_url, given=self._given)
        made = environment(
            self.folder,
            addresses=self.parts.addresses,
            given=self._given,
            profile=self._plan.profile,
            base_url=self._base_url,
        )
        return {name: value for name, value in os.environ.items() if not name.startswith("HT_")} | made

    def _prepare(self, variables: dict[str, str]) -> None:
        """In a process of its own, which gives its memory back; skipped where there is nothing to do."""
        if is_prepared(variables["HT_DATABASE_URL"], with_demo=self._plan.profile == "demo"):
            return
        tell("cli-preparing")
        command = ["setpriv", "--pdeathsig", "TERM", "--", sys.executable, "-m", "api", "prepare"]
        done = subprocess.Popen(command, cwd=ROOT, env=variables, stdout=sys.stderr, start_new_session=True)
        while done.poll() is None:
            if self._stopping:
                done.terminate()
            time.sleep(0.02)
        if done.returncode and not self._stopping:
            raise PartFailed(f"the database could not be prepared ({done.returncode})")

    def _start_children(self, variables: dict[str, str]) -> None:
        tell("cli-starting")
        number = self._listener.fileno() if self._listener else -1
        web = variables | {SOCKET_VARIABLE: str(number)}
        for index in range(1, self._plan.web_processes + 1):
            self._add(f"web-{index}", ["web"], web, sockets=[number])
        self._add("worker", ["worker", str(self._plan.pool_processes)], variables)
        self._add("relay", ["relay"], variables)
        self._add("beat", ["beat"], variables)
        for child in self.children:
            child.start()
        self._write_processes()
        self._tell_demo_where()

    def _tell_demo_where(self) -> None:
        """demo.json was written at the first start; programs that read it want today's address."""
        demo = self.folder.read("demo.json")
        if demo and demo.get("base_url") != self._base_url:
            self.folder.write("demo.json", demo | {"base_url": self._base_url})

    def _add(self, name: str, words: list[str], environ: dict[str, str], sockets: list[int] | None = None) -> None:
        log = self.folder.path / "log" / f"{name}.log"
        self.children.append(Child(name, words, log=log, environ=environ, sockets=sockets or ()))

    # ── serve ───────────────────────────────────────────────────────────────────────────────────────

    def _serve(self) -> int:
        deadline, ready = time.monotonic() + READY_WITHIN_S, False
        while not self._stopping:
            self._look_after()
            if not ready:
                ready = answers(self._base_url)
                if ready:
                    self._when_ready(self._base_url)
                elif self._is_hopeless() or time.monotonic() > deadline:
                    self._tell_why_not_ready()
                    return 6
            time.sleep(LOOK_EVERY_S)
        return 0

    def _look_after(self) -> None:
        """Start again what has died; keep the logs short."""
        changed = self._mend_parts()
        for child in self.children:
            if (code := child.ended) is not None:
                child.note_end()
                tell("cli-child-restarted", name=child.name, code=str(code))
            if child.may_start:
                child.start()
                changed = True
        if changed:
            self._write_processes()
        if time.monotonic() > self._next_trim:
            self._next_trim = time.monotonic() + TRIM_EVERY_S
            for child in self.children:
                child.trim_log()

    def _mend_parts(self) -> bool:
        if time.monotonic() < self._next_mend:
            return False
        try:
            mended = self.parts.mend()
        except PartFailed as failed:
            tell("cli-mend-failed", what=str(failed))
            self._next_mend = time.monotonic() + 2
            return True
        for name in mended:
            tell("cli-child-restarted", name=name, code="?")
        return bool(mended)

    def _is_hopeless(self) -> bool:
        return all(child.failures >= HOPELESS_FAILURES for child in self.children if child.name.startswith("web"))

    def _tell_why_not_ready(self) -> None:
        tell("cli-never-ready")
        worst = max(self.children, key=lambda child: child.failures)
        tell("cli-child-log", file=str(worst.log))
        print(worst.last_words(), file=sys.stderr)  # noqa: T201 - the command line speaks by printing

    def _write_processes(self) -> None:
        """Name → process number, for tests that kill and operators who look."""
        alive = {"supervisor": os.getpid(), "postgres": self.parts.postgres_pid, "redis": self.parts.redis_pid}
        alive |= {child.name: child.pid for child in self.children}
        self.folder.write("run/processes.json", {name: pid for name, pid in alive.items() if pid})

    # ── stop ────────────────────────────────────────────────────────────────────────────────────────

    def _stop(self) -> None:
        """Children first (they finish what they hold), then Redis, then PostgreSQL, then the folder."""
        if self.children:
            tell("cli-stopping")
        if self._listener:
            self._listener.close()
        for child in self.children:
            child.tell_to_end()
        deadline = time.monotonic() + STOP_WITHIN_S
        for child in self.children:
            if not child.wait(deadline - time.monotonic()):
                child.kill()
        self.folder.write("run/processes.json", {})
        self.parts.stop()
        if self.children:
            tell("cli-stopped", folder=str(self.folder.path))
