"""What endpoints ask for in their signature: a session, the caller, the language, the caller's address."""

import re
from collections.abc import AsyncIterator, Iterator
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Annotated

from fastapi import Depends, Request
from sqlmodel import Session

from api.auth import ActorDep, AdminDep, DeskDep, OptionalActorDep, StaffDep, WorkerDep
from api.body import BodyDep
from api.guessing import GUESSES
from dispatch.domain.errors import ReportNotFound
from kit.db import unit_of_work
from kit.ids import read_code
from kit.problems import TooMany
from kit.words import best_locale

_CANONICAL = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def request_session() -> Iterator[Session]:
    """One transaction per request; it commits before the answer leaves."""
    with unit_of_work() as session:
        yield session


# The scope is not optional: with the default one FastAPI sends the 200 before the commit, and a failed commit
# would still have answered 200.
SessionDep = Annotated[Session, Depends(request_session, scope="function")]


async def asked_locale(request: Request) -> str:
    return best_locale(request.headers.get("accept-language"))


async def peer_address(request: Request) -> str:
    """The true peer: the server is told its proxies (uvicorn --forwarded-allow-ips); headers alone convince nobody.

    An IPv6 household has 2^64 addresses and counts as one (/64); what is no address is one caller, "unknown".
    """
    try:
        address = ip_address((request.client.host if request.client else "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, IPv4Address):
        return str(address)
    if address.is_loopback or address.ipv4_mapped:
        return str(address.ipv4_mapped or address)
    return str(IPv6Network((int(address) >> 64 << 64, 64)))


LocaleDep = Annotated[str, Depends(asked_locale)]
PeerDep = Annotated[str, Depends(peer_address)]


async def named_report(named: str, peer: PeerDep, actor: OptionalActorDep) -> AsyncIterator[str]:
    """A report's id or code in its one canonical form. Whoever guesses on and on at what is not there has to wait."""
    guesses = actor is None or not actor.is_staff
    wait = GUESSES.wait_s(peer) if guesses and not is_loopback(peer) else 0
    if wait:
        raise TooMany(retry_after=wait)
    try:
        yield canonical_name(named)
    except ReportNotFound:
        if guesses:
            GUESSES.missed(peer)
        raise


def canonical_name(named: str) -> str:
    """Of all spellings of a UUID only the canonical one names a report; ReportNotFound for what names none."""
    code = read_code(named) if len(named) <= 20 else None
    if code is None and not _CANONICAL.fullmatch(named):
        raise ReportNotFound()
    return code or named


def is_loopback(peer: str) -> bool:
    """Limits per address do not count the machine itself: the demo and the simulation live there."""
    return peer in {"127.0.0.1", "::1"}


NamedDep = Annotated[str, Depends(named_report)]

__all__ = [
    "ActorDep",
    "AdminDep",
    "BodyDep",
    "DeskDep",
    "LocaleDep",
    "NamedDep",
    "OptionalActorDep",
    "PeerDep",
    "SessionDep",
    "StaffDep",
    "WorkerDep",
    "is_loopback",
]
