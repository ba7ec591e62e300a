"""Where a date's hours come from: edited rows over an imported file over the holiday library over the week.

Pure merging only; reading the library, files and tables is done elsewhere. An agency with hours of its own
passes its rows merged over the province's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dispatch.domain.calendar import HalfDays, spans_of


class DayKind(StrEnum):
    """What a layer says about one date."""

    OFF = "off"
    WORKING = "working"  # a make-up day or a shortened one
    ORDINARY = "ordinary"  # takes back what a lower layer said: the date is as the week has it


@dataclass(frozen=True, kw_only=True)
class DayEntry:
    """One layer's word on one date. ``hours`` only for working days; without them the usual full day."""

    kind: DayKind
    name: str = ""  # a text key or the name of the day as it is shown
    hours: HalfDays | None = None

    def __post_init__(self) -> None:
        """Refuse hours on a day that is not worked, and a working day without time (ValueError)."""
        object.__setattr__(self, "kind", DayKind(self.kind))
        if self.hours is not None and (self.kind is not DayKind.WORKING or not self.hours):
            raise ValueError(f"hours {self.hours} do not fit a day that is {self.kind}")


@dataclass(frozen=True, kw_only=True)
class LayeredDays:
    """Merged exceptions and names for a WorkingCalendar, and which layer decided each date."""

    exceptions: Mapping[date, HalfDays]
    names: Mapping[date, str]
    sources: Mapping[date, str]  # rows | imported | library

    @property
    def known_until(self) -> date | None:
        """The last date any layer speaks of; the lint before the data ends looks at it."""
        return max(self.sources, default=None)


def layered(
    base_week: Mapping[int, HalfDays],
    library: Mapping[date, DayEntry],
    imported: Mapping[date, DayEntry],
    rows: Mapping[date, DayEntry],
) -> LayeredDays:
    """Merge the layers date by date; rows win over the imported file, which wins over the library."""
    layers = {"library": library, "imported": imported, "rows": rows}
    sources = {day: layer for layer, entries in layers.items() for day in entries}
    chosen = {day: layers[layer][day] for day, layer in sorted(sources.items())}
    return LayeredDays(
        exceptions={
            day: _hours(entry, day, base_week) for day, entry in chosen.items() if entry.kind is not DayKind.ORDINARY
        },
        names={day: entry.name for day, entry in chosen.items() if entry.name},
        sources={day: sources[day] for day in chosen},
    )


def _hours(entry: DayEntry, day: date, week: Mapping[int, HalfDays]) -> HalfDays:
    if entry.kind is DayKind.OFF:
        return ()
    return entry.hours or week.get(day.weekday()) or _full_day(week)


def _full_day(week: Mapping[int, HalfDays]) -> HalfDays:
    """Hours of the week's longest day, the earliest of equals: what a make-up day is worked by."""
    longest = max(sorted(week), key=lambda day: sum(b - a for a, b in spans_of(week[day])), default=None)
    if longest is None or not week[longest]:
        raise ValueError("a make-up day needs its hours: the week has no working day to take them from")
    return week[longest]
