"""Devices, wishes, inbox and undelivered messages over HTTP: mine is mine, and nothing of others shows."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlmodel import select

from api import problems
from api.v1 import messages
from dispatch.people.sessions import open_session
from dispatch.people.tables import Account, AuditEntry, Person
from kit.clock import utc_now
from kit.db import unit_of_work
from kit.embedded import Embedded
from kit.ids import new_id, show_code
from notifications.tables import Delivery, DeviceToken
from tests.message_city import Town


@pytest.fixture
def town(db: Embedded) -> Town:
    return Town().build()


@pytest.fixture
def client(town: Town) -> Iterator[httpx.Client]:
    app = FastAPI()
    problems.install(app)
    app.include_router(messages.router)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", trust_env=False) as opened:
            yield opened
        server.should_exit = True
        thread.join(10)


def as_(town: Town, name: str, **headers: str) -> dict[str, str]:
    """Headers of somebody who is signed in."""
    with unit_of_work() as session:
        somebody = (
            session.get_one(Person, town.people[name])
            if name in town.people
            else session.get_one(Account, town.accounts[name])
        )
        tokens = open_session(session, somebody, now=utc_now())
    return {"Authorization": f"Bearer {tokens.access_token}", **headers}


def registration(**more: Any) -> dict[str, Any]:
    return {"token": "fcm-token-of-this-phone", "platform": "android", **more}


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


def test_everything_here_wants_a_sign_in(client: httpx.Client) -> None:
    for method, path in (
        ("GET", "/v1/inbox"),
        ("GET", "/v1/preferences"),
        ("GET", "/v1/deliveries"),
        ("POST", f"/v1/inbox/{new_id()}/read"),
        ("DELETE", f"/v1/devices/{new_id()}"),
        ("POST", f"/v1/deliveries/{new_id()}/resend"),
    ):
        assert slug(client.request(method, path)) == (401, "/problems/unauthenticated")


def test_a_phone_registers_once_and_moves_with_its_owner(client: httpx.Client, town: Town) -> None:
    with unit_of_work() as session:
        town.resident(session, "binh")
    first = client.post("/v1/devices", json=registration(), headers=as_(town, "lan"))
    again = client.post("/v1/devices", json=registration(app_version="2.0"), headers=as_(town, "lan"))
    assert first.status_code == again.status_code == 201
    assert first.json()["id"] == again.json()["id"]
    moved = client.post("/v1/devices", json=registration(), headers=as_(town, "binh"))
    assert moved.json()["id"] == first.json()["id"]
    with unit_of_work() as session:
        [row] = session.exec(select(DeviceToken)).all()
        assert row.owner_id == town.people["binh"]
        assert b"fcm-token" not in row.token_sealed + row.token_hash
    assert client.delete(f"/v1/devices/{row.id}", headers=as_(town, "lan")).status_code == 404


def test_a_new_token_of_the_same_device_replaces_the_old_one(client: httpx.Client, town: Town) -> None:
    device = str(new_id())
    headers = as_(town, "lan")
    for token in ("first-token-of-it", "second-token-of-it"):
        client.post("/v1/devices", json=registration(token=token, device_id=device), headers=headers)
    with unit_of_work() as session:
        assert len(session.exec(select(DeviceToken)).all()) == 1
    assert client.delete(f"/v1/devices/{device}", headers=headers).status_code == 204
    town.happened("resolved")
    assert town.deliveries("push") == []


@pytest.mark.parametrize(
    "body",
    [
        {"platform": "android"},
        registration(platform="fridge"),
        registration(token="with a space in it"),
        registration(token="x" * 5000),
        registration(owner_id=str(new_id())),
    ],
)
def test_a_wrong_registration_changes_nothing(client: httpx.Client, town: Town, body: dict[str, Any]) -> None:
    assert client.post("/v1/devices", json=body, headers=as_(town, "lan")).status_code == 422
    with unit_of_work() as session:
        assert session.exec(select(DeviceToken)).all() == []


def test_wishes_are_kept_and_followed(client: httpx.Client, town: Town) -> None:
    headers = as_(town, "lan")
    before = client.get("/v1/preferences", headers=headers).json()
    assert before == {"push": True, "sms": True, "email": True, "quiet_hours": None}
    assert client.get("/v1/preferences", headers=as_(town, "officer")).json()["sms"] is False
    wish = {"push": False, "sms": True, "email": True, "quiet_hours": {"begin": "21:30", "end": "06:00"}}
    assert client.put("/v1/preferences", json=wish, headers=headers).json() == wish
    assert client.get("/v1/preferences", headers=headers).json() == wish
    town.phone("lan", "token-of-lan-0001")
    town.happened("resolved")
    assert town.deliveries("push") == []
    assert town.inbox("lan") == ["resolved"]
    bad = wish | {"quiet_hours": {"begin": "25:00", "end": "06:00"}}
    refused = client.put("/v1/preferences", json=bad, headers=headers)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/quiet_hours/begin"


def test_the_inbox_is_read_page_by_page_in_the_readers_language(client: httpx.Client, town: Town) -> None:
    headers = as_(town, "lan")
    for event in ("routed", "started", "asked", "resolved", "closed"):
        town.happened(event)
    seen, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/inbox", params=query, headers=headers).json()
        assert page["unread"] == 5
        seen += [line["template"] for line in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["closed", "resolved", "asked", "started", "routed"]
    english = client.get("/v1/inbox?limit=1", headers=headers | {"Accept-Language": "en"}).json()["items"][0]
    assert english["title"] == f"Report {show_code(town.code)} is closed"
    assert english["report"] == str(town.report)


def test_reading_a_message_takes_it_off_the_unread_and_is_ones_own_affair(client: httpx.Client, town: Town) -> None:
    town.happened("routed")
    town.happened("resolved")
    headers = as_(town, "lan")
    newest = client.get("/v1/inbox", headers=headers).json()["items"][0]
    assert client.post(f"/v1/inbox/{newest['id']}/read", headers=as_(town, "officer")).status_code == 404
    for _ in range(2):
        assert client.post(f"/v1/inbox/{newest['id']}/read", headers=headers).status_code == 204
    page = client.get("/v1/inbox?unread=true", headers=headers).json()
    assert [line["template"] for line in page["items"]] == ["routed"]
    assert page["unread"] == 1


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwiYiJd", "A" * 600])
def test_a_forged_cursor_is_refused(client: httpx.Client, town: Town, cursor: str) -> None:
    answer = client.get("/v1/inbox", params={"cursor": cursor}, headers=as_(town, "lan"))
    assert answer.status_code in (400, 422)


def test_the_desk_sees_what_did_not_arrive_and_sends_it_again(client: httpx.Client, town: Town) -> None:
    town.contact("lan", "phone", "+84912345678", notify=True)
    town.happened("resolved")
    with unit_of_work() as session:
        row = session.exec(select(Delivery)).one()
        row.state, row.last_error = "dead", "400 wrong"
    assert client.get("/v1/deliveries", headers=as_(town, "officer")).status_code == 403
    desk = as_(town, "operator")
    listed = client.get("/v1/deliveries?state=dead", headers=desk)
    [item] = listed.json()["items"]
    assert (item["channel"], item["last_error"], item["report"]) == ("sms", "400 wrong", str(town.report))
    assert "912345678" not in listed.text
    assert client.get("/v1/deliveries?state=unknown", headers=desk).json()["items"] == []
    answer = client.post(f"/v1/deliveries/{item['id']}/resend", headers=desk)
    assert (answer.status_code, answer.json()["state"]) == (202, "planned")
    assert slug(client.post(f"/v1/deliveries/{item['id']}/resend", headers=desk)) == (409, "/problems/not-resendable")
    with unit_of_work() as session:
        noted = session.exec(select(AuditEntry).where(AuditEntry.name == "delivery.resent")).one()
        assert noted.actor_id == town.accounts["operator"]
    assert len(town.waiting()) == 2
