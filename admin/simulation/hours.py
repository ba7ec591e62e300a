"""When people act: office hours of desks and crews, and the hours at which residents report. All instants are local."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

from admin.simulation.province import province


@dataclass(frozen=True)
class Hours:
    """Days (Monday 0) and spans of local hours in which somebody works."""

    days: frozenset[int]
    spans: Sequence[tuple[float, float]]

    def after(self, at: datetime, minutes: float) -> datetime:
        """The instant when `minutes` of this work time have passed since `at`."""
        left = timedelta(minutes=minutes)
        day = at.replace(hour=0, minute=0, second=0, microsecond=0)
        for _ in range(60):
            if day.weekday() in self.days:
                for opens, closes in self.spans:
                    start, end = max(at, day + timedelta(hours=opens)), day + timedelta(hours=closes)
                    if end - start > left:
                        return start + left
                    left -= max(timedelta(0), end - start)
            day += timedelta(days=1)
        return day


def hours_of(agency: str, kind: str | None) -> Hours:
    """The working day of an agency: police around the clock, companies and the desk daily, others in office hours."""
    name = {"police": "always", "company": "daily", "desk": "daily"}.get(kind or "", "office")
    if agency.startswith("ca-"):
        name = "always"
    spec = province().raw["work"][name]
    return Hours(frozenset(spec["days"]), [(a, b) for a, b in spec["spans"]])


def arrival(category: str, start: datetime, days: int, chance: Random) -> datetime:
    """An instant in [start, start + days) by weekday and by the category's rhythm. `start` is local and aware."""
    weekdays, rhythm = province().raw["weekdays"], province().rhythm(category)
    first = start.replace(minute=0, second=0, microsecond=0)
    hours = [first + timedelta(hours=number) for number in range(days * 24 + 1)]
    weights = list(accumulate(weekdays[hour.weekday()] * rhythm[hour.hour] for hour in hours))
    end = start + timedelta(days=days)
    while True:
        hour = chance.choices(hours, cum_weights=weights)[0]
        at = hour + timedelta(seconds=chance.uniform(0, 3600))
        if start <= at < end:
            return at
