"""`./run bench [NAME …] [--data DIR] [--size N] [--full] [--json]`: benchmarks, each beside its yardstick.

Each prints a table (stdout) and keeps DIR/bench/NAME.json. Everything runs in benchmark cities under DIR/bench, made
on first use and kept; the instance in DIR itself is not touched. Exit 1 if a target is missed, 130 if interrupted.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from api.cli.instance import DEFAULT_DATA
from tests.bench import create, create_photo, figures, lifecycle, photo, reads, routing, sweep, tile
from tests.bench.progress import tell
from tests.bench.table import Row, keep, shown

Run = Callable[..., list[Row]]
# In an order that fills the cities from small to large.
BENCHMARKS: dict[str, Run] = {
    "routing": routing.run,
    "photo": lambda _root: photo.run(),
    "create": create.run,
    "create-photo": create_photo.run,
    "lifecycle": lifecycle.run,
    "desk-list": partial(reads.run, name="desk-list"),
    "nearby": partial(reads.run, name="nearby"),
    "report-by-code": partial(reads.run, name="report-by-code"),
    "tile": tile.run,
    "figures": figures.run,
    "sweep": sweep.run,
}
SIZED = set(BENCHMARKS) - {"photo"}


def main(argv: list[str]) -> int:
    """Run the named benchmarks, or all; returns the exit code."""
    asked = _arguments().parse_args(argv)
    folder = asked.data.resolve() / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    told: dict[str, list[Row]] = {}
    failed: list[str] = []
    for name in asked.name or BENCHMARKS:
        began = time.monotonic()
        tell(f"── {name}")
        try:
            told[name] = BENCHMARKS[name](folder, **_more(name, asked))
        except KeyboardInterrupt:
            tell(f"interrupted; what was measured is in {folder}")
            return 130
        except Exception as error:
            tell(f"{name} failed: {type(error).__name__}: {error}")
            failed.append(name)
            continue
        keep(folder, name, told[name], took_s=round(time.monotonic() - began, 1), **_machine())
        print(shown(f"{name} ({time.monotonic() - began:.0f} s)", told[name]), flush=True)
    if asked.json:
        print(json.dumps({"benchmarks": told, "failed": failed, **_machine()}, ensure_ascii=False))
    missed = [row["job"] for rows in told.values() for row in rows if row.get("ok") is False]
    return 1 if failed or missed else 0


def _more(name: str, asked: argparse.Namespace) -> dict[str, Any]:
    more: dict[str, Any] = {}
    if asked.size and name in SIZED:
        more["size"] = asked.size
    if asked.full and name == "lifecycle":
        more["full"] = True
    return more


def _machine() -> dict[str, Any]:
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "cores": os.cpu_count(),
        "python": sys.version.split()[0], "machine": platform.machine(), "load": os.getloadavg()[0],
    }  # fmt: skip


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run bench", description="Benchmarks beside their yardsticks.")
    parser.add_argument("name", nargs="*", choices=[[], *BENCHMARKS], metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, metavar="DIR")
    parser.add_argument("--size", type=int, metavar="N", help="reports in the city (routing: points)")
    parser.add_argument("--full", action="store_true", help="lifecycle with 10 million reports as well")
    parser.add_argument("--json", action="store_true", help="one object on the last line")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
