"""Working calendars from their rows: the week, the country's days off, days from a file, days edited by people."""

from collections.abc import Mapping
from datetime import date, time

import holidays
from sqlmodel import Session, select

from dispatch.domain.calendar import HalfDays, WorkingCalendar
from dispatch.domain.calendar_layers import DayEntry, DayKind, layered
from dispatch.tables import directory as tables

HOLIDAY_YEARS = range(2010, 2041)


def load_calendars(session: Session) -> tuple[dict[str, WorkingCalendar], str]:
    """Every working calendar by code, and the code of the default one."""
    days: dict[str, dict[str, dict[date, DayEntry]]] = {}
    for day in session.exec(select(tables.CalendarDay)):
        layer = "rows" if day.source == "row" else "imported"
        hours = _half_days(day.hours)
        kind = DayKind.WORKING if hours else DayKind.OFF
        entry = DayEntry(kind=kind, name=day.name_vi, hours=hours or None)
        days.setdefault(day.calendar_code, {}).setdefault(layer, {})[day.on_date] = entry
    calendars, default = {}, ""
    for row in session.exec(select(tables.WorkCalendar)):
        calendars[row.code] = _calendar(row, days.get(row.code, {}))
        default = row.code if row.is_default or not default else default
    return calendars, default


def _calendar(row: tables.WorkCalendar, days: Mapping[str, Mapping[date, DayEntry]]) -> WorkingCalendar:
    week = {int(day): _half_days(halves) for day, halves in row.week.items()}
    library = {} if row.around_the_clock or not row.holidays else _library(row.holidays)
    merged = layered(week, library, days.get("imported", {}), days.get("rows", {}))
    return WorkingCalendar(
        code=row.code,
        timezone=row.timezone,
        week=week,
        exceptions=merged.exceptions,
        names=merged.names,
        roll=row.roll,  # type: ignore[arg-type]
        around_the_clock=row.around_the_clock,
    )


_libraries: dict[str, dict[date, DayEntry]] = {}


def _library(country: str) -> dict[date, DayEntry]:
    """Days off and make-up working days of a country by the `holidays` library, in the local language."""
    if country not in _libraries:
        found = holidays.country_holidays(country, years=HOLIDAY_YEARS)
        days = {day: DayEntry(kind=DayKind.OFF, name=name) for day, name in found.items()}
        made_up = {day for day in getattr(found, "weekend_workdays", ()) if day not in days}
        _libraries[country] = days | {day: DayEntry(kind=DayKind.WORKING) for day in made_up}
    return _libraries[country]


def _half_days(raw: list[list[str]]) -> HalfDays:
    return tuple((wall_time(opens), wall_time(closes)) for opens, closes in raw)


def wall_time(text: str) -> time:
    return time(0) if text == "24:00" else time.fromisoformat(text)
