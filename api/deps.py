"""What endpoints ask for in their signature: a session, the caller, the language, the caller's address."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlmodel import Session

from api.auth import ActorDep, AdminDep, DeskDep, OptionalActorDep, StaffDep, WorkerDep
from api.body import BodyDep
from kit.db import unit_of_work
from kit.words import best_locale


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
    """The true peer: the server is told its proxies (uvicorn --forwarded-allow-ips); headers alone convince nobody."""
    return request.client.host if request.client else "unknown"


LocaleDep = Annotated[str, Depends(asked_locale)]
PeerDep = Annotated[str, Depends(peer_address)]

__all__ = [
    "ActorDep",
    "AdminDep",
    "BodyDep",
    "DeskDep",
    "LocaleDep",
    "OptionalActorDep",
    "PeerDep",
    "SessionDep",
    "StaffDep",
    "WorkerDep",
]
