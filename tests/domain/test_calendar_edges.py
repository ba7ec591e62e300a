"""Working time at its edges: clock changes at night, short days, closing times, refusals, the server's own zone."""

import os
import time as system_time
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.calendar import HalfDays, NoWorkingTime, WorkingCalendar

MINUTE = timedelta(minutes=1)
OFFICE: HalfDays = ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 30)))


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Tokyo"])
def server_zone(request) -> Iterator[str]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    system_time.tzset()
    yield request.param
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    system_time.tzset()


def office(zone: str = "Asia/Ho_Chi_Minh", **more) -> WorkingCalendar:
    return WorkingCalendar(code="office", timezone=zone, week=dict.fromkeys(range(5), OFFICE), **more)


def test_the_zone_of_the_server_changes_nothing(server_zone):
    friday_evening = datetime(2026, 3, 6, 23, 0, tzinfo=UTC)  # 18:00 in New York; Sunday the clocks go forward
    calendar = office("America/New_York")
    assert calendar.add(friday_evening, timedelta(hours=1)) == datetime(2026, 3, 9, 12, 30, tzinfo=UTC)
    assert calendar.add_days(friday_evening, 1) == datetime(2026, 3, 9, 21, 30, tzinfo=UTC)
    assert calendar.add_days(friday_evening, 1, "same_time") == datetime(2026, 3, 10, 11, 30, tzinfo=UTC)


def test_a_night_shift_over_the_change_of_clocks_has_its_real_length():
    night = ((time(0), time(6)), (time(22), time(0)))
    calendar = WorkingCalendar(code="night", timezone="America/New_York", week=dict.fromkeys(range(7), night))
    spring, autumn = date(2026, 3, 8), date(2026, 11, 1)
    for day, hours in ((spring, 7), (autumn, 9), (date(2026, 6, 1), 8)):
        midnight = datetime.combine(day, time.min, ZoneInfo("America/New_York"))
        next_midnight = datetime.combine(day + timedelta(days=1), time.min, ZoneInfo("America/New_York"))
        assert calendar.between(midnight, next_midnight) == timedelta(hours=hours)


def test_a_repeated_half_hour_is_worked_only_the_first_time():
    short = WorkingCalendar(code="s", timezone="America/New_York", week={6: ((time(1, 15), time(1, 45)),)})
    first_pass, second_pass = (datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (5, 6))  # both 01:30
    assert short.is_open(first_pass)
    assert not short.is_open(second_pass)
    assert short.between(first_pass, second_pass) == timedelta(minutes=15)
    assert short.next_opening(second_pass) == datetime(2026, 11, 8, 6, 15, tzinfo=UTC)


def test_the_roll_decides_what_a_due_instant_on_a_closing_time_becomes():
    monday_morning = datetime(2026, 11, 30, 0, 30, tzinfo=UTC)  # 07:30
    assert office().add(monday_morning, timedelta(hours=8)) == datetime(2026, 11, 30, 10, 30, tzinfo=UTC)
    rolled = office(roll="open").add(monday_morning, timedelta(hours=8))
    assert rolled == datetime(2026, 12, 1, 0, 30, tzinfo=UTC)


def test_the_same_time_on_a_shortened_day_is_settled_into_its_hours():
    wednesday = date(2026, 12, 2)
    start = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)  # Tuesday 15:00
    short = {wednesday: ((time(8), time(11)),)}
    at_its_closing = datetime(2026, 12, 2, 4, 0, tzinfo=UTC)
    assert office(exceptions=short).add_days(start, 1, "same_time") == at_its_closing
    next_opening = datetime(2026, 12, 3, 0, 30, tzinfo=UTC)
    assert office(exceptions=short, roll="open").add_days(start, 1, "same_time") == next_opening
    late_day = {wednesday: ((time(16), time(18)),)}
    assert office(exceptions=late_day).add_days(start, 1, "same_time") == datetime(2026, 12, 2, 9, tzinfo=UTC)


def test_what_makes_no_sense_is_refused_in_words():
    at = datetime(2026, 11, 23, tzinfo=UTC)
    with pytest.raises(NoWorkingTime, match="never open"):
        WorkingCalendar(code="shut", timezone="UTC", week={0: ()})
    once = WorkingCalendar(code="once", timezone="UTC", exceptions={date(2026, 11, 24): OFFICE})
    assert once.add(at, timedelta(hours=8)) == datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
    for ask in (lambda: once.add(at, timedelta(hours=9)), lambda: once.add_days(at, 2)):
        with pytest.raises(NoWorkingTime):
            ask()
    with pytest.raises(NoWorkingTime, match="does not open again"):
        once.next_opening(at + timedelta(days=30))
    with pytest.raises(NoWorkingTime):
        office().add(at, timedelta(days=900_000))
    with pytest.raises(ValueError, match="negative"):
        office().add(at, timedelta(hours=-1))
    with pytest.raises(ValueError, match="before it begins"):
        office().between(at, at - MINUTE)
    with pytest.raises(ValueError, match="aware"):
        office().next_opening(datetime(2026, 11, 23))
    with pytest.raises(ValueError, match="at least one day"):
        office().add_days(at, 0)
    for halves in (((time(9), time(8)),), ((time(8), time(12)), (time(11), time(13)))):
        with pytest.raises(ValueError, match="half-day"):
            WorkingCalendar(code="odd", timezone="UTC", week={0: halves})


def test_a_century_costs_what_a_day_costs():
    calendar, start = office(), datetime(2000, 1, 1, tzinfo=UTC)
    calendar.is_open(start)  # builds the index

    def seconds(years: int) -> float:
        end = start.replace(year=2000 + years)
        began = system_time.perf_counter()
        for _ in range(300):
            calendar.add(start, calendar.between(start, end) + MINUTE)
        return system_time.perf_counter() - began

    assert min(seconds(90) for _ in range(3)) < 5 * min(seconds(1) for _ in range(3))
