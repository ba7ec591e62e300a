"""Rows of a benchmark: rounds and their median, a table for people, JSON for comparison with the next run."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

ROUNDS = 3
Row = dict[str, Any]
_FIRST = ("job", "ours", "yardstick", "unit", "ratio", "reach", "ok")


def median_of(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    """Member by member."""
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


def repeated(once: Callable[[], dict[str, float]], *, rounds: int = ROUNDS) -> dict[str, float]:
    """`once` as often as a median needs; the caller has warmed up."""
    return median_of([once() for _ in range(rounds)])


def shown(name: str, rows: Sequence[Row]) -> str:
    """A plain table: what, ours, yardstick, ratio, target, and the other figures of each row beneath it."""
    lines = [f"\n{name}"]
    width = max((len(str(row["job"])) for row in rows), default=0)
    for row in rows:
        mark = {True: "ok  ", False: "MISS", None: "    "}[row.get("ok")]
        told = f"{_n(row.get('ours'))} {row.get('unit', '')}"
        beside = f"  yardstick {_n(row['yardstick'])}" if row.get("yardstick") is not None else ""
        ratio = f"  ratio {_n(row['ratio'])}" if row.get("ratio") is not None else ""
        reach = f"  reach {row['reach']}" if row.get("reach") else ""
        lines.append(f"  {mark} {row['job']:<{width}}  {told}{beside}{ratio}{reach}")
        more = [f"{key} {_n(value)}" for key, value in row.items() if key not in _FIRST]
        if more:
            lines.append(f"       {' ' * width}  {' · '.join(more)}")
    return "\n".join(lines)


def keep(folder: Path, name: str, rows: Sequence[Row], **facts: Any) -> None:
    """DIR/bench/NAME.json."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {"benchmark": name, **facts, "rows": list(rows)}
    (folder / f"{name}.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")


def _n(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
