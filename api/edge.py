"""Before any route is looked at: is this request addressed to us, and are its headers of a sane size?

A wrong Host would reach our links and caches; a name of somebody else's that resolves to us (DNS rebinding) would
let his pages read our answers.
"""

import ipaddress
import re
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import HeadersTooLarge, answer
from kit.problems import Malformed, Problem
from kit.settings import get_settings
from kit.words import best_locale

MOST_HEADERS, MOST_BYTES = 100, 16 * 1024
_HOST = re.compile(rb"(?:([A-Za-z0-9][A-Za-z0-9.-]{0,252})|\[([0-9A-Fa-f:.]{2,45})\])(?::[0-9]{1,5})?")
_OURS = frozenset({"localhost", "127.0.0.1", "::1"})


def header(scope: Scope, name: bytes) -> str | None:
    """The first header of this (lower-case) name."""
    found = next((value for have, value in scope["headers"] if have == name), None)
    return None if found is None else found.decode("latin-1")


class Edge:
    """ASGI middleware: 400 for a foreign Host, 431 for too many or too long headers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._hosts = _OURS | {(urlsplit(get_settings().public_url).hostname or "localhost").lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = self._refusal(scope) if scope["type"] == "http" else None
        if problem is None:
            await self.app(scope, receive, send)
            return
        await answer(problem, best_locale(header(scope, b"accept-language")))(scope, receive, send)

    def _refusal(self, scope: Scope) -> Problem | None:
        headers = scope["headers"]
        if len(headers) > MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > MOST_BYTES:
            return HeadersTooLarge()
        hosts = [value for name, value in headers if name == b"host"]
        if not hosts and scope["http_version"] == "1.0":
            return None  # plain health checks of load balancers
        return None if len(hosts) == 1 and self._is_ours(hosts[0], scope) else Malformed()

    def _is_ours(self, host: bytes, scope: Scope) -> bool:
        """Our public name, this machine's loopback, or the very address the caller connected to."""
        matched = _HOST.fullmatch(host)
        if not matched:
            return False
        name = (matched[1] or matched[2]).decode().lower()
        return name in self._hosts or _same_address(name, (scope.get("server") or ("",))[0])


def _same_address(name: str, other: str) -> bool:
    try:
        return ipaddress.ip_address(name) == ipaddress.ip_address(other)
    except ValueError:
        return False
