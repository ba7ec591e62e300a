"""The paper beside the system: every attempt and every acknowledgement, on disk before anything else happens.

One JSON object a line: {"at", "what": "attempt" | "answer" | "lost", "kind": "report" | "photo" | "step", "id", …}.
"""

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Ledger:
    """Append-only; each line is synced before `write` returns. Shared by threads, kept across resumed runs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file = path.open("ab")
        self.acknowledged = 0  # of this process, for waiting on progress

    def write(self, what: str, kind: str, id_: str, **facts: Any) -> None:
        line = json.dumps({"at": time.time(), "what": what, "kind": kind, "id": id_, **facts}).encode() + b"\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())
            if what == "answer" and facts.get("status") in (200, 201):
                self.acknowledged += 1

    def lines(self) -> Iterator[dict[str, Any]]:
        with self.path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):  # a crash of the harness itself may leave half a line
                    yield json.loads(line)

    def close(self) -> None:
        self._file.close()


class Account:
    """What the ledger adds up to."""

    def __init__(self, ledger: Ledger) -> None:
        self.attempted: dict[str, set[str]] = {"report": set(), "photo": set(), "step": set()}
        self.acknowledged: dict[str, dict[str, set[str]]] = {"report": {}, "photo": {}, "step": {}}
        self.receipts_wrong: set[str] = set()
        self.strange: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.lost_answers = 0
        self.slowest_s = 0.0
        for line in ledger.lines():
            self._take(line)

    def _take(self, line: dict[str, Any]) -> None:
        kind, id_ = line["kind"], line["id"]
        if line["what"] == "attempt":
            self.attempted[kind].add(id_)
            return
        if line["what"] == "lost":
            self.lost_answers += 1
            return
        status = line["status"]
        self.statuses[status] += 1
        self.slowest_s = max(self.slowest_s, line.get("took_s", 0.0))
        if status in (200, 201):
            # The code of a report must be the same in every answer that ever named it.
            self.acknowledged[kind].setdefault(id_, set()).add(line.get("code") or "")
            if line.get("receipt_wrong"):
                self.receipts_wrong.add(id_)
        elif status not in line.get("allowed", (429, 503)) or (status >= 500 and not line.get("problem")):
            self.strange.append(f"{kind} {id_} answered {status}")
