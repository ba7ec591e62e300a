"""The working calendars by code, as the figures measure by them; read once per version of the directory."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from admin.indicators.facts import EPOCH
from dispatch.calendars import load_calendars
from dispatch.domain.calendar import HalfDays, WorkingCalendar
from kit.settings import get_settings

_OFFICE: HalfDays = ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 30)))


class Calendars:
    """All calendars; `of` answers for any code: an unknown one is measured by the default calendar."""

    def __init__(self, known: Mapping[str, WorkingCalendar], default: WorkingCalendar) -> None:
        self.known, self.default = known, default

    def of(self, code: str | None) -> WorkingCalendar:
        return self.known.get(code or "", self.default)


_kept: tuple[tuple[Any, ...], Calendars] | None = None


def calendars(session: Session) -> Calendars:
    """The calendars in force; kept until the directory changes."""
    global _kept
    settings = get_settings()
    version = session.execute(text("SELECT version FROM directory_version")).scalar()
    key = (settings.database_url, settings.timezone, version)
    if _kept is None or _kept[0] != key:
        known, default = load_calendars(session)
        _kept = (key, Calendars(known, known[default] if default else _office_hours()))
    return _kept[1]


def working_positions(session: Session, instant: datetime) -> dict[str, Any]:
    """Working seconds of every calendar from 1970 to the instant: how long an open report has waited by it."""
    known = calendars(session)
    every = {calendar.code: calendar for calendar in (*known.known.values(), known.default)}
    return {
        "codes": list(every),
        "positions": [calendar.between(EPOCH, instant).total_seconds() for calendar in every.values()],
    }


def _office_hours() -> WorkingCalendar:
    """What an installation without any calendar measures by: weekly office hours, no holidays."""
    return WorkingCalendar(code="office", timezone=get_settings().timezone, week=dict.fromkeys(range(5), _OFFICE))
