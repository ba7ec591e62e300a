"""`./run serve` as an operator meets it: one line when ready, one instance a folder, nothing left behind."""

from __future__ import annotations

import http.client
import json
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = str(ROOT / "run")
STATIONS = {"web-1", "web-2", "worker", "relay", "beat", "postgres", "redis", "supervisor"}


def environ(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("HT_")} | more


def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([RUN, *words], env=environ(**more), capture_output=True, text=True, timeout=180, check=False)


class Instance:
    """One `./run serve` in the foreground of a child process."""

    def __init__(self, process: subprocess.Popen[str], data: Path, said: Path) -> None:
        self.process, self.data, self._said = process, data, said
        assert process.stdout is not None
        if not select.select([process.stdout], [], [], 180)[0]:
            raise AssertionError(f"no line within 180 s: {self.said}")
        self.line = process.stdout.readline()
        assert self.line.startswith("ready http://127.0.0.1:"), (self.line, self.said)
        self.place = urlsplit(self.line.split()[1])

    @property
    def said(self) -> str:
        return self._said.read_text(encoding="utf-8")

    @property
    def processes(self) -> dict[str, int]:
        found: dict[str, int] = json.loads((self.data / "run" / "processes.json").read_text())
        return found

    def status(self, path: str) -> int:
        link = http.client.HTTPConnection(self.place.hostname or "", self.place.port, timeout=15)
        try:
            link.request("GET", path)
            return link.getresponse().status
        finally:
            link.close()


@contextmanager
def serving(data: Path, *words: str, **more: str) -> Iterator[Instance]:
    """Serve on a free port; stopped at the end where the test has not done so."""
    said = data.parent / f"{data.name}.said"
    command = [RUN, "serve", "--port", "0", "--data", str(data), *words]
    with (
        said.open("ab") as errors,
        subprocess.Popen(command, env=environ(**more), stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            yield Instance(process, data, said)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(true: Any, *, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_one_line_then_service_then_a_clean_end(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as instance:
        assert instance.status("/readyz") == 200
        assert instance.status("/healthz") == 200
        processes = instance.processes
        assert set(processes) == STATIONS
        assert all(is_running(pid) for pid in processes.values())
        for name in ("demo.json", "secrets.json"):
            assert (data / name).stat().st_mode & 0o777 == 0o600, name
        demo = json.loads((data / "demo.json").read_text())
        assert demo["base_url"] == instance.line.split()[1]

        again = run("serve", "--port", "0", "--data", str(data))
        assert again.returncode == 5
        assert str(instance.process.pid) in again.stderr
        taken = run("serve", "--port", str(instance.place.port), "--data", str(tmp_path / "other"))
        assert taken.returncode == 6

        started = time.monotonic()
        instance.process.send_signal(signal.SIGTERM)
        assert instance.process.wait(20) == 0
        assert time.monotonic() - started < 15
        assert instance.process.stdout is not None
        assert instance.process.stdout.read() == "", "the ready line is the only one"
        assert not [name for name, pid in processes.items() if is_running(pid)]
    refused = run("serve", "--port", "0", "--data", str(data), "--profile", "prod")
    assert refused.returncode == 2, "a folder that was a demo never becomes production"


@pytest.mark.kill
def test_whatever_is_killed_comes_back_and_no_caller_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as instance:
        answers: list[int] = []
        going = threading.Event()

        def ask() -> None:
            while not going.is_set():
                try:
                    answers.append(instance.status("/healthz"))
                except ConnectionRefusedError:
                    answers.append(0)
                except (OSError, http.client.HTTPException):
                    pass  # It was with the process that was killed: cut, as it must be, not refused.

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            for name in sorted(STATIONS - {"supervisor"}):
                before = instance.processes[name]
                os.kill(before, signal.SIGKILL)
                assert eventually(lambda n=name, b=before: instance.processes.get(n, b) != b, within_s=30), name
            assert eventually(lambda: instance.status("/readyz") == 200, within_s=30)
        finally:
            going.set()
            asking.join()
        assert answers
        assert set(answers) == {200}, "the listening socket outlives the web processes"
        assert all(is_running(pid) for pid in instance.processes.values())


@pytest.mark.kill
def test_a_killed_supervisor_takes_everything_along_and_starts_again_with_its_data(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as instance:
        processes = instance.processes
        password = json.loads((data / "demo.json").read_text())["accounts"]
        instance.process.kill()
        instance.process.wait()
        gone = eventually(lambda: not [pid for pid in processes.values() if is_running(pid)], within_s=20)
        assert gone, [name for name, pid in processes.items() if is_running(pid)]
    started = time.monotonic()
    with serving(data) as instance:
        took_s = time.monotonic() - started
        assert instance.status("/readyz") == 200
        assert json.loads((data / "demo.json").read_text())["accounts"] == password
        assert "demo province" not in instance.said.split("Starting the private database")[2]
    assert took_s < 30, "measured 2 s on a quiet machine"


def test_production_makes_its_own_keys_and_writes_to_no_sink(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "one", "--profile", "prod") as one,
        serving(tmp_path / "two", "--profile", "prod", "--workers", "1") as two,
    ):
        assert one.status("/readyz") == two.status("/readyz") == 200
        assert "web-2" not in two.processes
        keys = [json.loads((instance.data / "secrets.json").read_text()) for instance in (one, two)]
        assert set(keys[0]) == set(keys[1])
        assert not set(keys[0].values()) & set(keys[1].values())
        assert not (one.data / "demo.json").exists()
    unsafe = run("serve", "--port", "0", "--data", str(tmp_path / "three"), "--profile", "prod", HT_SINK_DIR="/tmp/x")
    assert unsafe.returncode == 2
    assert "HT_SINK_DIR" in unsafe.stderr


def test_an_address_in_the_settings_replaces_the_embedded_database(tmp_path: Path) -> None:
    nobody = run(
        "serve", "--port", "0", "--data", str(tmp_path / "x"), HT_DATABASE_URL="postgresql://a:hush@127.0.0.1:1/a"
    )
    assert nobody.returncode == 6
    assert "hush" not in nobody.stderr + nobody.stdout
    assert not (tmp_path / "x" / "pg").exists()


def test_unknown_words_are_refused_before_anything_is_done(tmp_path: Path) -> None:
    assert run("nonsense").returncode == 2
    assert run("serve", "--port", "many", "--data", str(tmp_path / "x")).returncode == 2
    assert run("restore", str(tmp_path / "nothing"), "--data", str(tmp_path / "y")).returncode == 4
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "y").exists()
