"""Working time against an oracle that looks at every minute, in zones that move their clocks in every way."""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.domain.calendar import HalfDays, Roll, WorkingCalendar

MINUTE = timedelta(minutes=1)
SPAN_DAYS = 15
# Each begins some days before something odd: no clock change at all; spring and autumn in New York; Lord Howe's
# half hour; São Paulo's and Havana's changes at midnight; the Friday that Samoa never had.
SCENES = {
    "Asia/Ho_Chi_Minh": [date(2026, 2, 10), date(2026, 12, 27)],
    "America/New_York": [date(2026, 3, 3), date(2026, 10, 27)],
    "Australia/Lord_Howe": [date(2026, 3, 31), date(2026, 9, 29)],
    "America/Sao_Paulo": [date(2018, 2, 12), date(2018, 10, 30)],
    "America/Havana": [date(2026, 3, 4), date(2026, 10, 28)],
    "Pacific/Apia": [date(2011, 12, 26)],
}
OFFICE: HalfDays = ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 30)))
QUARTERS = [time(hour, minute) for hour in (0, 1, 2, 3, 23) for minute in (15, 45)]
NIGHT: HalfDays = tuple(zip(QUARTERS[0::2], QUARTERS[1::2], strict=True))  # beside and within every jump


@lru_cache
def walls(timezone: str, first: date) -> tuple[datetime, list[datetime]]:
    """Instant of the first minute, and what the wall clock has shown at the latest by each minute from there."""
    zone = ZoneInfo(timezone)
    start = datetime.combine(first, time.min, zone).astimezone(UTC) - timedelta(days=1)
    minutes = ((start + m * MINUTE).astimezone(zone) for m in range((SPAN_DAYS + 2) * 1440))
    return start, list(accumulate((wall.replace(tzinfo=None) for wall in minutes), max))


class EveryMinute:
    """The oracle: the wall clock is read minute by minute, and a repeated hour is a wall that stands still."""

    def __init__(self, calendar: WorkingCalendar, first: date) -> None:
        self.first, self.walls = walls(calendar.timezone, first)
        self.open = [_worked(calendar, wall) for wall in self.walls]
        self.before = [0, *accumulate(self.open)]

    def instant(self, minute: int) -> datetime:
        return self.first + minute * MINUTE

    def opening(self, minute: int) -> datetime | None:
        following = (m for m in range(minute, len(self.open)) if self.open[m])
        return next((self.instant(m) for m in following), None)

    def after(self, minute: int, minutes: int, roll: Roll) -> datetime | None:
        wanted = self.before[minute] + minutes
        if wanted > self.before[-1]:
            return None
        reached = bisect_left(self.before, wanted)
        return self.instant(reached) if roll is Roll.CLOSE else self.opening(reached)


def _worked(calendar: WorkingCalendar, wall: datetime) -> bool:
    if calendar.around_the_clock:
        return True
    halves = calendar.exceptions.get(wall.date(), calendar.week.get(wall.weekday(), ()))
    return any(a <= wall.time() and (wall.time() < b or b == time.min) for a, b in halves)


@st.composite
def half_days(draw: st.DrawFn) -> HalfDays:
    cuts = sorted(draw(st.sets(st.integers(0, 96).map(lambda n: n * 15), min_size=2, max_size=6)))
    walls = [time(minute // 60 % 24, minute % 60) for minute in cuts]
    return tuple(zip(walls[0::2], walls[1::2], strict=False))


@st.composite
def calendars(draw: st.DrawFn) -> tuple[WorkingCalendar, date]:
    zone = draw(st.sampled_from(sorted(SCENES)))
    first = draw(st.sampled_from(SCENES[zone]))
    hours = st.one_of(half_days(), st.sampled_from([OFFICE, NIGHT, ()]))
    week = draw(st.dictionaries(st.integers(0, 6), hours, min_size=1))
    days = st.integers(0, SPAN_DAYS - 1).map(lambda n: first + timedelta(days=n))
    exceptions = draw(st.dictionaries(days, hours, max_size=6))
    around = draw(st.integers(0, 9)) == 0 or not any((*week.values(), *exceptions.values()))
    roll = draw(st.sampled_from(Roll))
    calendar = WorkingCalendar(
        code="drawn", timezone=zone, week=week, exceptions=exceptions, roll=roll, around_the_clock=around
    )
    return calendar, first


@given(drawn=calendars(), data=st.data())
@settings(max_examples=150, deadline=None)
def test_the_closed_form_says_what_counting_minutes_says(drawn, data):
    calendar, first = drawn
    oracle = EveryMinute(calendar, first)
    minutes = st.integers(0, SPAN_DAYS * 1440)
    for _ in range(12):
        start, end = sorted((data.draw(minutes), data.draw(minutes)))
        a, b = (oracle.instant(minute).astimezone(ZoneInfo(calendar.timezone)) for minute in (start, end))
        assert calendar.is_open(a) == oracle.open[start]
        assert calendar.between(a, b) == (oracle.before[end] - oracle.before[start]) * MINUTE
        length = data.draw(st.integers(1, 2000))
        due = oracle.after(start, length, calendar.roll)
        if due is not None:
            assert calendar.add(a, length * MINUTE) == due
        opening = oracle.opening(start)
        if opening is not None:
            assert calendar.next_opening(a) == opening == calendar.add(a, timedelta(0))


@given(drawn=calendars(), minute=st.integers(0, 5 * 1440), n=st.integers(1, 4))
@settings(max_examples=100, deadline=None)
def test_working_days_end_where_walking_the_days_ends(drawn, minute, n):
    calendar, first = drawn
    oracle, zone = EveryMinute(calendar, first), ZoneInfo(calendar.timezone)
    at = oracle.instant(minute)
    seen = {}  # date -> the minute at which its last closing lies
    for m in range(minute, len(oracle.open)):
        if oracle.open[m] and oracle.walls[m].date() > at.astimezone(zone).date():
            seen[oracle.walls[m].date()] = m + 1
    days = list(seen)
    if len(days) <= n:  # the n-th day may lie beyond what the oracle has looked at
        return
    closing = oracle.instant(seen[days[n - 1]])
    expected = closing if calendar.roll is Roll.CLOSE else oracle.opening(seen[days[n - 1]])
    assert calendar.add_days(at, n) == expected
    assert calendar.working_dates(days[0], days[n - 1]) == tuple(days[:n])
    assert calendar.count_working_dates(days[0], days[n - 1]) == n


instants = st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
lengths = st.timedeltas(timedelta(microseconds=1), timedelta(days=400))


@given(drawn=calendars(), start=instants, first=lengths, second=lengths)
@settings(max_examples=200, deadline=None)
def test_lengths_add_up_to_the_microsecond_over_years(drawn, start, first, second):
    calendar, _ = drawn
    if not calendar.around_the_clock and not any(calendar.week.values()):
        return  # only dated days: they run out, which has its own test
    middle = calendar.add(start, first)
    assert calendar.between(start, middle) == first
    assert calendar.add(middle, second) == calendar.add(start, first + second)
    assert calendar.between(start, calendar.add(middle, second)) == first + second
