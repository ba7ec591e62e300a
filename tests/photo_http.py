"""Sending photos over HTTP as a signed-in resident, for tests."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from fastapi import FastAPI

from api import problems
from api.gate import Marked
from api.v1 import photos
from dispatch.people.sessions import open_session
from dispatch.people.tables import Person
from kit.clock import utc_now
from kit.db import unit_of_work
from kit.ids import new_id


@contextmanager
def photo_client() -> Iterator[httpx.Client]:
    """The photo endpoints behind a real server on a free port."""
    app = FastAPI()
    problems.install(app)
    app.include_router(photos.router)
    app.add_middleware(Marked)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with httpx.Client(base_url=address, trust_env=False, timeout=30) as opened:
            yield opened
        server.should_exit = True
        thread.join(10)


def signed_in(town, name="lan"):
    with unit_of_work() as session:
        if name not in town.people:
            town.resident(session, name)
            session.flush()
        tokens = open_session(session, session.get_one(Person, town.people[name]), now=utc_now())
    return {"Authorization": f"Bearer {tokens.access_token}"}


def send(client, headers, data, **fields):
    form = {"id": str(new_id()), "kind": "before"} | fields
    sent = {name: value for name, value in form.items() if value is not None}
    return client.post("/v1/photos", headers=headers, data=sent, files={"file": ("../../x.php", data, "text/html")})


def slug(answer):
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")
