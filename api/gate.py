"""Admission first: at most `slots` database requests at once per process, a bounded queue behind, then 503.

Without it threads wait for connections and connections for threads. Streams, photo bytes, static files and health
checks pass outside. Also here: a request id on every answer and log line, and the headers of a safe answer.
"""

import asyncio
import re
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import answer
from kit.logs import request_id
from kit.problems import Unavailable

OUTSIDE = (
    "/healthz",
    "/readyz",
    "/v1/stream",
    "/v1/uploads",
    "/v1/photos",
    "/media/",
    "/panel",
    "/problems",
    "/v1/keys",
    "/app",
    "/console",
)
_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
API_CSP = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")


class Gate:
    """ASGI middleware. `slots` = the pool's size; `waiting` = how many may queue; `patience_s` = how long."""

    def __init__(self, app: ASGIApp, *, slots: int, waiting: int, patience_s: float = 10.0) -> None:
        self.app, self.waiting, self.patience_s = app, waiting, patience_s
        self._free = asyncio.Semaphore(slots)
        self._queued = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(OUTSIDE):
            await self.app(scope, receive, send)
            return
        if self._queued >= self.waiting or not await self._enter():
            await answer(Unavailable(retry_after=1), "vi")(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        finally:
            self._free.release()

    async def _enter(self) -> bool:
        self._queued += 1
        try:
            async with asyncio.timeout(self.patience_s):
                await self._free.acquire()
            return True
        except TimeoutError:
            return False
        finally:
            self._queued -= 1


class Marked:
    """ASGI middleware: the request id (the caller's if it is harmless) and the safe headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
        mark = given if _REQUEST_ID.match(given) else uuid4().hex
        token = request_id.set(mark)

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                have = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", mark.encode()),
                    *(pair for pair in (*HEADERS, API_CSP) if pair[0] not in have),
                ]
            await send(message)

        try:
            await self.app(scope, receive, marked)
        finally:
            request_id.reset(token)
