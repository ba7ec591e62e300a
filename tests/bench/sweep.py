"""The escalation sweep among a million open clocks of which a thousand are due, beside an index scan."""

import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import psycopg

from tests.bench.cities import ready_folder
from tests.bench.progress import tell
from tests.bench.table import Row

DEFAULT_SIZE, DUE, REACH_S = 250_000, 1_000, 2.0
ROOT = Path(__file__).resolve().parents[2]
# A thousand agency clocks whose promise ended a minute ago, one of each report: all of their rungs are to be fired.
_MAKE_DUE = """
WITH chosen AS (
    SELECT c.id, c.due_at - %(at)s AS back FROM sla_clock c WHERE c.kind = 'resolve' AND c.state = 'running'
    AND c.stopped_at IS NULL AND c.due_at > %(at)s ORDER BY c.id DESC LIMIT %(due)s
), forgotten AS (
    DELETE FROM sla_entry USING chosen WHERE clock_id = chosen.id
)
UPDATE sla_clock c SET due_at = due_at - back, lenient_due_at = lenient_due_at - back,
    first_due_at = first_due_at - back, started_at = started_at - back, sweep_at = %(at)s,
    breached_at = NULL, lifted_at = NULL, rungs_fired = 0
FROM chosen WHERE chosen.id = c.id
"""
_DUE = """
WITH chosen AS (
    SELECT c.id, c.due_at - %(at)s AS back FROM sla_clock c WHERE c.kind = 'resolve' AND c.state = 'running'
    AND c.stopped_at IS NULL AND c.due_at > %(at)s AND c.sweep_at IS NOT NULL ORDER BY c.id DESC LIMIT %(due)s
)
UPDATE sla_clock c SET due_at = due_at - back, lenient_due_at = lenient_due_at - back,
    first_due_at = first_due_at - back, started_at = started_at - back, sweep_at = %(at)s
FROM chosen WHERE chosen.id = c.id
"""
_DUE = "SELECT id, report_id FROM sla_clock WHERE sweep_at IS NOT NULL AND sweep_at <= %s ORDER BY sweep_at"


def run(root: Path, size: int = DEFAULT_SIZE) -> list[Row]:
    """Rows for `./run bench sweep`; the sweep runs in a process of its own, as it does in production."""
    folder = ready_folder(root, size, open_only=True)
    tell("sweep: three rounds")
    done = subprocess.run([sys.executable, "-m", "tests.bench.sweep", str(folder)], cwd=ROOT, stdout=subprocess.PIPE,
                          check=True)  # fmt: skip
    told = json.loads(done.stdout)
    return [
        {
            "job": f"sweep, {told['open']:,} open clocks, {told['due']:,} due", "ours": told["sweep_s"],
            "yardstick": told["scan_s"], "unit": "s", "reach": f"≤ {REACH_S} s",
            "ok": told["sweep_s"] <= REACH_S, "looked": told["looked"], "fired_and_breached": told["written"],
        },
        {
            "job": "sweep when nothing is due", "ours": told["idle_ms"], "unit": "ms", "reach": "no work",
            "ok": told["idle_ms"] <= 20.0,
        },
    ]  # fmt: skip


def _rounds(folder: Path) -> dict[str, float]:
    """In the child: the database without the rest, the clock of the city, `sweep` as beat calls it."""
    from api.cli.instance import opened
    from dispatch.escalate import sweep
    from kit.clock import utc_now
    from kit.settings import get_settings

    with opened(folder, migrate=False):
        with psycopg.connect(get_settings().database_url, autocommit=True) as connection:
            sweep(utc_now())  # what is due by itself, and the first reading of the directory
            found: list[dict[str, float]] = []
            for _ in range(3):
                now = utc_now()
                connection.execute(_MAKE_DUE, {"at": now - timedelta(minutes=1), "due": DUE})
                began = time.perf_counter()
                due = connection.execute(_DUE, (now,)).fetchall()
                scan = time.perf_counter() - began
                before = _escalations(connection)
                began = time.perf_counter()
                looked = sweep(now)["looked"]
                spent = time.perf_counter() - began
                began = time.perf_counter()
                sweep(now)
                idle = time.perf_counter() - began
                found.append({"sweep_s": spent, "scan_s": scan, "idle_ms": 1000 * idle, "looked": looked,
                              "due": len(due), "written": _escalations(connection) - before})  # fmt: skip
            open_ones = connection.execute("SELECT count(*) FROM sla_clock WHERE stopped_at IS NULL").fetchone()
        middle = sorted(found, key=lambda one: one["sweep_s"])[1]
        return middle | {"open": open_ones[0] if open_ones else 0}


def _escalations(connection: "psycopg.Connection[tuple[int, ...]]") -> int:
    row = connection.execute(
        "SELECT (SELECT count(*) FROM escalation) + (SELECT count(*) FROM sla_entry WHERE kind LIKE 'breach%')"
    ).fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_rounds(Path(sys.argv[1]))))
