"""A second bookkeeper for promises: eight months of working minutes on paper, and nothing clever."""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate

from dispatch.domain.calendar import WorkingCalendar

MINUTE = timedelta(minutes=1)
EPOCH = datetime(2026, 11, 1, tzinfo=UTC) - timedelta(hours=7)  # midnight in Hà Nội
OFFICE = ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 30)))
SWAPS: tuple[dict[date, tuple[tuple[time, time], ...]], ...] = (
    {},
    {date(2026, 11, 24): (), date(2026, 11, 28): OFFICE},
    {date(2026, 11, 23): (), date(2026, 11, 25): (), date(2026, 12, 1): OFFICE[:1]},
)


@lru_cache
def calendar_of(edition: int) -> WorkingCalendar:
    week = dict.fromkeys(range(5), OFFICE)
    return WorkingCalendar(code="vn", timezone="Asia/Ho_Chi_Minh", week=week, exceptions=SWAPS[edition])


@lru_cache
def paper(edition: int) -> list[int]:
    """Working minutes before each minute from EPOCH on, for eight months."""
    days = (date(2026, 11, 1) + timedelta(days=n) for n in range(240))
    worked: list[bool] = []
    for day in days:
        halves = SWAPS[edition].get(day, OFFICE if day.weekday() < 5 else ())
        spans = [(a.hour * 60 + a.minute, b.hour * 60 + b.minute) for a, b in halves]
        worked += [any(a <= minute < b for a, b in spans) for minute in range(1440)]
    return [0, *accumulate(worked)]


def instant(minute: int) -> datetime:
    return EPOCH + minute * MINUTE


class Bookkeeper:
    """What happened, in minutes; both promises are worked out from scratch whenever somebody asks."""

    def __init__(self, start: int, hours: int) -> None:
        self.start, self.hours, self.edition = start, hours, 0
        self.events: list[tuple[str, int, int]] = []
        self.paused_at: int | None = None

    def after(self, minute: int, working: int) -> int:
        table = paper(self.edition)
        return bisect_left(table, table[minute] + working) if working else minute

    def worked(self, a: int, b: int) -> int:
        table = paper(self.edition)
        return table[b] - table[a]

    def dues(self) -> tuple[int, int]:
        strict = lenient = self.after(self.start, self.hours * 60)
        pauses: list[tuple[int, int]] = []
        for kind, a, b in self.events:
            if kind == "pause":
                pauses.append((a, b))
                strict, lenient = self._pushed(strict, a, b), self._pushed(lenient, a, b)
            elif kind == "extend":
                lenient = self.after(lenient, a * 60)
            else:
                other = self.after(self.start, a * 60)
                for began, ended in pauses:
                    other = self._pushed(other, began, ended)
                lenient = min(lenient, other) if kind == "tighten" else max(lenient, other)
        return strict, lenient

    def ran(self, now: int) -> int:
        waited = [(a, b) for kind, a, b in self.events if kind == "pause"]
        if self.paused_at is not None:
            waited.append((self.paused_at, now))
        return self.worked(self.start, now) - sum(self.worked(a, b) for a, b in waited)

    def _pushed(self, due: int, began: int, ended: int) -> int:
        return due if began > due else self.after(due, self.worked(began, ended))
