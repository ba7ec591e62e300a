"""Text messages for real: a gateway that takes a message and then says nothing must not make us send it twice (F18)."""

from collections import deque
from collections.abc import Iterator

import httpx
import pytest
from sqlmodel import select

import kit.http
from dispatch.people.residents import begin_otp
from kit.clock import utc_now
from kit.db import unit_of_work
from kit.embedded import Embedded
from kit.outbox import Outbox
from notifications.tables import Delivery
from tests.fakes.sms import FakeSms
from tests.message_city import Town, send_code
from tests.message_doors import doors, pause_is_over, state

PHONE = "+84912345678"


@pytest.fixture
def town(db: Embedded) -> Town:
    return Town().build()


@pytest.fixture
def gateway(town: Town) -> Iterator[FakeSms]:
    """A gateway, and an answer on its way to a resident who asked for text messages."""
    town.contact("lan", "phone", PHONE, notify=True)
    with FakeSms() as fake, doors(sms_url=fake.url, sms_key="gateway-key"):
        town.happened("resolved")
        yield fake


def test_an_sms_is_taken_under_our_reference(town: Town, gateway: FakeSms) -> None:
    assert town.carry_out() == []
    [rung] = gateway.phones
    [delivery] = town.deliveries("sms")
    assert rung["reference"] == str(delivery.id)
    assert rung["to"] == PHONE
    assert delivery.provider_ref == "sms-1"


@pytest.mark.parametrize("how", ["cut", "hang"])
def test_an_sms_that_was_taken_in_silence_is_asked_for_and_not_sent_again(
    town: Town, gateway: FakeSms, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F18: the gateway accepts, then the answer never comes."""
    kit.http._client.cache_clear()
    monkeypatch.setattr(kit.http, "_TIMEOUT", httpx.Timeout(0.5))
    gateway.behaviour = deque([how])
    [wait] = town.carry_out()
    assert wait >= 5
    assert state(town, "sms") == "unknown"
    assert town.carry_out() == []
    kit.http._client.cache_clear()
    assert state(town, "sms") == "sent"
    assert len(gateway.questions) == 1
    assert len(gateway.posts) == len(gateway.phones) == 1


def test_an_sms_of_which_the_gateway_knows_nothing_is_sent(town: Town, gateway: FakeSms) -> None:
    gateway.behaviour = deque(["lost"])
    town.carry_out()
    assert state(town, "sms") == "unknown"
    assert town.carry_out() == [0.0]
    assert town.carry_out() == []
    assert state(town, "sms") == "sent"
    assert len(gateway.phones) == 1


def test_without_an_answer_about_it_the_sms_stays_unknown_and_is_never_repeated(town: Town, gateway: FakeSms) -> None:
    gateway.behaviour, gateway.mute = deque(["cut"]), True
    rounds = 0
    while town.carry_out():
        rounds += 1
        assert rounds < 20
    assert state(town, "sms") == "unknown"
    assert len(gateway.posts) == 1


@pytest.mark.parametrize(("how", "after", "least"), [("busy", None, 1.5), ("quota", "42", 42.0)])
def test_a_busy_gateway_gets_its_time(town: Town, gateway: FakeSms, how: str, after: str | None, least: float) -> None:
    gateway.behaviour, gateway.retry_after = deque([how]), after
    [wait] = town.carry_out()
    assert wait >= least
    pause_is_over("sms")
    assert town.carry_out() == []
    assert len(gateway.phones) == 1


def test_a_refused_sms_is_final_and_visible(town: Town, gateway: FakeSms) -> None:
    gateway.behaviour = deque(["wrong"])
    assert town.carry_out() == []
    assert state(town, "sms") == "dead"
    town.carry_out()
    assert len(gateway.posts) == 1


def test_a_gateway_that_is_away_took_nothing(town: Town) -> None:
    town.contact("lan", "phone", PHONE, notify=True)
    town.happened("resolved")
    with doors(sms_url="http://127.0.0.1:9/messages", sms_key="gateway-key"):
        assert len(town.carry_out()) == 1
    assert state(town, "sms") == "failed"


def test_a_one_time_code_that_may_have_left_is_asked_for_and_wiped(town: Town, gateway: FakeSms) -> None:
    with unit_of_work() as session:
        begin_otp(session, "+84987654321", locale="vi", now=utc_now())
        session.flush()
        event = session.exec(select(Outbox).where(Outbox.name == "otp.requested")).one().to_event()
    gateway.behaviour = deque(["cut"])
    assert len(send_code(event)) == 1
    assert send_code(event) == []
    assert [rung["to"] for rung in gateway.phones] == ["+84987654321"]
    with unit_of_work() as session:
        assert session.get_one(Delivery, event.id).state == "sent"
        assert session.exec(select(Outbox).where(Outbox.name == "otp.requested")).one().data == {"sealed": None}
