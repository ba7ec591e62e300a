"""Admission first: at most `slots` database requests at once per process, a bounded queue behind, then 503.

Without it threads wait for connections and connections for threads. Streams, photo bytes, static files and health
checks pass outside. Also here: a request id on every answer and log line, and the headers of a safe answer.
"""

import asyncio
import re
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.edge import header
from api.problems import answer, unforeseen
from kit.logs import request_id
from kit.problems import Unavailable
from kit.words import best_locale

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
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(self), camera=(self), microphone=()"),
)
API_CSP = (
    b"content-security-policy",
    b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)


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
            locale = best_locale(header(scope, b"accept-language"))
            await answer(Unavailable(retry_after=1), locale)(scope, receive, send)
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
    """ASGI middleware: the request id (the caller's if it is harmless), the safe headers, and a 500 that has both."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = header(scope, b"x-request-id") or ""
        mark = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
        token, started = request_id.set(mark), False

        async def marked(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                have = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", mark.encode()),
                    *(pair for pair in (*HEADERS, API_CSP) if pair[0] not in have),
                ]
            await send(message)

        try:
            await self.app(scope, receive, marked)
        except Exception as error:
            if started:  # too late for another answer: the connection breaks, which a client notices
                raise
            await unforeseen(error, best_locale(header(scope, b"accept-language")))(scope, receive, marked)
        finally:
            request_id.reset(token)
