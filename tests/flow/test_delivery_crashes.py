"""What a killed worker leaves behind: no second message, no lost one, and nothing that nobody sees."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from dispatch.domain.actors import Actor, Role
from dispatch.people.residents import begin_otp
from kit.clock import advance, utc_now
from kit.db import unit_of_work
from kit.embedded import Embedded
from kit.ids import new_id
from kit.jobs import machine_now
from kit.outbox import Outbox
from kit.settings import get_settings
from notifications.desk import NotResendable, resend
from notifications.retention import drop_old, settle_lost
from notifications.tables import Delivery, InboxMessage
from tests.message_city import Town, send_code
from tests.message_doors import sink, town_with_empty_sink


@pytest.fixture
def town(db: Embedded) -> Town:
    return town_with_empty_sink()


def killed_while_sending(town: Town, *, written: bool) -> Delivery:
    """A worker claimed the SMS and died: before the line was written, or just after."""
    town.contact("lan", "phone", "+84912345678", notify=True)
    town.happened("resolved")
    [delivery] = town.deliveries("sms")
    with unit_of_work() as session:
        row = session.get_one(Delivery, delivery.id)
        row.state, row.attempts, row.sending_since = "sending", 1, machine_now()
    if written:
        path = Path(get_settings().sink_dir) / "sms.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"delivery_id": str(delivery.id)}) + "\n")
    return delivery


def test_a_worker_killed_after_the_hand_over_leads_to_no_second_message(town: Town) -> None:
    killed_while_sending(town, written=True)
    assert town.carry_out() == []
    assert [d.state for d in town.deliveries("sms")] == ["sent"]
    assert len(sink("sms")) == 1


def test_a_worker_killed_before_the_hand_over_loses_no_message(town: Town) -> None:
    killed_while_sending(town, written=False)
    assert len(town.carry_out()) == 1  # asked: the other side never got it
    assert town.carry_out() == []
    assert [d.state for d in town.deliveries("sms")] == ["sent"]
    assert len(sink("sms")) == 1


def test_a_delivery_whose_job_is_gone_too_becomes_visible_and_goes_on(town: Town) -> None:
    delivery = killed_while_sending(town, written=False)
    with unit_of_work() as session:
        row = session.get_one(Delivery, delivery.id)
        row.sending_since = machine_now() - timedelta(minutes=11)
    assert settle_lost() == 1
    assert [d.state for d in town.deliveries("sms")] == ["unknown"]
    assert len(town.waiting()) == 2  # a fresh job will ask the gateway
    town.carry_out()
    assert [d.state for d in town.deliveries("sms")] == ["sent"]


def test_staff_send_a_given_up_message_again_and_the_audit_knows(town: Town) -> None:
    delivery = killed_while_sending(town, written=False)
    operator = Actor(id=town.accounts["operator"], role=Role.OPERATOR)
    with unit_of_work() as session:
        session.get_one(Delivery, delivery.id).state = "dead"
    with unit_of_work() as session:
        resend(session, delivery.id, by=operator, now=utc_now())
    town.carry_out()
    assert len(sink("sms")) == 1
    with pytest.raises(NotResendable), unit_of_work() as session:
        resend(session, delivery.id, by=operator, now=utc_now())


def test_old_messages_go_and_undecided_ones_stay(town: Town) -> None:
    town.phone("lan", "token-of-lan-0001")
    town.happened("resolved")
    town.carry_out()
    town.happened("reopened")
    with unit_of_work() as session:
        for row in session.exec(select(Delivery).where(Delivery.state == "planned")):
            row.state = "unknown"
    advance(100 * 86400)
    assert drop_old() == 1
    assert [d.state for d in town.deliveries()] == ["unknown"]
    advance(300 * 86400)
    drop_old()
    with unit_of_work() as session:
        assert session.exec(select(InboxMessage)).all() == []


# ── one-time codes ──────────────────────────────────────────────────────────────────────────────────


def test_a_one_time_code_leaves_once_and_its_text_is_wiped(town: Town) -> None:
    with unit_of_work() as session:
        begin_otp(session, "+84912345678", locale="vi", now=utc_now())
        session.flush()
        event = session.exec(select(Outbox).where(Outbox.name == "otp.requested")).one().to_event()
    assert base64.b64decode(event.data["sealed"])
    for _ in range(2):
        assert send_code(event) == []
    [line] = sink("sms")
    assert line["template"] == "otp"
    assert line["to"] == "+84912345678"
    assert line["code"] in line["text"]
    assert len(line["code"]) == 6
    assert "report" not in line
    with unit_of_work() as session:
        assert session.exec(select(Outbox).where(Outbox.name == "otp.requested")).one().data == {"sealed": None}
        kept = session.get_one(Delivery, event.id)
        assert line["code"] not in kept.model_dump_json()


def test_an_expired_code_is_not_sent(town: Town) -> None:
    with unit_of_work() as session:
        begin_otp(session, "+84912345678", locale="vi", now=utc_now())
        session.flush()
        event = session.exec(select(Outbox).where(Outbox.name == "otp.requested")).one().to_event()
    advance(601)
    assert send_code(event) == []
    assert sink("sms") == []
    with unit_of_work() as session:
        assert session.get_one(Delivery, event.id).state == "dead"
        with pytest.raises(NotResendable):
            resend(session, event.id, by=Actor(id=new_id(), role=Role.OPERATOR), now=utc_now())
