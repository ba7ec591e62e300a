"""From an event to inbox rows and lines in the sink: planned once, delivered once, in the right hands."""

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from dispatch.people.tables import Account, Person, SealedContact
from dispatch.tables.report import Follower, Report
from kit.clock import advance, utc_now
from kit.db import reading, unit_of_work
from kit.embedded import Embedded
from kit.events import Event
from kit.ids import show_code
from kit.jobs import Job, run_job
from kit.outbox import emit
from kit.queue import configure
from kit.relay import relay_once
from kit.seal import seal
from kit.settings import get_settings
from notifications.devices import store_wishes
from notifications.tables import Delivery, Preference
from notifications.tasks import plan_messages
from tests.message_city import Town
from tests.message_doors import sink, town_with_empty_sink


@pytest.fixture
def town(db: Embedded) -> Town:
    return town_with_empty_sink()


def test_the_resident_hears_the_result_on_her_phone_and_in_her_inbox(town: Town) -> None:
    town.phone("lan", "token-of-lan-0001")
    town.happened("resolved", actor=town.accounts["worker"])
    assert town.carry_out() == []
    [line] = sink("push")
    assert set(line) == {
        "at", "delivery_id", "channel", "to", "template", "locale", "text", "report", "subject", "payload",
    }  # fmt: skip
    assert line["to"] == "token-of-lan-0001"
    assert show_code(town.code) in line["subject"]
    assert "Sở Xây dựng" in line["text"]
    assert line["report"] == line["payload"]["report"] == str(town.report)
    assert town.inbox("lan") == ["resolved"]
    assert town.inbox("officer") == ["agency_resolved"]
    assert town.inbox("worker") == []
    [delivery] = town.deliveries()
    assert (delivery.state, delivery.attempts) == ("sent", 1)


def test_running_a_delivery_again_sends_nothing_twice(town: Town) -> None:
    town.contact("lan", "phone", "+84912345678", notify=True)
    town.happened("resolved")
    for _ in range(3):
        town.carry_out()
    assert len(sink("sms")) == 1


def test_one_event_cannot_be_planned_twice_even_past_the_job_row(town: Town) -> None:
    event = town.happened("resolved")
    with pytest.raises(IntegrityError), unit_of_work() as session:
        plan_messages(session, event)
    assert town.inbox("lan") == ["resolved"]


def test_a_text_message_holds_code_link_and_state_and_none_of_the_words_people_wrote(town: Town) -> None:
    town.contact("lan", "phone", "+84912345678", notify=True)
    town.change(description="click http://evil.example {link}", answer="see javascript:alert(1)")
    town.happened("resolved")
    town.carry_out()
    [line] = sink("sms")
    assert line["to"] == "+84912345678"
    assert show_code(town.code) in line["text"]
    assert f"{get_settings().public_url}/app/r/" in line["text"]
    assert "evil" not in line["text"]
    assert "javascript" not in line["text"]
    with unit_of_work() as session:
        kept = session.exec(select(Delivery)).one()
        assert "912345678" not in kept.model_dump_json()


def test_mail_goes_to_who_asked_and_in_his_language(town: Town) -> None:
    town.contact("lan", "email", "lan@example.vn", notify=True)
    with unit_of_work() as session:
        session.get_one(Person, town.people["lan"]).locale = "en"
    town.happened("rejected", actor=town.accounts["officer"])
    town.carry_out()
    [line] = sink("email")
    assert line["locale"] == "en"
    assert line["subject"] == f"Report {show_code(town.code)} was not accepted"
    assert "See the report: http" in line["text"]


def test_a_phone_that_changed_hands_gets_nothing_of_the_former_owner(town: Town) -> None:
    """User A out, user B in on the same phone: a message for A that still waits does not reach B (B83)."""
    with unit_of_work() as session:
        town.resident(session, "binh")
    town.phone("lan", "the-shared-phone-1")
    town.happened("resolved")
    town.phone("binh", "the-shared-phone-1")
    town.carry_out()
    assert sink("push") == []
    assert [d.state for d in town.deliveries("push")] == ["suppressed"]
    town.happened("reopened")
    assert len(town.deliveries("push")) == 1


def test_a_device_that_became_a_resident_keeps_its_pushes(town: Town) -> None:
    town.phone("lan", "token-before-sign-in")
    with unit_of_work() as session:
        known = town.resident(session, "lan-known")
        session.flush()
        session.get_one(Person, town.people["lan"]).merged_into = known
        session.get_one(Report, town.report).reporter_id = known
    town.happened("resolved")
    town.carry_out()
    assert [line["to"] for line in sink("push")] == ["token-before-sign-in"]
    assert town.inbox("lan-known") == ["resolved"]


def test_an_erased_contact_is_not_written_to_although_the_message_was_planned(town: Town) -> None:
    town.contact("lan", "phone", "+84912345678", notify=True)
    town.happened("resolved")
    with unit_of_work() as session:
        session.delete(session.exec(select(SealedContact)).one())
    town.carry_out()
    assert sink("sms") == []
    assert [d.state for d in town.deliveries("sms")] == ["suppressed"]


def test_quiet_hours_hold_the_push_back_and_the_morning_lets_it_go(town: Town) -> None:
    town.phone("lan", "token-of-lan-0001")
    local = (utc_now() + timedelta(hours=7)).replace(second=0)
    store = Preference(
        owner_kind="person",
        owner_id=town.people["lan"],
        quiet_from=f"{local - timedelta(hours=1):%H:%M}",
        quiet_to=f"{local + timedelta(hours=8):%H:%M}",
        changed_at=utc_now(),
    )
    with unit_of_work() as session:
        store_wishes(session, store)
    town.happened("resolved")
    assert len(town.carry_out()) == 1
    assert sink("push") == []
    advance(9 * 3600)
    assert town.carry_out() == []
    assert len(sink("push")) == 1


def test_followers_hear_of_public_reports_only(town: Town) -> None:
    with unit_of_work() as session:
        follower = town.resident(session, "minh")
        session.add(Follower(report_id=town.report, person_id=follower, since=utc_now()))
    town.happened("resolved")
    assert town.inbox("minh") == ["follower_resolved"]
    town.change(is_public=False)
    town.happened("reopened")
    assert town.inbox("minh") == ["follower_resolved"]


def test_a_transfer_tells_the_new_office_and_the_one_that_lost_it(town: Town) -> None:
    town.happened("transferred", actor=town.accounts["operator"], agency="ward", previous_agency="roads")
    assert town.inbox("ward_officer") == ["agency_new"]
    assert town.inbox("officer") == ["agency_moved_away"]
    assert town.inbox("lan") == ["transferred"]


@pytest.mark.parametrize(
    ("whom", "hears"),
    [
        ("worker_leader", "worker"),
        ("agency_leader", "officer"),
        ("ioc", "operator"),
        ("province_office", "supervisor"),
        ("somebody-nobody-knows", "operator"),
    ],
)
def test_each_rung_of_the_ladder_reaches_somebody(town: Town, whom: str, hears: str) -> None:
    town.change(worker_id=town.accounts["worker"])
    town.happened("escalated", whom=whom, channel="push", at_percent=80)
    assert town.inbox(hears) == ["escalated"]


def test_a_rung_by_mail_reaches_an_officer_who_never_asked_for_mail(town: Town) -> None:
    with unit_of_work() as session:
        session.get_one(Account, town.accounts["officer"]).email_sealed = seal("giam-doc@example.vn", about="contact")
    town.happened("escalated", whom="agency_leader", channel="email", at_percent=150)
    town.carry_out()
    assert [(line["to"], line["template"]) for line in sink("email")] == [("giam-doc@example.vn", "escalated")]
    assert "150" in sink("email")[0]["subject"]


def test_imported_history_writes_to_nobody(town: Town) -> None:
    town.change(imported=True)
    town.happened("resolved")
    assert town.inbox("lan") == []


def test_a_submit_that_was_routed_at_once_is_told_once(town: Town) -> None:
    town.happened("submitted")
    town.happened("routed")
    assert town.inbox("lan") == ["routed"]
    assert town.inbox("operator") == []
    town.change(status="triage")
    town.happened("submitted")
    assert town.inbox("operator") == ["desk_triage"]


def test_through_relay_and_jobs_a_message_needs_no_help(town: Town) -> None:
    """The subscriptions as the product has them: event → plan → delivery.planned → deliver, each job once."""
    town.phone("lan", "token-of-lan-0001")
    event = Event(
        name="report.resolved",
        subject=town.report,
        occurred_at=utc_now(),
        data={"agency": "roads", "category": "pothole", "actor": None},
    )
    with unit_of_work() as session:
        emit(session, event)
    subscriptions = {"report.resolved": ("notifications.plan",), "delivery.planned": ("notifications.deliver",)}
    configure()
    with psycopg.connect(get_settings().database_url, autocommit=True) as link:
        for _ in range(3):
            relay_once(link, subscriptions)
            with reading() as session:
                jobs = session.exec(select(Job.id, Job.day, Job.task).order_by(Job.id)).all()
            outcomes = {task: run_job(job_id or 0, day) for job_id, day, task in jobs}
    assert outcomes == {"notifications.plan": "skipped", "notifications.deliver": "skipped"}
    assert [line["to"] for line in sink("push")] == ["token-of-lan-0001"]
    assert town.inbox("lan") == ["resolved"]
