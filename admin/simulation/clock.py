"""The time of the simulated day: the demo's own clock where an administrator may move it, else waiting, compressed."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

import httpx

from admin.simulation.line import Line, Stopped


class Clock(Protocol):
    """`now` is the simulated instant (UTC); `server_s` the server's own seconds, by which tokens age."""

    def now(self) -> datetime: ...

    def server_s(self) -> float: ...

    def move_to(self, at: datetime) -> None: ...


class Doorkeeper(Protocol):
    """Who knows how to sign somebody in."""

    def headers(self, who: str) -> dict[str, str]: ...

    def forget(self, who: str) -> None: ...


class DemoClock:
    """Moves the clock of a demo server as its administrator. Access tokens die meanwhile: `people` signs in again."""

    def __init__(self, line: Line, administrator: str) -> None:
        self._line, self._administrator = line, administrator
        self._seen, self._at = datetime.now(UTC), time.monotonic()
        self.people: Doorkeeper | None = None

    def now(self) -> datetime:
        return self._seen + timedelta(seconds=time.monotonic() - self._at)

    def server_s(self) -> float:
        return self.now().timestamp()

    def set(self, now: datetime) -> None:
        self._seen, self._at = now, time.monotonic()

    def read(self) -> bool:
        """Ask the server for its time; False when its clock is not ours to move."""
        return self._advance(0.0)

    def move_to(self, at: datetime) -> None:
        gap_s = (at - self.now()).total_seconds()
        if gap_s > 0 and not self._advance(gap_s):
            raise RuntimeError("the demo clock can no longer be moved")

    def _advance(self, seconds: float) -> bool:
        assert self.people is not None
        for _again in range(2):
            headers = self.people.headers(self._administrator)
            answer = self._line.call("POST", "/v1/demo/clock", json={"advance_s": seconds}, headers=headers)
            if answer.status_code == httpx.codes.UNAUTHORIZED:
                self.people.forget(self._administrator)
                continue
            if answer.status_code == httpx.codes.OK:
                self.set(datetime.fromisoformat(answer.json()["now"]))
            return answer.is_success
        return False


class WaitingClock:
    """Simulated time runs `speed` times faster than the server's; the server keeps its own."""

    def __init__(self, line: Line, speed: float) -> None:
        self._line, self._speed = line, speed
        self._start, self._at = datetime.now(UTC), time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._at) * self._speed)

    def server_s(self) -> float:
        return time.time()

    def move_to(self, at: datetime) -> None:
        gap_s = (at - self.now()).total_seconds() / self._speed
        if gap_s > 0 and self._line.stopped.wait(gap_s):
            raise Stopped
