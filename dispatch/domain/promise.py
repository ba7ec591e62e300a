"""What is promised: so much working or calendar time, or so many working days, and when that ends.

Knows targets and a working calendar; knows nothing of pauses, answers or who must act.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from dispatch.domain.calendar import NOTHING, DayRule, WorkingCalendar


class Unit(StrEnum):
    """What a target counts. Minutes are for promises such as "forwarded within 5 minutes"."""

    WORKING_MINUTES = "working_minutes"
    WORKING_HOURS = "working_hours"
    WORKING_DAYS = "working_days"
    CALENDAR_MINUTES = "calendar_minutes"
    CALENDAR_HOURS = "calendar_hours"


CALENDAR_UNITS = frozenset({Unit.CALENDAR_MINUTES, Unit.CALENDAR_HOURS})
LENGTHS = {
    Unit.WORKING_MINUTES: timedelta(minutes=1),
    Unit.WORKING_HOURS: timedelta(hours=1),
    Unit.CALENDAR_MINUTES: timedelta(minutes=1),
    Unit.CALENDAR_HOURS: timedelta(hours=1),
}


@dataclass(frozen=True, kw_only=True)
class Target:
    """A whole number of units, at least one; ``day_rule`` matters to working days only."""

    unit: Unit
    amount: int
    day_rule: DayRule = DayRule.END_OF_DAY

    def __post_init__(self) -> None:
        """Accept the plain strings of files and rows; ValueError for an unknown unit or an amount below 1."""
        object.__setattr__(self, "unit", Unit(self.unit))
        object.__setattr__(self, "day_rule", DayRule(self.day_rule))
        if self.amount < 1:
            raise ValueError("a target needs at least one unit")

    @property
    def by_calendar_time(self) -> bool:
        """True if nights and holidays count too."""
        return self.unit in CALENDAR_UNITS


def due_from(target: Target, start: datetime, calendar: WorkingCalendar) -> datetime:
    """When a promise that starts at ``start`` is due (UTC). Calendar units are elapsed time and never roll."""
    if target.unit is Unit.WORKING_DAYS:
        return calendar.add_days(start, target.amount, target.day_rule)
    return put_off(start, target.amount * LENGTHS[target.unit], target, calendar)


def extended_from(due: datetime, by: Target, calendar: WorkingCalendar) -> datetime:
    """A due instant moved on by an extension. Working days keep the time of day, whatever their day rule."""
    if by.unit is Unit.WORKING_DAYS:
        return calendar.shift_days(due, by.amount)
    return put_off(due, by.amount * LENGTHS[by.unit], by, calendar)


def put_off(due: datetime, by: timedelta, target: Target, calendar: WorkingCalendar) -> datetime:
    """``due`` moved on by time in the target's basis; by nothing it stays, even on a closing time."""
    if by == NOTHING:
        return due.astimezone(UTC)
    # In UTC first: Python adds to an instant of another zone on the wall, an hour off where the clocks change.
    return due.astimezone(UTC) + by if target.by_calendar_time else calendar.add(due, by)


def time_between(a: datetime, b: datetime, target: Target, calendar: WorkingCalendar) -> timedelta:
    """Time from ``a`` to ``b`` in the target's basis: elapsed for calendar units, else working time."""
    if target.by_calendar_time:
        return b.astimezone(UTC) - a.astimezone(UTC)
    return calendar.between(a, b)
