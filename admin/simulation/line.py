"""The line to one server: every request of the simulation passes here, and is repeated as a polite client does.

A lost connection and 502, 503, 504 are tried again with the same body (ids make that harmless); 429 is `Later`.
"""

import threading
from collections import Counter
from typing import Any

import httpx

TRIES, LONGEST_PAUSE_S = 14, 5.0
TRY_AGAIN = frozenset({502, 503, 504})


class Unreachable(RuntimeError):
    """The server did not answer at any of the tries."""


class Later(RuntimeError):
    """Too often: not before `seconds` have passed on the server's clock."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not before {seconds:.0f} s")
        self.seconds = seconds


class Stopped(RuntimeError):
    """The user interrupted the run."""


class Line:
    """One server. Safe to use from several threads; `heard` counts what went wrong on the way."""

    def __init__(self, base_url: str, *, lines: int = 8) -> None:
        limits = httpx.Limits(max_connections=lines, max_keepalive_connections=lines)
        # The address is the caller's own; proxies of the environment have no business between them.
        self._http = httpx.Client(base_url=base_url, timeout=30, limits=limits, trust_env=False)
        self.guard = threading.Lock()
        self.stopped = threading.Event()
        self.heard: Counter[str] = Counter()

    def close(self) -> None:
        self._http.close()

    def note(self, what: str) -> None:
        with self.guard:
            self.heard[what] += 1

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """The answer, whatever its status but the ones named above. Errors: Unreachable, Later, Stopped."""
        for attempt in range(TRIES):
            if self.stopped.is_set():
                raise Stopped
            pause_s = min(LONGEST_PAUSE_S, 0.2 * 2**attempt)
            try:
                answer = self._http.request(method, path, **more)
            except httpx.TransportError:
                self.note("connection_lost")
            else:
                if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
                    self.note("too_many_requests")
                    raise Later(_seconds(answer, 60.0))
                if answer.status_code not in TRY_AGAIN:
                    return answer
                self.note("unavailable")
                pause_s = min(LONGEST_PAUSE_S, max(pause_s, _seconds(answer, 0.0)))
            self.stopped.wait(pause_s)
        raise Unreachable(f"{method} {path}")


def _seconds(answer: httpx.Response, otherwise: float) -> float:
    try:
        return max(0.0, float(answer.headers.get("retry-after", otherwise)))
    except ValueError:
        return otherwise
