"""Guessing of report codes: whoever asks for too many reports that are not there is told to wait.

Counted in the memory of each web process, misses only, because a refused request has no transaction to write in.
"""

import threading
import time
from collections import OrderedDict

MISSES = 90  # per address and hour in one process; with two processes a guesser stops before his 200th try
PER_S = 3600.0
KEPT = 20_000  # addresses remembered; the oldest is forgotten first


class Guesses:
    """Misses by address in windows of an hour from the first miss."""

    def __init__(self, most: int = MISSES) -> None:
        self.most = most
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, address: str) -> int:
        """Seconds to wait, 0 when the address may ask."""
        with self._lock:
            began, misses = self._seen.get(address, (0.0, 0))
            left = began + PER_S - time.monotonic()
            return int(left) + 1 if misses >= self.most and left > 0 else 0

    def missed(self, address: str) -> None:
        with self._lock:
            began, misses = self._seen.pop(address, (time.monotonic(), 0))
            if time.monotonic() - began > PER_S:
                began, misses = time.monotonic(), 0
            self._seen[address] = (began, misses + 1)
            while len(self._seen) > KEPT:
                self._seen.popitem(last=False)


GUESSES = Guesses()
