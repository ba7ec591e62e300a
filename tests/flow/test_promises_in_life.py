"""Promises in the life of a report: pauses, extensions, transfers, recategorising, merging, the ladder, silence."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlmodel import select

from dispatch.domain.errors import QuotaUsed, StepNotAllowed, TooLate
from dispatch.escalate import sweep
from dispatch.people.contacts import break_seal
from dispatch.people.tables import AccessGrant, AuditEntry
from dispatch.recalculate import recalculate
from dispatch.rulebook import bump_version
from dispatch.tables.directory import CalendarDay
from dispatch.tables.promise import Escalation, SlaEntry
from dispatch.tables.report import ExtensionRequest
from dispatch.verify import verify
from kit.clock import utc_now
from kit.db import raw, reading, unit_of_work
from kit.problems import Forbidden
from tests.world import Told, World

VT = "ubnd-07900"
HERE = ZoneInfo("Asia/Ho_Chi_Minh")


def dues(told: Told, kind: str = "citizen") -> tuple[datetime | None, datetime | None]:
    clock = told.clocks(kind)[-1]
    return clock.due_at, clock.lenient_due_at


def whole() -> list[dict]:
    with reading() as session:
        return list(verify(raw(session)))


def test_while_the_citizen_is_asked_time_stands_still(world: World) -> None:
    world.set_clock("2027-03-01 08:00")  # a Monday
    told = world.report()
    before = dues(told)[0]
    officer = world.officer(VT)
    told.step(officer, "ask_citizen", text="Ở đoạn nào?")
    assert dues(told) == (None, None)
    assert told.row.lenient_due_at is None, "a paused report is not overdue in any list"
    world.forward(hours=2)
    told.step(world.resident(), "answer", text="Trước số nhà 12")
    after = dues(told)[0]
    assert before is not None
    assert after is not None
    due_then = before.astimezone(HERE)
    assert (due_then.hour, due_then.minute) == (17, 30), "promised for the end of a working day"
    next_morning = due_then.replace(hour=9, minute=30) + timedelta(days=1)
    assert abs(after - next_morning) < timedelta(seconds=5), "two working hours of waiting: two hours into the next"
    assert told.row.status == "routed"
    assert whole() == []


def test_a_pause_that_lasts_too_long_ends_by_itself(world: World) -> None:
    world.set_clock("2027-03-01 08:00")
    told = world.report()
    told.step(world.officer(VT), "ask_citizen", text="Ở đoạn nào?")
    world.forward(days=9)
    world.sweep()
    assert told.row.status == "routed"
    assert told.actions()[-1] in {"resume", "escalate", "breach"}
    assert told.clocks("citizen")[-1].paused_at is None


def test_an_extension_moves_only_the_promise_in_force(world: World) -> None:
    world.set_clock("2027-03-01 08:00")
    told, officer, supervisor = world.report(), world.officer(VT), world.role("supervisor")
    told.step(officer, "accept")
    strict, in_force = dues(told)
    assert strict == in_force
    assert strict is not None
    wish = strict + timedelta(days=1)
    told.step(officer, "request_extension", until=wish, reason="Chờ vật tư")
    assert dues(told) == (strict, strict), "while undecided the clock runs as before"
    told.step(supervisor, "decide_extension", approve=True, text="Đồng ý một ngày")
    after = dues(told)
    assert after[0] == strict
    assert after[1] is not None
    assert strict < after[1] <= wish
    with pytest.raises(QuotaUsed):
        told.step(officer, "request_extension", until=wish + timedelta(days=2), reason="Thêm nữa")
    with reading() as session:
        kinds = [entry.kind for entry in session.exec(select(SlaEntry))]
        assert session.exec(select(ExtensionRequest)).one().approved is True
    assert "extended" in kinds


def test_too_late_to_ask_for_more_time(world: World) -> None:
    world.set_clock("2027-03-01 08:00")
    told, officer = world.report(), world.officer(VT)
    told.step(officer, "accept")
    due = dues(told)[0]
    assert due is not None
    world.forward(days=(due - utc_now()).days + 1)
    with pytest.raises(TooLate):
        told.step(officer, "request_extension", until=utc_now() + timedelta(days=3), reason="Quên")


def test_another_category_never_buys_time(world: World) -> None:
    """A slower category keeps the first promise; a quicker one tightens the promise in force."""
    world.set_clock("2027-03-01 08:00")
    told, desk = world.report("pothole"), world.role("operator")
    strict = dues(told)[0]
    told.step(desk, "recategorise", category="illegal-construction", reason="Đúng ra là xây dựng")
    assert dues(told) == (strict, strict)
    told.step(desk, "recategorise", category="manhole-cover", reason="Thật ra mất nắp hố ga")
    after = dues(told)
    assert after[0] == strict, "the first promise stays for the strict figure"
    assert after[1] is not None
    assert strict is not None
    assert after[1] <= strict


def test_a_duplicate_is_linked_and_comes_back_as_if_never_merged(world: World) -> None:
    world.set_clock("2027-03-01 08:00")
    lead, twin, desk = world.report(by="Hà"), world.report(by="Nam"), world.role("operator")
    due = dues(twin)[0]
    officer = world.officer(VT)
    twin.step(officer, "merge", lead=lead.row.code)
    assert (twin.row.status, twin.clocks("citizen")[-1].state) == ("duplicate", "cancelled")
    assert twin.row.lead_id == lead.id
    world.forward(hours=3)
    twin.step(desk, "unmerge")
    assert (twin.row.status, dues(twin)[0]) == ("routed", due), "merged time counts as running"
    assert whole() == []


def test_refused_three_times_the_desk_has_it_with_the_trail(world: World) -> None:
    told, desk = world.report(), world.role("operator")
    for agency in (VT, "so-xay-dung", "dien-luc"):
        if told.row.status == "triage":
            told.step(desk, "route", agency=agency, reason="thử")
        told.step(world.officer(agency), "return_to_triage", reason_code="not_our_function", text="Không phải")
    row = told.row
    assert (row.status, row.agency_code, row.hops) == ("triage", "ioc", 3)
    assert row.refused_by == [VT, "so-xay-dung", "dien-luc"]


def test_two_sweepers_fire_each_rung_once(world: World) -> None:
    world.set_clock("2027-03-01 08:00")
    reports = [world.report() for _ in range(12)]
    world.forward(days=12)
    now = utc_now()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: sweep(now), range(4)))
    assert sweep(now) == {"looked": 0, "closed": 0}
    with reading() as session:
        fired = [(row.clock_id, row.rung) for row in session.exec(select(Escalation))]
    assert len(fired) == len(set(fired)) > 0
    for told in reports:
        assert told.actions().count("breach") == len({c.kind for c in told.clocks("citizen")}) + 3
    assert whole() == []


def test_silence_closes_and_only_then(world: World) -> None:
    world.set_clock("2027-03-01 08:00")
    told, officer = world.report(), world.officer(VT)
    told.step(officer, "start")
    told.step(officer, "submit_result", text="Đã sửa", no_photo_reason="Không chụp được")
    assert told.row.status == "resolved"
    world.forward(days=3)
    world.sweep()
    assert told.row.status == "resolved"
    world.forward(days=30)
    world.sweep()
    assert (told.row.status, told.actions()[-1]) == ("closed", "close")


def test_a_new_holiday_moves_open_promises_and_says_so(world: World) -> None:
    """The Government swaps a day: running clocks are recomputed, finished ones are not."""
    world.set_clock("2027-03-01 08:00")
    told, done = world.report(), world.report(by="Nam")
    officer = world.officer(VT)
    done.step(officer, "start")
    done.step(officer, "submit_result", text="Xong", no_photo_reason="Không chụp được")
    before, finished = dues(told)[0], done.clocks("citizen")[-1].due_at
    calendar = told.clocks("citizen")[-1].calendar_code
    with unit_of_work() as session:
        session.add(CalendarDay(calendar_code=calendar, on_date=date(2027, 3, 2), name_vi="Nghỉ bù"))
        bump_version(session)
    assert recalculate(calendar, now=utc_now()) == 1
    assert before is not None
    assert dues(told)[0] == before + timedelta(days=1)
    assert told.actions()[-1] == "recalculate"
    assert done.clocks("citizen")[-1].due_at == finished
    assert recalculate(calendar, now=utc_now()) == 0, "a second run changes nothing"


def test_the_words_of_a_denunciation_leave_the_public_at_once(world: World) -> None:
    told = world.report(description="Tôi tố cáo cán bộ nhận hối lộ ở đường này")
    row = told.row
    assert (row.status, row.is_public) == ("triage", False)
    assert "denunciation" in row.text_flags
    desk = world.role("operator")
    told.step(desk, "refer", target="citizen_reception", text="Mời gửi đơn tới Ban Tiếp công dân")
    assert (told.row.status, told.row.is_public) == ("referred", False)


def test_contact_data_is_opened_only_with_scope_and_leaves_a_trail(world: World) -> None:
    told = world.report()
    plain = world.officer(VT)
    with unit_of_work() as session, pytest.raises(Forbidden):
        break_seal(session, told.row, plain, "xem thử cho biết", now=utc_now())
    holder = world.holder_of_scope("contact")
    with unit_of_work() as session:
        opened = break_seal(session, told.row, holder, "Cần gọi người dân để tìm chỗ", now=utc_now())
    assert set(opened) == {"name", "phone", "email", "description", "expires_at"}
    with reading() as session:
        assert session.exec(select(AccessGrant)).one().reason == "Cần gọi người dân để tìm chỗ"
        assert "contact.opened" in [row.name for row in session.exec(select(AuditEntry))]


def test_a_step_from_the_wrong_state_names_what_is_possible(world: World) -> None:
    told = world.report()
    with pytest.raises(StepNotAllowed) as refused:
        told.step(world.officer(VT), "approve_result")
    assert {"accept", "assign", "reject"} <= set(refused.value.facts["allowed"])


def test_a_forged_timeline_is_found(world: World) -> None:
    told, other, cut = world.report(), world.report(by="Nam"), world.report(by="Lan")
    told.step(world.officer(VT), "accept")
    assert whole() == []
    with unit_of_work() as session:
        session.execute(
            text("UPDATE timeline_entry SET to_status = 'closed' WHERE report_id = :i AND seq = 3"), {"i": told.id}
        )
        session.execute(text("UPDATE entry_text SET text = 'khác' WHERE report_id = :i"), {"i": other.id})
        session.execute(text("DELETE FROM timeline_entry WHERE report_id = :i AND seq = 2"), {"i": cut.id})
    found = {(finding["seq"], finding["problem"]) for finding in whole()}
    assert found == {(3, "changed"), (1, "changed"), (2, "tail")}
