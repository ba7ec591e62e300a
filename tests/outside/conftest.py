"""A real `serve` for the tests that know only its outside: one for the session, others on demand."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.outside.city import City

ROOT = Path(__file__).resolve().parents[2]


def without_ours() -> dict[str, str]:
    """The environment without the addresses of the servers that other tests of this run use."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HT_")}


class Served:
    """`./run serve` in the foreground of a child process, on a free port."""

    def __init__(self, data: Path, **environ: str) -> None:
        self.data = data
        variables = without_ours()
        said = data.parent / f"{data.name}.err"
        with said.open("ab") as errors:
            self.process = subprocess.Popen(
                [str(ROOT / "run"), "serve", "--port", "0", "--data", str(data), "--profile", "demo"],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**variables, **environ},
                cwd=ROOT,
            )
        line = self.process.stdout.readline() if self.process.stdout else ""
        assert line.startswith("ready "), f"serve did not become ready: {line!r}\n{said.read_text()[-2000:]}"
        self.city = City(line.split()[1], data)

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.city.http.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=40)
        if self.process.stdout:
            self.process.stdout.close()
        return code


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The shared server: tests on it tolerate each other's reports."""
    running = Served(tmp_path_factory.mktemp("city") / "data")
    yield running
    running.stop()


@pytest.fixture
def city(served: Served) -> City:
    return served.city


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start further servers of one's own: `serve(HT_TIMEZONE="America/New_York")`."""
    started: list[Served] = []

    def start(data: Path | None = None, **environ: str) -> Served:
        started.append(Served(data or tmp_path / f"data{len(started)}", **environ))
        return started[-1]

    yield start
    for one in started:
        one.stop()
