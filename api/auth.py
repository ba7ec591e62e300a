"""Who calls: from the access token alone, without I/O. Ended sessions and changed accounts are refused within seconds
by a small register that a thread of each web process reads from the database."""

import logging
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from dispatch.domain.actors import Actor, Role
from kit.clock import utc_now
from kit.db import reading
from kit.problems import Forbidden, Unauthenticated
from kit.settings import get_settings
from kit.tokens import read_access
from kit.words import best_locale

log = logging.getLogger("api.auth")


class EndedRegister:
    """Sessions that ended and accounts that changed within the life of an access token."""

    READ_EVERY_S = 10.0

    def __init__(self) -> None:
        self.sessions: frozenset[str] = frozenset()
        self.changed: dict[str, float] = {}
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="ended-sessions", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                self.read()
            except SQLAlchemyError as error:
                log.warning("register of ended sessions not read", extra={"error": type(error).__name__})
            time.sleep(self.READ_EVERY_S)

    def read(self) -> None:
        since = utc_now() - timedelta(seconds=get_settings().access_for + 60)
        with reading() as session:
            ended = session.execute(text("SELECT id FROM auth_session WHERE revoked_at > :since"), {"since": since})
            sessions = frozenset(str(row[0]) for row in ended)
            changed = session.execute(
                text("SELECT id, changed_at FROM account WHERE changed_at > :since"), {"since": since}
            )
            self.changed = {str(row[0]): row[1].timestamp() for row in changed}
        self.sessions = sessions

    def refuses(self, claims: dict[str, object]) -> bool:
        changed = self.changed.get(str(claims["sub"]), 0.0)
        return claims.get("sid") in self.sessions or float(str(claims["iat"])) < changed


ENDED = EndedRegister()


async def optional_actor(request: Request) -> Actor | None:
    """The caller, or None without an Authorization header; Unauthenticated for a token that does not hold."""
    header = request.headers.get("authorization")
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated()
    claims = read_access(token)
    if ENDED.refuses(claims):
        raise Unauthenticated()
    request.state.claims = claims
    asked = request.headers.get("accept-language")
    return Actor(
        id=UUID(claims["sub"]),
        role=Role(claims["role"]),
        agency=claims.get("agency"),
        scopes=frozenset(claims.get("scopes", ())),
        locale=best_locale(asked) if asked else claims.get("locale", "vi"),
        alias=claims.get("alias", ""),
    )


async def signed_in(actor: Annotated[Actor | None, Depends(optional_actor)]) -> Actor:
    if actor is None:
        raise Unauthenticated()
    return actor


OptionalActorDep = Annotated[Actor | None, Depends(optional_actor)]
ActorDep = Annotated[Actor, Depends(signed_in)]


def one_of(*roles: Role) -> Callable[[Actor], Awaitable[Actor]]:
    """A guard that lets callers of these roles pass; Forbidden for others."""

    async def guarded(actor: ActorDep) -> Actor:
        if actor.role not in roles:
            raise Forbidden()
        return actor

    return guarded


_STAFF = (Role.OPERATOR, Role.OFFICER, Role.FIELD_WORKER, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)
StaffDep = Annotated[Actor, Depends(one_of(*_STAFF))]
DeskDep = Annotated[Actor, Depends(one_of(Role.OPERATOR, Role.SUPERVISOR, Role.ADMINISTRATOR))]
AdminDep = Annotated[Actor, Depends(one_of(Role.ADMINISTRATOR))]
WorkerDep = Annotated[Actor, Depends(one_of(Role.FIELD_WORKER))]
