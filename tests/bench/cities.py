"""Benchmark cities: data folders of their own under DIR/bench, one per size, filled once and kept for the next run.

The demo of DIR itself is never touched. A city is first grown once as `seed` (demo province and template reports),
then copied, filled and served.
"""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from kit.embedded import Embedded, running_addresses
from tests.bench.cpu import Meter
from tests.bench.fill import fill
from tests.bench.progress import tell
from tests.bench.templates import make_templates, wait_for_facts
from tests.outside.city import City
from tests.served import ROOT, serving

TEMPLATES = 360
ZONE = "Asia/Ho_Chi_Minh"
DONE = "bench.json"


@dataclass(frozen=True)
class Served:
    """A started city: HTTP, accounts, database and CPU meter."""

    city: City
    size: int
    database_url: str

    @property
    def base_url(self) -> str:
        return self.city.base_url

    def meter(self) -> Meter:
        return Meter(self.database_url, self.city.pids())

    def now(self) -> datetime:
        """The city's instant."""
        return datetime.fromtimestamp(self.city.demo_now(), UTC)


@contextmanager
def served(root: Path, size: int) -> Iterator[Served]:
    """The city of `size` reports, made on first use, started and stopped at the end."""
    folder = ready_folder(root, size)
    with serving(folder) as running:
        city = City(running.base_url, folder)
        yield Served(city, size, _address(folder))


def ready_folder(root: Path, size: int, *, open_only: bool = False) -> Path:
    """The folder of a filled city; nothing runs in it. A half-made one is thrown away and made anew."""
    folder = root / (f"open-{size}" if open_only else f"city-{size}")
    if _is_done(folder):
        return folder
    seed = _seed(root)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["cp", "-a", str(seed), str(folder)], check=True)
    (folder / DONE).unlink()
    if size:
        began = time.monotonic()
        with Embedded(folder, broker=False) as parts:
            fill(parts.database_url, size, now=_now(folder), zone=ZONE, open_only=open_only)
        tell(f"{size:,} reports in {time.monotonic() - began:.0f} s")
    (folder / DONE).write_text(json.dumps({"size": size, "schema": _schema()}))
    return folder


def _seed(root: Path) -> Path:
    folder = root / "seed"
    if _is_done(folder):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    root.mkdir(parents=True, exist_ok=True)
    tell("a city with template reports (once)")
    with serving(folder) as running:
        made = make_templates(City(running.base_url, folder), TEMPLATES)
        wait_for_facts(_address(folder), made)
    (folder / DONE).write_text(json.dumps({"templates": made, "schema": _schema()}))
    return folder


def _schema() -> str:
    """Changes with the migrations and the filling: a city of another make is not measured, but made anew."""
    files = [*sorted((ROOT / "alembic" / "versions").glob("*.py")), ROOT / "tests" / "bench" / "fill.py"]
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _is_done(folder: Path) -> bool:
    marker = folder / DONE
    return marker.exists() and json.loads(marker.read_text()).get("schema") == _schema()


def _now(folder: Path) -> datetime:
    clock = folder / "clock.json"
    offset = json.loads(clock.read_text())["offset_s"] if clock.exists() else 0.0
    return datetime.fromtimestamp(time.time() + offset, UTC)


def _address(folder: Path) -> str:
    addresses = running_addresses(folder)
    assert addresses, folder
    return addresses.database_url
