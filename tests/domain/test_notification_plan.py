"""Who is told what, by which way and when: the plan alone, without a database."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.ids import new_id
from kit.words import Catalogue
from notifications.hearings import HEARINGS, Channel, Part, Sms
from notifications.plan import Fact, Listener, Notice, end_of_quiet, plan

SAIGON = ZoneInfo("Asia/Ho_Chi_Minh")
NOON = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)  # 12:00 local
WORDS = Catalogue(Path(__file__).parents[2] / "notifications" / "locales")
GSM7 = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿") | set(
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)


def someone(part: Part, **more: object) -> Listener:
    kind = "person" if part in (Part.REPORTER, Part.MERGED, Part.FOLLOWER) else "account"
    return Listener(kind=kind, id=new_id(), part=part, **more)  # type: ignore[arg-type]


def told(name: str, *audience: Listener, actor: Listener | None = None, **more: object) -> list[Notice]:
    fact = Fact(name=f"report.{name}", actor=actor.id if actor else None, **more)  # type: ignore[arg-type]
    return plan(fact, audience, now=NOON, zone=SAIGON)


def ways(notices: list[Notice]) -> list[str]:
    return [str(notice.channel) for notice in notices]


def test_a_new_report_reaches_its_reporter_and_the_office_in_charge() -> None:
    reporter, officer, follower = someone(Part.REPORTER), someone(Part.OFFICER), someone(Part.FOLLOWER)
    notices = told("routed", reporter, officer, follower)
    assert {(n.recipient, n.template) for n in notices} == {(reporter.id, "routed"), (officer.id, "agency_new")}


def test_nobody_is_told_of_his_own_act() -> None:
    officer, colleague, reporter = someone(Part.OFFICER), someone(Part.OFFICER), someone(Part.REPORTER)
    notices = told("resolved", reporter, officer, colleague, actor=officer)
    assert {n.recipient for n in notices} == {colleague.id, reporter.id}
    assert told("reopened", reporter, actor=reporter) == []


def test_who_is_two_things_hears_once_as_the_nearer_one() -> None:
    reporter = someone(Part.REPORTER)
    also_follower = Listener(kind="person", id=reporter.id, part=Part.FOLLOWER)
    assert [n.template for n in told("resolved", also_follower, reporter)] == ["resolved"]


def test_every_device_of_somebody_gets_the_push() -> None:
    phone, tablet = new_id(), new_id()
    notices = told("resolved", someone(Part.REPORTER, tokens=(phone, tablet)))
    assert [n.token for n in notices if n.channel is Channel.PUSH] == [phone, tablet]


def test_an_answer_finds_a_way_where_there_is_no_device_but_a_mere_step_costs_no_sms() -> None:
    unreached = someone(Part.REPORTER, reach=frozenset({Channel.SMS}))
    assert ways(told("resolved", unreached)) == ["inbox", "sms"]
    assert ways(told("asked", unreached)) == ["inbox", "sms"]
    assert ways(told("routed", unreached)) == ["inbox"]
    with_device = someone(Part.REPORTER, reach=frozenset({Channel.SMS}), tokens=(new_id(),))
    assert ways(told("resolved", with_device)) == ["inbox", "push"]


def test_who_asked_for_sms_and_mail_gets_them_unless_he_switched_them_off() -> None:
    both = frozenset({Channel.SMS, Channel.EMAIL})
    asked = someone(Part.REPORTER, reach=both, asked=both, tokens=(new_id(),))
    assert ways(told("routed", asked)) == ["inbox", "push", "sms", "email"]
    off = someone(Part.REPORTER, reach=both, asked=both, tokens=(new_id(),), refused=both | {Channel.PUSH})
    assert ways(told("resolved", off)) == ["inbox"]


def test_a_rung_of_the_ladder_chooses_its_channel_where_it_can_be_reached() -> None:
    leader = someone(Part.ESCALATED, reach=frozenset({Channel.EMAIL}))
    assert ways(told("escalated", leader, rung_channel=Channel.EMAIL)) == ["inbox", "email"]
    assert ways(told("escalated", leader, rung_channel=Channel.SMS)) == ["inbox"]


def test_an_internal_comment_stays_inside() -> None:
    people = (someone(Part.REPORTER), someone(Part.FOLLOWER), someone(Part.MERGED))
    officer = someone(Part.OFFICER)
    assert {n.recipient for n in told("commented", *people, officer, visibility="internal")} == {officer.id}
    to_reporter = told("commented", *people, officer, visibility="reporter")
    assert {n.recipient for n in to_reporter} == {people[0].id, officer.id}
    assert len({n.recipient for n in told("commented", *people, officer, visibility="public")}) == 4


def test_a_push_at_night_waits_for_the_morning_and_the_inbox_does_not() -> None:
    sleeper = someone(Part.REPORTER, tokens=(new_id(),), quiet=(time(21), time(7)))
    fact = Fact(name="report.resolved", actor=None)
    night = datetime(2026, 3, 10, 23, 30, tzinfo=SAIGON)
    inbox, push = plan(fact, [sleeper], now=night, zone=SAIGON)
    assert inbox.not_before is None
    assert push.not_before == datetime(2026, 3, 11, 7, 0, tzinfo=SAIGON)


@given(
    begin=st.times(timezones=st.none()).map(lambda t: t.replace(second=0, microsecond=0)),
    end=st.times(timezones=st.none()).map(lambda t: t.replace(second=0, microsecond=0)),
    minutes=st.integers(0, 100_000),
)
def test_quiet_hours_end_within_a_day_and_are_over_when_they_end(begin: time, end: time, minutes: int) -> None:
    now = NOON + timedelta(minutes=minutes)
    until = end_of_quiet((begin, end), now, SAIGON)
    if until is not None:
        assert now < until <= now + timedelta(days=1)
        assert until.astimezone(SAIGON).time() == end
        assert end_of_quiet((begin, end), until, SAIGON) is None


def test_an_event_without_a_line_in_the_table_tells_nobody() -> None:
    assert told("photo_added", someone(Part.REPORTER), someone(Part.OFFICER)) == []


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_every_template_has_its_sentences_and_every_sms_fits_one_part(locale: str) -> None:
    assert WORDS.keys("vi") == WORDS.keys("en")
    link = "https://phananh.phutho.gov.vn/app/r/7K4M-2Q9X"
    for hearing in (hearing for line in HEARINGS.values() for hearing in line):
        key = hearing.template.replace("_", "-")
        facts = {"code": "7K4M-2Q9X", "agency": "Sở", "category": "Ổ gà", "percent": "150", "link": link}
        for part in ("title", "body"):
            said = WORDS.say(f"{key}-{part}", locale, **facts)
            assert said
            assert "{" not in said
        if hearing.sms is not Sms.NEVER or hearing.part is Part.ESCALATED:
            said = WORDS.say(f"{key}-sms", locale, code="7K4M-2Q9X", percent="150", link=link)
            assert set(said) <= GSM7
            assert len(said) <= 160
    otp = WORDS.say("otp-sms", locale, code="123456")
    assert set(otp) <= GSM7
    assert len(otp) <= 160
