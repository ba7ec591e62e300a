"""Facts follow a report's life, can be asked as they were at any instant, and are the same however often rebuilt."""

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlmodel import select

from admin.indicators.catalogue import INDICATORS
from admin.indicators.figures import figures
from admin.indicators.lists import all_reports, figure_reports
from admin.indicators.loading import days_of_reports, rebuild, refresh
from admin.indicators.question import Viewer, read_question
from admin.indicators.rebuild import main as rebuild_figures
from admin.indicators.tables import COLUMNS
from admin.indicators.tasks import refresh_report, today
from kit.clock import utc_now
from kit.db import reading, unit_of_work
from kit.outbox import Outbox
from tests.world import Told, World

VT, NT = "ubnd-07900", "moi-truong-do-thi"
HERE = ZoneInfo("Asia/Ho_Chi_Minh")
STAFF = Viewer(public=False)


def counted(*reports: Told) -> None:
    """What the workers do after every event."""
    with unit_of_work() as session:
        refresh(session, [told.id for told in reports], today=today())


def ask(indicator: str, *groups: str, viewer: Viewer = STAFF, **more: Any) -> list[dict[str, Any]]:
    asked = {"start": None, "end": None, "as_of": None, "basis": "received", "units": "calendar_hours"}
    asked |= {"restate": False, "filters": {}} | more
    with reading() as session:
        question = read_question(groups=list(groups), viewer=viewer, now=utc_now(), **asked)
        items: list[dict[str, Any]] = figures(session, [INDICATORS[indicator]], question)[0]["items"]
        total = figure_reports(session, INDICATORS[indicator], question)["total"]
    if not viewer.public and indicator != "hotspots":
        assert total == sum(item["n"] for item in items), "the list behind a figure is as long as its n"
    return items


def value(indicator: str, **more: Any) -> Any:
    return ask(indicator, **more)[0]["value"]


def at(instant: datetime) -> str:
    return instant.isoformat()


def mended(told: Told, who: Any, words: str = "Đã vá xong") -> None:
    told.step(who, "submit_result", text=words, no_photo_reason="máy hỏng")


def test_a_life_with_transfer_pause_answer_and_reopening_as_it_was_at_every_instant(world: World) -> None:
    start = world.set_clock("2027-03-01 08:00")
    told = world.report()
    world.forward(hours=1)
    told.step(world.officer(VT), "accept")
    accepted = utc_now()
    world.forward(hours=1)
    told.step(world.officer(VT), "transfer", agency=NT, reason="địa bàn bên kia")
    transferred = utc_now()
    world.forward(hours=1)
    told.step(world.officer(NT), "ask_citizen", text="Ở đoạn nào?")
    asked = utc_now()
    world.forward(hours=1)
    told.step(world.resident(), "answer", text="Số 12")
    mended(told, world.officer(NT))
    answered = utc_now()
    world.forward(days=1)
    told.step(world.resident(), "rate", rating="not_satisfied")
    told.step(world.resident(), "reopen", text="Vẫn còn hố")
    reopened = utc_now()
    counted(told)

    second = timedelta(seconds=1)
    assert ask("backlog", "agency", as_of=at(accepted + second))[0]["agency"] == VT
    assert ask("backlog", "agency", as_of=at(transferred + second))[0]["agency"] == NT
    assert value("hops_mean", as_of=at(accepted + second)) == 0
    assert value("hops_mean", as_of=at(transferred + second)) == 1
    assert value("ack_p50", as_of=at(accepted + second)) == pytest.approx(3600, abs=5)
    assert ask("ack_p50", as_of=at(transferred + second))[0]["n"] == 0, "the next holder has not taken it yet"
    late = at(asked + timedelta(minutes=30))
    assert ask("backlog_overdue", as_of=late)[0]["n"] == 0, "whoever waits for the resident is not late"
    assert value("backlog", as_of=at(answered + second)) == 0
    assert value("resolved", as_of=at(answered + second)) == 1
    assert value("on_time_strict", as_of=at(answered + second)) == 1.0
    assert value("resolved") == 0, "a reopened report never counts as resolved for the earlier answer"
    assert value("backlog") == 1
    assert ask("on_time_strict")[0]["n"] == 0
    assert value("reopen_rate") == 1.0
    assert ask("satisfied_rate", as_of=at(reopened - second))[0]["n"] == 0
    assert value("received", as_of=at(start - timedelta(hours=1))) == 0


def test_a_late_answer_is_charged_to_whoever_held_the_report_when_it_fell_due(world: World) -> None:
    world.set_clock("2027-03-01 08:00")
    late, fast = world.report(), world.report(by="Lan")
    mended(fast, world.officer(VT))
    world.forward(days=20)  # past the promise, still with Việt Trì
    counted(late, fast)
    assert ask("on_time_due", "agency")[0] | {"low": 0, "high": 0} == {
        "agency": VT, "agency_name": ask("on_time_due", "agency")[0]["agency_name"], "n": 2, "value": 0.5,
        "numerator": 1, "low": 0, "high": 0,
    }  # fmt: skip
    late.step(world.officer(VT), "transfer", agency=NT, reason="không phải của chúng tôi")
    mended(late, world.officer(NT))
    counted(late)
    charged = {item["agency"]: (item["n"], item["numerator"]) for item in ask("on_time_strict", "agency")}
    assert charged == {VT: (2, 1)}, "a transfer does not move the blame"
    assert {item["agency"] for item in ask("resolved", "agency")} == {VT, NT}


def test_an_extension_makes_it_lenient_and_never_strict(world: World) -> None:
    world.set_clock("2027-03-01 08:00")
    told = world.report()
    officer = world.officer(VT)
    first = told.row.lenient_due_at
    assert first is not None
    told.step(officer, "request_extension", until=first + timedelta(days=3), reason="chờ vật tư")
    told.step(world.role("supervisor"), "decide_extension", approve=True, text="đồng ý")
    world.forward(hours=(first - utc_now()).total_seconds() / 3600 + 1)
    counted(told)
    assert value("backlog_overdue") == 0
    mended(told, officer)
    counted(told)
    assert (value("on_time_strict"), value("on_time_lenient")) == (0.0, 1.0)


def test_exits_leave_the_valid_ones_and_count_only_from_their_instant(world: World) -> None:
    world.set_clock("2027-03-01 08:00")
    kept, gone, double = world.report(), world.report(by="Lan"), world.report(by="Minh")
    before = utc_now()
    world.forward(hours=1)
    gone.step(world.officer(VT), "reject", reason_code="unclear", text="Không rõ nội dung")
    double.step(world.officer(VT), "merge", lead=kept.row.code)
    counted(kept, gone, double)
    assert [value(code) for code in ("received", "valid", "rejected", "duplicate", "backlog")] == [3, 1, 1, 1, 1]
    then = at(before + timedelta(minutes=1))
    assert [value(code, as_of=then) for code in ("valid", "rejected", "duplicate", "backlog")] == [3, 0, 0, 3]
    double.step(world.role("operator"), "unmerge")
    counted(double)
    assert [value(code) for code in ("valid", "duplicate", "backlog")] == [2, 0, 2]


def test_working_hours_leave_the_night_out(world: World) -> None:
    world.set_clock("2027-03-01 17:00")  # half an hour before closing
    told = world.report()
    world.set_clock("2027-03-02 08:00")  # half an hour after opening
    mended(told, world.officer(VT))
    counted(told)
    assert value("resolve_p50") == pytest.approx(15 * 3600, abs=10)
    assert value("resolve_p50", units="working_hours") == pytest.approx(3600, abs=10)
    waiting = world.report(by="Lan")
    world.set_clock("2027-03-02 10:00")
    counted(waiting)
    median = ask("resolve_km_median", units="working_hours")[0]
    assert (median["n"], median["value"]) == (2, pytest.approx(3600, abs=10))


def test_a_repeat_of_the_same_trouble_is_charged_to_the_answer(world: World) -> None:
    world.set_clock("2027-03-01 08:00")
    told = world.report()
    mended(told, world.officer(VT))
    world.forward(days=3)
    far, near = world.report(by="Lan", lon=105.4143), world.report(by="Minh", lat=21.33282)
    counted(told, far, near)
    assert ask("recurrence_rate")[0]["numerator"] == 1
    with unit_of_work() as session:
        session.execute(text("UPDATE category SET duplicate_radius_m = 5 WHERE code = 'pothole'"))
    assert ask("recurrence_rate")[0]["numerator"] == 0


def test_facts_rebuilt_from_nothing_are_the_same_and_strays_are_swept_out(world: World) -> None:
    world.set_clock("2027-03-01 08:00")
    told = [world.report(by=name) for name in ("Hà", "Lan", "Minh")]
    told[0].step(world.officer(VT), "accept")
    world.forward(days=1)
    mended(told[0], world.officer(VT))
    told[1].step(world.officer(VT), "return_to_triage", reason_code="not_our_area", text="Không thuộc xã")
    counted(*told)
    before = all_facts()
    with unit_of_work() as session:
        session.execute(text("UPDATE report_fact SET agency = 'nobody', resolve_s = 1"))
        session.execute(text("UPDATE report_fact_past SET area = 'nowhere'"))
        days = days_of_reports(session)
        assert days is not None
        assert rebuild(session, *days, today=today()) == 3
        assert rebuild(session, *days, today=today()) == 3
    assert all_facts() == before
    assert len(before[1]) >= 2, "how it stood before is kept"


def test_the_rebuild_command_takes_any_days(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.set_clock("2027-03-01 08:00")
    world.report()
    world.set_clock("2027-03-03 08:00")
    world.report(by="Lan")
    assert rebuild_figures(["--from", "2027-03-03", "--to", "2027-03-04", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"days": 1, "reports": 1}
    assert value("received") == 1
    assert rebuild_figures(["--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"days": 3, "reports": 2}
    assert value("received") == 2
    assert rebuild_figures(["--from", "2027-03-03", "--to", "2027-03-01"]) == 2


def all_facts() -> list[list[Any]]:
    names = ", ".join(COLUMNS)
    with reading() as session:
        current = session.execute(text(f"SELECT {names} FROM report_fact ORDER BY report_id")).all()
        past = session.execute(text(f"SELECT {names}, until, seq FROM report_fact_past ORDER BY report_id, seq")).all()
    return [list(current), list(past)]


def test_every_event_of_a_report_brings_its_facts_up_to_date(world: World) -> None:
    """The task as the worker runs it, twice for each event, in whatever order."""
    told = world.report()
    told.step(world.officer(VT), "accept")
    with unit_of_work() as session:
        events = [row.to_event() for row in session.exec(select(Outbox).where(Outbox.subject == told.id))]
        for event in [*reversed(events), *events]:
            refresh_report(session, event)
    assert value("received") == 1
    assert ask("ack_p50")[0]["n"] == 1


def test_backlog_by_day_is_what_stood_open_at_each_midnight(world: World) -> None:
    world.set_clock("2027-03-01 08:00")
    first = world.report()
    world.set_clock("2027-03-02 08:00")
    second = world.report(by="Lan")
    mended(first, world.officer(VT))
    world.set_clock("2027-03-04 08:00")
    mended(second, world.officer(VT))
    counted(first, second)
    stock = ask("backlog", "day", start="2027-03-01", end="2027-03-05")
    assert {item["day"]: item["n"] for item in stock} == {"2027-03-01": 1, "2027-03-02": 1, "2027-03-03": 1}
    with reading() as session:
        question = read_question(
            start=None, end=None, as_of=None, basis="received", groups=[], units="calendar_hours", restate=False,
            filters={"day": "2027-03-01"}, viewer=STAFF, now=utc_now(),
        )  # fmt: skip
        assert [row["id"] for row in all_reports(session, INDICATORS["backlog"], question)] == [first.id]


@pytest.fixture
def five(world: World) -> World:
    """Five potholes and one fight in the same ward."""
    world.set_clock("2027-03-01 08:00")
    counted(*(world.report(by=name) for name in ("A", "B", "C", "D", "E")), world.report("public-disorder", by="F"))
    return world


def test_strangers_see_no_small_numbers_and_no_place_of_what_is_sensitive(five: World) -> None:
    public = Viewer(public=True)
    by_category = {item["category"]: item for item in ask("received", "category", viewer=public)}
    assert by_category["pothole"]["n"] == 5
    hidden = by_category["public-disorder"]
    assert (hidden["n"], hidden["value"], hidden["suppressed"]) == (None, None, True)
    areas = {item["area"]: item for item in ask("received", "area", viewer=public)}
    assert areas["07900"]["n"] == 5
    assert areas[None]["suppressed"], "the fight stands under no area"
    assert ask("received", "area")[0]["n"] == 6
    assert sum(item["n"] or 0 for item in ask("hotspots", viewer=public)) == 5


def test_an_officers_list_holds_only_what_his_agency_has(five: World) -> None:
    def behind(viewer: Viewer) -> int:
        with reading() as session:
            question = read_question(
                start=None, end=None, as_of=None, basis="received", groups=[], units="calendar_hours", restate=False,
                filters={}, viewer=viewer, now=utc_now(),
            )  # fmt: skip
            return int(figure_reports(session, INDICATORS["received"], question)["total"])

    assert behind(STAFF) == 6
    assert 0 < behind(Viewer(public=False, agency=VT)) < 6
    assert behind(Viewer(public=False, agency=NT)) == 0
