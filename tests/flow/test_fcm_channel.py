"""Push for real: firebase-admin against a server that speaks FCM HTTP v1 and OAuth and can misbehave (F14–F17)."""

import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from kit.clock import advance
from kit.db import unit_of_work
from kit.embedded import Embedded
from notifications.tables import ChannelPause, Delivery, DeviceToken
from tests.fakes.fcm import FakeFcm
from tests.message_city import Town
from tests.message_doors import doors, pause_is_over, state

TOKEN = "registration-token-of-lan"


@pytest.fixture
def town(db: Embedded) -> Town:
    return Town().build()


@pytest.fixture
def fcm(tmp_path: Path) -> Iterator[FakeFcm]:
    with FakeFcm(tmp_path) as fake, doors(fcm_credentials=str(fake.credentials), fcm_endpoint=fake.base):
        yield fake


def test_a_push_arrives_with_its_report_and_replaces_itself_if_repeated(town: Town, fcm: FakeFcm) -> None:
    town.phone("lan", TOKEN)
    town.happened("resolved")
    assert town.carry_out() == []
    [message] = fcm.taken
    [delivery] = town.deliveries("push")
    assert message["token"] == TOKEN
    assert message["data"]["report"] == str(town.report)
    assert message["data"]["delivery_id"] == str(delivery.id)
    assert message["android"]["notification"]["tag"] == message["apns"]["headers"]["apns-collapse-id"]
    assert "Sở Xây dựng" in message["notification"]["body"]
    assert (delivery.state, delivery.provider_ref) == ("sent", "projects/hien-truong-test/messages/1")


@pytest.mark.parametrize("answer", ["unregistered", "wrong-sender"])
def test_a_token_that_is_gone_is_never_asked_again(town: Town, fcm: FakeFcm, answer: str) -> None:
    town.phone("lan", TOKEN)
    fcm.answers[TOKEN] = deque([answer])
    town.happened("resolved")
    assert town.carry_out() == []
    assert state(town, "push") == "suppressed"
    town.happened("reopened")
    town.carry_out()
    assert len(fcm.asked_for(TOKEN)) == 1
    town.phone("lan", TOKEN)  # the app starts again and registers: the token is alive again
    town.happened("resolved")
    town.carry_out()
    assert len(fcm.taken) == 1


def test_a_bad_payload_is_given_up_visibly_and_kills_no_token(town: Town, fcm: FakeFcm) -> None:
    town.phone("lan", TOKEN)
    fcm.answers[TOKEN] = deque(["bad-payload"])
    town.happened("resolved")
    assert town.carry_out() == []
    [delivery] = town.deliveries("push")
    assert delivery.state == "dead"
    assert "INVALID_ARGUMENT" in (delivery.last_error or "")
    with unit_of_work() as session:
        assert session.exec(select(DeviceToken)).one().dead_at is None


def test_a_payload_beyond_four_kilobytes_never_leaves_and_kills_no_token(town: Town, fcm: FakeFcm) -> None:
    town.phone("lan", TOKEN)
    town.happened("resolved")
    doors_of_the_fake = {"fcm_credentials": str(fcm.credentials), "fcm_endpoint": fcm.base}
    with doors(public_url="https://" + "x" * 4096, **doors_of_the_fake):
        town.carry_out()
    assert state(town, "push") == "dead"
    assert fcm.requests == []
    with unit_of_work() as session:
        assert session.exec(select(DeviceToken)).one().dead_at is None


def test_a_very_long_office_name_is_cut_and_not_refused(town: Town, fcm: FakeFcm) -> None:
    town.phone("lan", TOKEN)
    town.happened("resolved")
    with unit_of_work() as session:
        session.exec(select(Delivery)).one().params = {"code": town.code, "agency_vi": "ơ" * 4000}
    town.carry_out()
    assert len(fcm.taken) == 1
    assert len(fcm.taken[0]["notification"]["body"]) <= 600


def test_nobody_knocks_before_the_time_that_google_asked_for(town: Town, fcm: FakeFcm) -> None:
    """F15: 429 with Retry-After 60."""
    for person in ("lan", "officer"):
        town.phone(person, f"token-of-{person}-xx")
    fcm.default, fcm.retry_after = "quota", "60"
    town.happened("routed")
    first, second = town.carry_out()
    assert first == 60
    assert 55 < second <= 62
    assert len(fcm.requests) == 1, "the second letter saw the pause and did not knock"
    town.carry_out()
    assert len(fcm.requests) == 1
    fcm.default = "ok"
    pause_is_over("push")
    town.carry_out()
    assert [delivery.state for delivery in town.deliveries("push")] == ["sent", "sent"]


@pytest.mark.parametrize("answer", ["down", "broken"])
def test_an_outage_costs_one_request_per_try_and_loses_nothing(town: Town, fcm: FakeFcm, answer: str) -> None:
    """F14: the library's own four retries are off; many letters wait behind one that tries."""
    for number in range(10):
        town.phone("lan", f"token-{number}-of-lan")
    fcm.default = answer
    town.happened("resolved")
    for _ in range(5):
        town.carry_out()
        pause_is_over("push")
    assert len(fcm.requests) == 5
    with unit_of_work() as session:
        assert session.get_one(ChannelPause, "push").failures == len(fcm.requests)
    fcm.default = "ok"
    pause_is_over("push")
    town.carry_out()
    assert {delivery.state for delivery in town.deliveries("push")} == {"sent"}
    assert len(fcm.taken) == 10
    with unit_of_work() as session:
        assert session.get(ChannelPause, "push") is None


def test_after_a_day_an_undeliverable_push_is_given_up_where_staff_see_it(town: Town, fcm: FakeFcm) -> None:
    town.phone("lan", TOKEN)
    fcm.default = "down"
    town.happened("resolved")
    town.carry_out()
    advance(25 * 3600)
    pause_is_over("push")
    assert town.carry_out() == []
    [delivery] = town.deliveries("push")
    assert delivery.state == "dead"
    assert delivery.last_error
    assert delivery.attempts == 2


def test_a_silent_server_frees_the_slot_within_ten_seconds(town: Town, fcm: FakeFcm) -> None:
    """F16."""
    town.phone("lan", TOKEN)
    fcm.default = "hang"
    town.happened("resolved")
    began = time.monotonic()
    assert len(town.carry_out()) == 1
    assert time.monotonic() - began < 10
    assert len(fcm.requests) == 1
    assert state(town, "push") == "failed"


def test_without_an_access_token_the_letters_wait(town: Town, fcm: FakeFcm) -> None:
    town.phone("lan", TOKEN)
    fcm.oauth_down = True
    town.happened("resolved")
    assert len(town.carry_out()) == 1
    assert fcm.requests == []
    fcm.oauth_down = False
    pause_is_over("push")
    town.carry_out()
    assert state(town, "push") == "sent"
