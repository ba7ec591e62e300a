"""One guarded HTTP client: short timeouts, no redirects, no proxies from the environment, answers cut at 64 KB.

`call` is for addresses that the operator typed into the settings. `call_stranger` is for addresses that somebody else
typed (webhooks): every resolved address is checked and the checked one is connected to, so a name that changes its
answer in between (DNS rebinding) gains nothing. Python's `is_global` is not enough: it says yes to NAT64 and 6to4.
"""

import json
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpcore
import httpx

from kit.problems import Invalid

MOST_BYTES = 64 * 1024
DEADLINE_S = 20.0  # of the whole answer, however slowly it drips
_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
_PORTS = frozenset({80, 443, 8080, 8443})
# Ranges that carry an IPv4 address inside, or lead nowhere public: NAT64, 6to4, Teredo, discard, documentation.
_CARRIERS = tuple(IPv6Network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "100::/64"))


class AddressRefused(Invalid):
    """This web address leads inside, is written in a tricky way, or is not http(s) on a usual port."""

    slug, title = "address-refused", "This web address cannot be used"


@dataclass(frozen=True)
class Answer:
    """Status, header values by lower-case name, and the first 64 KB as text."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def retry_after(self) -> float | None:
        """Seconds of a numeric Retry-After (RFC 9110 §10.2.3), at most an hour."""
        told = self.headers.get("retry-after", "")
        return float(min(int(told[:6]), 3600)) if told.isascii() and told.isdigit() else None

    def members(self) -> dict[str, Any]:
        """The JSON object of the body, or an empty one."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def call(method: str, url: str, *, json: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Call an address of the settings; raises httpx.HTTPError (ConnectError: nothing was sent)."""
    return _call(_client(), method, url, json=json, headers=headers)


def call_stranger(
    method: str, url: str, *, content: bytes, headers: Mapping[str, str] | None = None, loopback: bool = False
) -> Answer:
    """Call an address that somebody typed; AddressRefused before or at connect. `loopback`: tests only."""
    check_address(url, loopback=loopback)
    return _call(_stranger_client(loopback), method, url, content=content, headers=headers)


def check_address(url: str, *, loopback: bool = False) -> None:
    """Refuse what cannot be public by its looks: scheme, sign-in data, port, literal or resolved address."""
    try:
        parts = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise AddressRefused() from error
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if parts.scheme not in {"http", "https"} or parts.userinfo or not parts.host:
        raise AddressRefused()
    if port not in _PORTS and not loopback:
        raise AddressRefused()
    resolve_public(parts.host, port, loopback=loopback)


def resolve_public(host: str, port: int, *, loopback: bool = False) -> str:
    """An address of this host to connect to; AddressRefused when any of them leads inside or there is none."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise AddressRefused() from error
    for address in found:
        if not is_public(ip_address(address.partition("%")[0]), loopback=loopback):
            raise AddressRefused()
    return min(found, key=lambda address: (":" in address, address))  # IPv4 first: more hosts can reach it


def is_public(address: IPv4Address | IPv6Address, *, loopback: bool = False) -> bool:
    """True for an address of the open internet (and, in tests, for loopback)."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped, loopback=loopback)
        if any(address in net for net in _CARRIERS):
            return False
    if loopback and address.is_loopback:
        return True
    return address.is_global and not address.is_multicast and not address.is_reserved


class _CheckedConnect(httpcore.SyncBackend):
    """Resolves, checks and connects to the checked address in one go; TLS still checks the certificate's name."""

    def __init__(self, loopback: bool) -> None:
        super().__init__()
        self.loopback = loopback

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        checked = resolve_public(host, port, loopback=self.loopback)
        return super().connect_tcp(checked, port, timeout, local_address, socket_options)


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    # No kept-alive connections: one that the other side just closed would make a hand-over unsure for no reason.
    limits = httpx.Limits(max_connections=50, max_keepalive_connections=0)
    return httpx.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False, limits=limits)


@lru_cache(maxsize=2)
def _stranger_client(loopback: bool) -> httpx.Client:
    transport = httpx.HTTPTransport(trust_env=False)
    pool = httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context(trust_env=False),
        max_connections=50,
        max_keepalive_connections=0,
        network_backend=_CheckedConnect(loopback),
    )
    transport._pool = pool  # httpx 0.28 has no argument for a network backend
    return httpx.Client(transport=transport, timeout=_TIMEOUT, follow_redirects=False, trust_env=False)


def _call(client: httpx.Client, method: str, url: str, **body: Any) -> Answer:
    """Read at most 64 KB within the deadline; a longer answer is cut, a slower one is a ReadTimeout."""
    end = time.monotonic() + DEADLINE_S
    with client.stream(method, url, **body) as response:
        read = b""
        for piece in response.iter_raw(4096):
            read += piece
            if len(read) >= MOST_BYTES:
                break
            if time.monotonic() > end:
                raise httpx.ReadTimeout("the answer took too long", request=response.request)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, headers, read[:MOST_BYTES].decode("utf-8", "replace"))
