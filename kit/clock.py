"""The one clock. Demo and tests move it through a small file that every process reads; SQL now() judges nothing."""

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from kit.settings import get_settings

_seen: tuple[str, int, float] = ("", -1, 0.0)


def _file_offset(path: str) -> float:
    """Offset of the clock file in seconds; re-read only when the file changed (one stat per call)."""
    global _seen
    try:
        stamp = os.stat(path).st_mtime_ns
    except FileNotFoundError:
        return 0.0
    if _seen[:2] != (path, stamp):
        _seen = (path, stamp, float(json.loads(Path(path).read_text())["offset_s"]))
    return _seen[2]


def offset_s() -> float:
    """Seconds that our clock is ahead of the machine's."""
    settings = get_settings()
    return settings.now_offset + (_file_offset(settings.clock_file) if settings.clock_file else 0.0)


def utc_now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.fromtimestamp(time.time() + offset_s(), UTC)


def advance(seconds: float) -> datetime:
    """Move the clock of every process that shares this clock file; returns the new now."""
    path = Path(get_settings().clock_file)
    if not get_settings().clock_file:
        raise RuntimeError("HT_CLOCK_FILE is not set: this installation's clock cannot be moved")
    offset = (json.loads(path.read_text())["offset_s"] if path.exists() else 0.0) + seconds
    scratch = path.with_suffix(".tmp")
    scratch.write_text(json.dumps({"offset_s": offset}))
    os.replace(scratch, path)
    return utc_now()
