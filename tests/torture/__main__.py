"""`./run torture [--kills 30] [--only F2] [--data DIR]`: the fault matrix of reliability.md §2 on a server of its own.

Rows already passed with the same number of kills are not repeated (DIR/torture/state.json; `--again` forgets it), so
an interrupted run goes on. The table goes to stdout, progress to stderr, and DIR/torture/table.json keeps it.
Exit code 1 when a row did not pass.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.torture.instance import Instance
from tests.torture.ledger import Ledger
from tests.torture.rows import KILL_ROWS, RACES, Result, Torture

LONG_FORM = {"F27": 1000, "F31": 200}
BETWEEN = 30  # with 30 kills in each row, about 10,000 acknowledgements in all
# The waits of a torture are not the product's defaults: lost work is looked for sooner, so that 30 kills end today.
SHORT_WAITS = {"HT_VISIBILITY_TIMEOUT": "120", "HT_STUCK_AFTER": "30"}


def main(argv: list[str]) -> int:
    asked = _arguments().parse_args(argv)
    data = asked.data or Path(tempfile.gettempdir()) / "hien-truong-torture"
    folder = data.resolve() / "torture"
    folder.mkdir(parents=True, exist_ok=True)
    # The timelines' anchors lie in the instance's folder; the checker reads them with these settings.
    os.environ.update(HT_PROFILE="demo", HT_DATA_DIR=str(data.resolve()))
    state = {} if asked.again else _read(folder / "state.json")
    state.setdefault("since", datetime.now(UTC).isoformat())
    instance, ledger = Instance(data.resolve(), **SHORT_WAITS), Ledger(folder / "ledger.jsonl")
    instance.start()
    try:
        since = datetime.fromisoformat(state["since"])
        torture = Torture(instance=instance, ledger=ledger, since=since, between=BETWEEN)
        for result in _rows(torture, asked, state):
            state[result.row] = {"kills": asked.kills, **result.to_json()}
            _write(folder / "state.json", state)
            print(_line(state[result.row]), file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        return 130
    finally:
        instance.stop()
        ledger.close()
    return _tell(state, folder)


def _rows(torture: Torture, asked: argparse.Namespace, state: dict[str, Any]) -> Iterator[Result]:
    def wanted(name: str) -> bool:
        known = state.get(name, {})
        due = not (known.get("passed") and known.get("kills") == asked.kills)
        return due and (not asked.only or name in asked.only)

    if wanted("F6"):
        yield torture.durability_row()
    for row in KILL_ROWS:
        if wanted(row.name):
            print(f"→ {row.name}: {row.about}", file=sys.stderr, flush=True)
            yield torture.kill_row(row, asked.kills)
    for name, (about, race, unit) in RACES.items():
        if wanted(name):
            print(f"→ {name}: {about}", file=sys.stderr, flush=True)
            yield torture.race_row(name, about, race, **{unit: LONG_FORM[name]})


def _tell(state: dict[str, Any], folder: Path) -> int:
    rows = [value for value in state.values() if isinstance(value, dict)]
    _write(folder / "table.json", {"at": time.time(), "rows": rows})
    print(
        f"{'row':<5}{'passed':<8}{'hits':>9}{'missed':>8}{'acked':>8}{'lost':>6}{'settled':>9}  what, and what was seen"
    )
    for row in rows:
        print(_line(row))
        for finding in row["findings"][:10]:
            print(f"      ! {finding}")
    return 0 if rows and all(row["passed"] for row in rows) else 1


def _line(row: dict[str, Any]) -> str:
    seen = ", ".join(f"{name} {value}" for name, value in row["facts"].items())
    hits = f"{row['hits']}/{row['wanted']}"
    figures = f"{row['misses']:>8}{row['acknowledged']:>8}{row['lost_answers']:>6}{row['settled_s']:>8}s"
    return f"{row['row']:<5}{'yes' if row['passed'] else 'NO':<8}{hits:>9}{figures}  {row['about']}: {seen}"


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=30, help="strikes that have to hit, for each fault")
    parser.add_argument("--only", action="append", metavar="ROW", help="these rows only, e.g. --only F2 --only F31")
    parser.add_argument("--data", type=Path, metavar="DIR", help="a data folder of its own, kept between runs")
    parser.add_argument("--again", action="store_true", help="forget what has passed already")
    return parser


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _write(path: Path, content: dict[str, Any]) -> None:
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
