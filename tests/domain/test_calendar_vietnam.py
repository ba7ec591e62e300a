"""Vietnamese working time: Tết, make-up Saturdays, and the swap the Government decided eight days ahead."""

import csv
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.calendar import HalfDays, WorkingCalendar
from dispatch.domain.calendar_layers import DayEntry, DayKind, layered
from tests.shared_data import shared

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
OFFICE: HalfDays = ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 30)))
WEEK = dict.fromkeys(range(5), OFFICE)
KINDS = {"day_off": DayKind.OFF, "working_day": DayKind.WORKING}


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=HANOI)


def ten_years(*, without_the_swap: bool = False) -> dict[date, DayEntry]:
    with shared("vn/holidays_vn_2018_2027.csv").open(encoding="utf-8") as rows:
        found = {date.fromisoformat(row["date"]): row for row in csv.DictReader(rows)}
    missing = {day for day, row in found.items() if "MISSING in holidays" in row["status"]}
    kept = set(found) - (missing if without_the_swap else set())
    return {day: DayEntry(kind=KINDS[found[day]["kind"]], name=found[day]["name_vi"]) for day in kept}


def calendar_of(days: dict[date, DayEntry], rows: dict[date, DayEntry] | None = None) -> WorkingCalendar:
    merged = layered(WEEK, {}, days, rows or {})
    return WorkingCalendar(
        code="vn",
        timezone="Asia/Ho_Chi_Minh",
        week=WEEK,
        exceptions=merged.exceptions,
        names=merged.names,
    )


@pytest.fixture(scope="module")
def vietnam() -> WorkingCalendar:
    return calendar_of(ten_years())


def test_24_working_hours_over_the_day_of_culture(vietnam):
    asked = at(2026, 11, 23, 10, 25)  # a Monday; Tuesday the 24th is Ngày Văn hóa Việt Nam
    assert vietnam.names[date(2026, 11, 24)] == "Ngày Văn hóa Việt Nam"
    assert vietnam.add(asked, timedelta(hours=24)) == at(2026, 11, 27, 10, 25)
    assert vietnam.add_days(asked, 3) == at(2026, 11, 27, 17, 30)
    assert vietnam.add_days(asked, 3, "same_time") == at(2026, 11, 27, 10, 25)


def test_tet_2026_is_one_long_closing(vietnam):
    last_afternoon = at(2026, 2, 13, 16, 0)
    assert vietnam.next_opening(at(2026, 2, 13, 17, 30)) == at(2026, 2, 23, 7, 30)
    assert vietnam.add(last_afternoon, timedelta(hours=2)) == at(2026, 2, 23, 8, 0)
    assert vietnam.between(at(2026, 2, 13, 17, 30), at(2026, 2, 23, 7, 30)) == timedelta(0)
    assert vietnam.add_days(at(2026, 2, 17, 9, 0), 1) == at(2026, 2, 23, 17, 30)  # sent on the first of Tết


def test_a_make_up_saturday_is_a_working_day_with_the_usual_hours(vietnam):
    assert vietnam.is_open(at(2026, 8, 22, 8, 0))
    assert vietnam.hours_of(date(2026, 8, 22)) == OFFICE
    assert vietnam.add_days(at(2026, 8, 21, 9, 0), 1) == at(2026, 8, 22, 17, 30)
    assert not vietnam.is_working_date(date(2026, 8, 31))


def test_the_swap_of_2_and_10_january_moves_promises_both_ways():
    unaware = calendar_of(ten_years(without_the_swap=True))
    swap = {
        date(2026, 1, 2): DayEntry(kind=DayKind.OFF, name="swap-day-off"),
        date(2026, 1, 10): DayEntry(kind=DayKind.WORKING, name="swap-make-up"),
    }
    aware = calendar_of(ten_years(without_the_swap=True), rows=swap)
    before_new_year = at(2025, 12, 31, 10, 0)
    assert unaware.add_days(before_new_year, 2) == at(2026, 1, 5, 17, 30)
    assert aware.add_days(before_new_year, 2) == at(2026, 1, 6, 17, 30)
    the_week_after = at(2026, 1, 9, 10, 0)
    assert unaware.add_days(the_week_after, 1) == at(2026, 1, 12, 17, 30)
    assert aware.add_days(the_week_after, 1) == at(2026, 1, 10, 17, 30)
    span = (at(2025, 12, 29), at(2026, 1, 12))
    assert aware.between(*span) == unaware.between(*span)


def test_ten_years_hold_exactly_the_days_on_the_list(vietnam):
    listed = ten_years()
    for year in range(2018, 2028):
        first, last = date(year, 1, 1), date(year, 12, 31)
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        worked = tuple(day for day in days if _is_worked(day, listed))
        assert vietnam.working_dates(first, last) == worked
        assert vietnam.count_working_dates(first, last) == len(worked)
        assert vietnam.between(at(year, 1, 1), at(year + 1, 1, 1)) == len(worked) * timedelta(hours=8)
        assert vietnam.add(at(year, 1, 1), len(worked) * timedelta(hours=8)).date() == worked[-1]


def _is_worked(day: date, listed: dict[date, DayEntry]) -> bool:
    if day in listed:
        return listed[day].kind is DayKind.WORKING
    return day.weekday() < 5


def test_rows_win_over_the_file_and_the_file_over_the_library():
    day = date(2026, 9, 1)
    library = {day: DayEntry(kind=DayKind.OFF, name="library"), date(2026, 9, 2): DayEntry(kind=DayKind.OFF)}
    imported = {day: DayEntry(kind=DayKind.WORKING, name="file"), date(2026, 9, 3): DayEntry(kind=DayKind.OFF)}
    morning: HalfDays = ((time(8), time(11)),)
    rows = {day: DayEntry(kind=DayKind.WORKING, name="row", hours=morning)}
    merged = layered(WEEK, library, imported, rows)
    assert merged.exceptions == {day: morning, date(2026, 9, 2): (), date(2026, 9, 3): ()}
    assert merged.names == {day: "row"}
    assert list(merged.sources.values()) == ["rows", "library", "imported"]
    assert merged.known_until == date(2026, 9, 3)
    assert layered(WEEK, library, imported, {}).exceptions[day] == OFFICE


def test_a_row_can_make_a_holiday_an_ordinary_day_again():
    day = date(2026, 9, 2)
    library = {day: DayEntry(kind=DayKind.OFF)}
    merged = layered(WEEK, library, {}, {day: DayEntry(kind=DayKind.ORDINARY)})
    assert merged.exceptions == {}
    assert merged.sources == {day: "rows"}


def test_layers_refuse_days_that_contradict_themselves():
    with pytest.raises(ValueError, match="do not fit"):
        DayEntry(kind=DayKind.OFF, hours=OFFICE)
    with pytest.raises(ValueError, match="do not fit"):
        DayEntry(kind=DayKind.WORKING, hours=())
    with pytest.raises(ValueError, match="needs its hours"):
        layered({}, {}, {}, {date(2026, 9, 2): DayEntry(kind=DayKind.WORKING)})
