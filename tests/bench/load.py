"""A small load generator: raw HTTP/1.1 over kept-alive sockets, requests ready as bytes, no client library.

It costs about a tenth of what the servers it drives cost, so that it is never what is measured.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

Script = Callable[["Line", int], Awaitable[None]]


@dataclass
class Answer:
    """Status, header block (lower case, bytes) and body of one answer."""

    status: int
    head: bytes
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: bytes) -> str:
        """The value of a header, '' where there is none."""
        found = self.head.find(b"\r\n" + name + b":")
        if found < 0:
            return ""
        start = found + len(name) + 3
        return self.head[start : self.head.index(b"\r\n", start)].strip().decode()


class Line(asyncio.Protocol):
    """One kept-alive connection, one request at a time. Answers must carry Content-Length, as ours do."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._transport: asyncio.Transport | None = None
        self._taken = bytearray()
        self._waiter: asyncio.Future[Answer] | None = None
        self._head_end = self._need = -1

    async def ask(self, request: bytes) -> Answer:
        """Send and wait for the whole answer; ConnectionError when the other side hangs up."""
        if self._transport is None or self._transport.is_closing():
            await asyncio.get_running_loop().create_connection(lambda: self, self.host, self.port)
        assert self._transport
        self._waiter = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiter

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, _error: Exception | None) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_exception(ConnectionError("the server hung up"))
        self._taken.clear()
        self._head_end = -1

    def data_received(self, data: bytes) -> None:
        self._taken += data
        if self._head_end < 0:
            self._head_end = self._taken.find(b"\r\n\r\n")
            if self._head_end < 0:
                return
            head = bytes(self._taken[: self._head_end + 2]).lower()
            at = head.find(b"\r\ncontent-length:")
            self._need = self._head_end + 4 + (int(head[at + 17 : head.index(b"\r\n", at + 2)]) if at >= 0 else 0)
        if len(self._taken) >= self._need:
            self._finish()

    def _finish(self) -> None:
        head = bytes(self._taken[: self._head_end + 2]).lower()
        answer = Answer(int(head[9:12]), head, bytes(self._taken[self._head_end + 4 : self._need]))
        self._taken.clear()
        self._head_end = -1
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(answer)

    def close(self) -> None:
        if self._transport:
            self._transport.close()


def request(method: str, path: str, *, token: str = "", body: bytes = b"", **headers: str) -> bytes:
    """One request as bytes. Header names are given with underscores."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines.append(f"Content-Length: {len(body)}")
        headers.setdefault("content_type", "application/json")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


@dataclass
class Took:
    """What one closed loop saw: seconds per operation, answers by status, wall time."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    wall_s: float = 0.0

    @property
    def count(self) -> int:
        return len(self.seconds)

    @property
    def rate(self) -> float:
        """Operations per second."""
        return self.count / self.wall_s if self.wall_s else 0.0

    def ms(self, share: float) -> float:
        """A percentile in milliseconds; `share` 0…1."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


async def _loop(address: tuple[str, int], clients: int, seconds: float, script: Script, most: int) -> Took:
    took, lines = Took(), [Line(*address) for _ in range(clients)]
    started = time.perf_counter()
    until = started + seconds

    async def one(line: Line, number: int) -> None:
        while time.perf_counter() < until and took.count < most:
            began = time.perf_counter()
            await script(line, number)
            took.seconds.append(time.perf_counter() - began)

    try:
        await asyncio.gather(*(one(line, number) for number, line in enumerate(lines)))
    finally:
        for line in lines:
            line.close()
    took.wall_s = time.perf_counter() - started
    return took


def closed_loop(base_url: str, script: Script, *, clients: int, seconds: float, most: int = 1_000_000) -> Took:
    """Every client runs `script(line, number)` again and again for `seconds`, the next as soon as the last ended."""
    host, _, port = base_url.removeprefix("http://").rpartition(":")
    return asyncio.run(_loop((host, int(port)), clients, seconds, script, most))


class Unexpected(RuntimeError):
    """An answer with another status than the benchmark is about: its figures would mean nothing."""


def must(answer: Answer, status: int) -> Answer:
    """The answer, if it has this status."""
    if answer.status != status:
        raise Unexpected(f"{answer.status} instead of {status}: {answer.body[:300]!r}")
    return answer
