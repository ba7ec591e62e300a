"""Progress on stderr: one line each, with the seconds since the start."""

import sys
import time

_STARTED = time.monotonic()


def tell(what: str) -> None:
    """Say what is being done now."""
    print(f"[bench {time.monotonic() - _STARTED:6.1f} s] {what}", file=sys.stderr, flush=True)
