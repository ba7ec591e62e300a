"""Mail for real, against a server that is polite, busy, unkind or silent (F19)."""

from collections.abc import Iterator

import pytest
from sqlmodel import select

import notifications.channels.email as mail_channel
from kit.db import unit_of_work
from kit.embedded import Embedded
from notifications.tables import ChannelPause, Delivery, SuppressedAddress
from tests.fakes.smtp import FakeMail
from tests.message_city import Town
from tests.message_doors import doors, state


@pytest.fixture
def town(db: Embedded) -> Town:
    return Town().build()


@pytest.fixture
def server(town: Town) -> Iterator[FakeMail]:
    """A mail server, and an answer on its way to a resident who asked for mail."""
    town.contact("lan", "email", "lan@example.vn", notify=True)
    with FakeMail() as fake, doors(smtp_url=fake.url, mail_from="khong-tra-loi@phutho.example.vn"):
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


def test_a_mail_server_that_is_away_took_nothing(town: Town) -> None:
    town.contact("lan", "email", "lan@example.vn", notify=True)
    town.happened("resolved")
    with doors(smtp_url="smtp://127.0.0.1:9"):
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
