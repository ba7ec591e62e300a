"""Working time: which instants count, and where so many working hours or days from an instant end.

Everything is closed-form: sums over whole weeks plus dated exceptions found by bisection, so a span of ten
years costs what a span of an hour does. Opening hours are wall-clock times of the calendar's zone; the time
between them is real elapsed time, also in the night when the zone moves its clocks. Instants are aware and
come back in UTC. Knows nothing of promises, pauses or where holidays come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

from dispatch.domain.calendar_index import DAY, Spans, WorkingIndex
from dispatch.domain.calendar_ramp import RampEnds

HalfDays = tuple[tuple[time, time], ...]  # (opens, closes); a closing of 00:00 is the end of the day
NOTHING = timedelta(0)
LAST_DAY = date.max.toordinal()
AROUND: HalfDays = ((time(0), time(0)),)


class NoWorkingTime(ValueError):
    """The calendar has no working time left to count: it is never open, or not for that long."""


class DayRule(StrEnum):
    """When a promise of N working days ends."""

    END_OF_DAY = "end_of_day"  # the day of receipt is not counted; due at the last closing of day N
    SAME_TIME = "same_time"  # N working days later at the same time on the wall


class Roll(StrEnum):
    """What becomes of a due instant that falls on a closing time."""

    CLOSE = "close"  # it stays there
    OPEN = "open"  # it moves to the next opening


@dataclass(frozen=True, kw_only=True)
class WorkingCalendar:
    """Weekly half-days (0 = Monday) in an IANA zone, with dated exceptions: () is a day off, else its hours."""

    code: str
    timezone: str
    week: Mapping[int, HalfDays] = field(default_factory=dict)
    exceptions: Mapping[date, HalfDays] = field(default_factory=dict)
    names: Mapping[date, str] = field(default_factory=dict)
    roll: Roll = Roll.CLOSE
    around_the_clock: bool = False  # emergencies: every minute of every day counts, holidays too

    def __post_init__(self) -> None:
        """Refuse impossible hours (ValueError) and a calendar that never opens (NoWorkingTime)."""
        object.__setattr__(self, "roll", Roll(self.roll))
        if not set(self.week) <= set(range(7)):
            raise ValueError(f"calendar {self.code}: weekdays are 0 (Monday) to 6 (Sunday)")
        hours = (*self.week.values(), *self.exceptions.values())
        if not self.around_the_clock and not any(hours):
            raise NoWorkingTime(f"calendar {self.code} is never open")
        for halves in hours:
            spans_of(halves)

    def add(self, start: datetime, working: timedelta) -> datetime:
        """Instant at which ``working`` time from ``start`` is used up; out of hours it starts at the next opening.

        An end on a closing time obeys ``roll``. ``working`` of zero gives the opening itself.
        Raises ValueError for a naive start or a negative span, NoWorkingTime if the calendar ends before.
        """
        if working < NOTHING:
            raise ValueError("working time to add must not be negative")
        if not working:
            return self.next_opening(start)
        total = self._worked(start) + working // timedelta(microseconds=1)
        return self._rolled(self._reached(total))

    def between(self, a: datetime, b: datetime) -> timedelta:
        """Working time from ``a`` to ``b``; ValueError if b is before a or either is naive."""
        if a.tzinfo is None or b.tzinfo is None:
            raise ValueError("instants must be time-zone aware")
        if b.astimezone(UTC) < a.astimezone(UTC):
            raise ValueError("the span ends before it begins")
        return timedelta(microseconds=self._worked(b) - self._worked(a))

    def add_days(self, start: datetime, n: int, day_rule: str = DayRule.END_OF_DAY) -> datetime:
        """End of the n-th working day after ``start`` (n >= 1), by ``day_rule``.

        end_of_day: the local date of ``start`` is not counted, due at the last closing of the n-th working date.
        same_time: from ``start`` (or the next opening) to the same wall time n working dates later; if that
        date is not open then, the closing before it (roll close) or the next opening.
        """
        if DayRule(day_rule) is DayRule.SAME_TIME:
            return self.shift_days(self.next_opening(start), n)
        day = self._nth_working_day(self._local(start).toordinal(), n)
        return self._rolled(self._reached(self._index.time.before(day + 1)))

    def shift_days(self, at: datetime, n: int) -> datetime:
        """The same wall time n working dates after the local date of ``at``, settled into that date's hours."""
        local = self._local(at)
        day = self._nth_working_day(local.toordinal(), n)
        instant = self._index.instant(day, _microseconds(local.time()))
        if self.is_open(instant):
            return instant
        if self.roll is Roll.OPEN or (worked := self._worked(instant)) == self._index.time.before(day):
            return self.next_opening(instant)
        return self._reached(worked)

    def next_opening(self, at: datetime) -> datetime:
        """``at`` itself if open, else the first open instant after it; NoWorkingTime if there is none."""
        if self.is_open(at):
            return at.astimezone(UTC)
        worked = self._worked(at)
        try:
            day = self._index.time.day_after(worked)
            return self._index.instant_in(day, worked - self._index.time.before(day), past=True)
        except (ValueError, OverflowError) as end:
            raise NoWorkingTime(f"calendar {self.code} does not open again after {at}") from end

    def is_open(self, at: datetime) -> bool:
        """True from an opening up to, not including, its closing."""
        local = self._local(at)
        return self._index.is_open(local.toordinal(), _microseconds(local.time()), at.astimezone(UTC))

    def is_working_date(self, day: date) -> bool:
        """True if the date has any working time."""
        return bool(self._index.days.weight(day.toordinal()))

    def count_working_dates(self, first: date, last: date) -> int:
        """Number of working dates from ``first`` to ``last``, both included; 0 if last is earlier."""
        days = self._index.days
        return max(0, days.before(last.toordinal() + 1) - days.before(first.toordinal()))

    def working_dates(self, first: date, last: date) -> tuple[date, ...]:
        """The working dates from ``first`` to ``last``, both included. Costs one step per date."""
        days = range(first.toordinal(), last.toordinal() + 1)
        return tuple(date.fromordinal(day) for day in days if self._index.days.weight(day))

    def hours_of(self, day: date) -> HalfDays:
        """Half-days of one date as they stand on paper."""
        if self.around_the_clock:
            return AROUND
        return self.exceptions.get(day, self.week.get(day.weekday(), ()))

    @cached_property
    def _index(self) -> WorkingIndex:
        if self.around_the_clock:
            return WorkingIndex(ZoneInfo(self.timezone), (spans_of(AROUND),) * 7, {})
        week = tuple(spans_of(self.week.get(day, ())) for day in range(7))
        dated = {day.toordinal(): spans_of(halves) for day, halves in self.exceptions.items()}
        return WorkingIndex(ZoneInfo(self.timezone), week, dated)

    def _local(self, at: datetime) -> datetime:
        if at.tzinfo is None:
            raise ValueError("instants must be time-zone aware")
        return at.astimezone(self._index.zone)

    def _worked(self, at: datetime) -> int:
        """Working microseconds of all time before ``at``."""
        local = self._local(at)
        return self._index.worked(local.toordinal(), _microseconds(local.time()), at.astimezone(UTC))

    def _reached(self, total: int) -> datetime:
        """First instant before which ``total`` working microseconds lie: at an edge, the closing."""
        try:
            day = self._index.time.day_after(total - 1)
            return self._index.instant_in(day, total - self._index.time.before(day), past=False)
        except (ValueError, OverflowError) as end:
            raise NoWorkingTime(f"calendar {self.code} has not so much working time ahead") from end

    def _rolled(self, due: datetime) -> datetime:
        return due if self.roll is Roll.CLOSE else self.next_opening(due)

    def _nth_working_day(self, after: int, n: int) -> int:
        if n < 1:
            raise ValueError("a promise in working days needs at least one day")
        days = self._index.days
        try:
            day = days.day_after(days.before(after + 1) + n - 1)
        except RampEnds:
            day = LAST_DAY
        if day >= LAST_DAY:
            raise NoWorkingTime(f"calendar {self.code} has fewer than {n} working days ahead")
        return day


def spans_of(halves: HalfDays) -> Spans:
    """Half-days as microseconds since local midnight; ValueError if they are unordered, overlap or are empty."""
    spans = tuple((_microseconds(opens), _microseconds(closes) or DAY) for opens, closes in halves)
    if any(closes <= opens for opens, closes in spans):
        raise ValueError("a half-day must close after it opens")
    if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        raise ValueError("half-days must follow one another")
    return spans


def _microseconds(wall: time) -> int:
    return ((wall.hour * 60 + wall.minute) * 60 + wall.second) * 1_000_000 + wall.microsecond
