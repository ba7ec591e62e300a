"""A client of the whole application for stories: people who call it, and what a refusal must look like."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from sqlalchemy import text

from api.cli.web import web_config
from dispatch.domain.actors import Actor, Role
from dispatch.people.sessions import open_session
from dispatch.people.tables import Account, Person
from kit.clock import utc_now
from kit.db import reading, unit_of_work
from kit.ids import new_id
from tests.world import POINTS, World

PROBLEM = {"type", "title", "status", "detail", "instance"}


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The address of an application in a thread of this process, with the settings of a real web process."""
    config = web_config(app)
    config.lifespan = "off"
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(512)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@dataclass
class Api:
    """A client of the server over one story's world."""

    http: httpx.Client
    world: World
    _signed: dict[Any, dict[str, str]] = field(default_factory=dict)

    def as_(self, who: Actor | None) -> dict[str, str]:
        """The headers of somebody signed in; of a stranger without."""
        if who is None:
            return {}
        if who.id not in self._signed:
            with unit_of_work() as session:
                subject = session.get_one(Person if who.role is Role.RESIDENT else Account, who.id)
                tokens = open_session(session, subject, now=utc_now())
            self._signed[who.id] = {"Authorization": f"Bearer {tokens.access_token}"}
        return dict(self._signed[who.id])

    def ask(self, method: str, path: str, who: Actor | None = None, **more: Any) -> httpx.Response:
        headers = self.as_(who) | more.pop("headers", {})
        return self.http.request(method, path, headers=headers, **more)

    def report(self, **more: Any) -> dict[str, Any]:
        """A body that is taken as it stands."""
        lon, lat = POINTS["Việt Trì"]
        body = {"id": str(new_id()), "category": "pothole", "description": "Ổ gà sâu trước cổng trường"}
        return body | {"location": {"lat": lat, "lon": lon}} | more


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def refused(answer: httpx.Response, status: int, named: str) -> dict[str, Any]:
    """That this is a refusal as promised: RFC 9457, request id, not cached; returns its members."""
    body: dict[str, Any] = answer.json()
    assert slug(answer) == (status, named), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(body) >= PROBLEM
    assert body["status"] == status
    assert body["instance"] == f"urn:request:{answer.headers['x-request-id']}"
    assert answer.headers["cache-control"] == "no-store"
    return body


_TABLES = text(
    "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
    " AND c.relnamespace = 'public'::regnamespace ORDER BY 1"
)
# Counting a refused try is meant; areas are large and nothing here can write them.
_NOT_OURS = {"spatial_ref_sys", "area", "rate_count", "auth_session", "directory_version"}


def everything() -> dict[str, str]:
    """A digest of the rows of every table: equal before and after means that nothing was changed."""
    with reading() as session:
        return {
            name: session.execute(
                text(f"SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM \"{name}\" t")
            ).scalar_one()
            for name in session.execute(_TABLES).scalars().all()
            if name not in _NOT_OURS
        }
