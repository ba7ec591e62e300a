"""The doors for real: firebase-admin, SMS gateway and SMTP against servers on loopback that can misbehave (F14–F19)."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlmodel import select

import kit.http
import notifications.channels.email as mail_channel
from dispatch.people.residents import begin_otp
from kit.clock import advance, utc_now
from kit.db import unit_of_work
from kit.embedded import Embedded
from kit.jobs import machine_now
from kit.outbox import Outbox
from kit.settings import get_settings
from notifications.tables import ChannelPause, Delivery, DeviceToken, SuppressedAddress
from tests.fakes.fcm import FakeFcm
from tests.fakes.sms import FakeSms
from tests.fakes.smtp import FakeMail
from tests.message_city import Town, send_code

TOKEN = "registration-token-of-lan"
PHONE = "+84912345678"


@pytest.fixture
def town(db: Embedded) -> Town:
    return Town().build()


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Point the installation at other doors: settings(sms_url=…); no sink."""

    def use(**values: str) -> None:
        for name, value in {"sink_dir": "", **values}.items():
            monkeypatch.setenv(f"HT_{name.upper()}", value)
        get_settings.cache_clear()

    yield use
    monkeypatch.undo()
    get_settings.cache_clear()


def pause_is_over(channel: str) -> None:
    """As if the wait had passed."""
    with unit_of_work() as session:
        row = session.get(ChannelPause, channel)
        if row:
            row.until = machine_now() - timedelta(seconds=1)


def state(town: Town, channel: str) -> str:
    [delivery] = town.deliveries(channel)
    return delivery.state


# ── push ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def fcm(tmp_path: Path, settings: Callable[..., None]) -> Iterator[FakeFcm]:
    with FakeFcm(tmp_path) as fake:
        settings(fcm_credentials=str(fake.credentials), fcm_endpoint=fake.base)
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
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HT_PUBLIC_URL", "https://" + "x" * 4096)
        get_settings.cache_clear()
        town.carry_out()
    get_settings.cache_clear()
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


# ── text messages ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def gateway(town: Town, settings: Callable[..., None]) -> Iterator[FakeSms]:
    """A gateway, and an answer on its way to a resident who asked for text messages."""
    town.contact("lan", "phone", PHONE, notify=True)
    with FakeSms() as fake:
        settings(sms_url=fake.url, sms_key="gateway-key")
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


def test_a_gateway_that_is_away_took_nothing(town: Town, settings: Callable[..., None]) -> None:
    town.contact("lan", "phone", PHONE, notify=True)
    settings(sms_url="http://127.0.0.1:9/messages", sms_key="gateway-key")
    town.happened("resolved")
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


# ── mail ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def server(town: Town, settings: Callable[..., None]) -> Iterator[FakeMail]:
    """A mail server, and an answer on its way to a resident who asked for mail."""
    town.contact("lan", "email", "lan@example.vn", notify=True)
    with FakeMail() as fake:
        settings(smtp_url=fake.url, mail_from="khong-tra-loi@phutho.example.vn")
        town.happened("resolved")
        yield fake


def test_a_mail_arrives_whole(town: Town, server: FakeMail) -> None:
    assert town.carry_out() == []
    [mail] = server.mails
    [delivery] = town.deliveries("email")
    assert mail["To"] == "lan@example.vn"
    assert mail["Message-ID"] == f"<{delivery.id}@phutho.example.vn>"
    assert "đã có kết quả" in mail["Subject"]
    assert "Xem phản ánh: http" in mail.get_content()
    assert mail["Auto-Submitted"] == "auto-generated"


def test_a_full_mailbox_is_tried_again_and_others_are_not_held_up(town: Town, server: FakeMail) -> None:
    server.rcpt = "452 mailbox full"
    assert len(town.carry_out()) == 1
    assert state(town, "email") == "failed"
    with unit_of_work() as session:
        assert session.get(ChannelPause, "email") is None
    server.rcpt = ""
    assert town.carry_out() == []
    assert len(server.mails) == 1


def test_a_hard_bounce_is_final_and_the_address_gets_nothing_more(town: Town, server: FakeMail) -> None:
    """F19: suppressed after one."""
    server.rcpt = "550 no such person"
    assert town.carry_out() == []
    assert state(town, "email") == "dead"
    with unit_of_work() as session:
        assert session.exec(select(SuppressedAddress)).one().channel == "email"
    server.rcpt = ""
    town.happened("reopened")
    town.carry_out()
    assert server.tries == 1
    assert server.mails == []


@pytest.mark.parametrize(
    ("answer", "becomes"), [("451 try later", "failed"), ("554 looks like spam", "dead"), ("421 closing", "failed")]
)
def test_an_answer_after_the_last_dot_decides(town: Town, server: FakeMail, answer: str, becomes: str) -> None:
    server.data = answer
    town.carry_out()
    assert state(town, "email") == becomes


def test_a_mail_that_was_taken_in_silence_is_left_to_staff(
    town: Town, server: FakeMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_channel, "TIMEOUT_S", 0.5)
    server.silent_after_data = True
    assert town.carry_out() == []
    assert state(town, "email") == "unknown"
    town.carry_out()
    assert len(server.mails) == 1


def test_a_mail_server_that_is_away_took_nothing(town: Town, settings: Callable[..., None]) -> None:
    town.contact("lan", "email", "lan@example.vn", notify=True)
    settings(smtp_url="smtp://127.0.0.1:9")
    town.happened("resolved")
    assert len(town.carry_out()) == 1
    assert state(town, "email") == "failed"


def test_an_address_with_a_line_break_harms_nobody(town: Town, server: FakeMail) -> None:
    """B88: header injection through an address."""
    with unit_of_work() as session:
        session.exec(select(Delivery)).one().state = "sent"
    town.contact("lan", "email", "x@example.vn\r\nBcc: all@example.vn", notify=True)
    town.happened("reopened")
    town.carry_out()
    assert all("Bcc" not in mail for mail in server.mails)
    assert server.tries <= 1
