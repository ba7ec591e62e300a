"""Rows that could not be imported, with the reason, in a file only its owner may read."""

import csv
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any


class Rejects:
    """Row number (the header not counted), reason, and the row itself as JSON."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0
        self._file: IO[str] | None = None
        self._writer: Any = None

    def __enter__(self) -> "Rejects":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()

    @property
    def written(self) -> str | None:
        """The file's path, if there is one."""
        return str(self.path) if self.count else None

    def add(self, number: int, reason: str, row: Mapping[str, str]) -> None:
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", newline="")
            self._writer = csv.writer(self._file)
            self._writer.writerow(("row", "reason", "content"))
        self._writer.writerow((number, reason, json.dumps(dict(row), ensure_ascii=False)))
        self._file.flush()
        self.count += 1
