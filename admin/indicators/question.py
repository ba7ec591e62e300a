"""What is asked of the figures: indicators, interval, basis, groups, filters; read from plain text, refused early."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from admin.indicators.catalogue import INDICATORS, Indicator
from kit.problems import FieldError, Invalid
from kit.settings import get_settings


class Basis(StrEnum):
    RECEIVED = "received"
    RESOLVED = "resolved"
    OPEN_AT = "open_at"


class Units(StrEnum):
    CALENDAR = "calendar_hours"
    WORKING = "working_hours"


Choice = TypeVar("Choice", bound=StrEnum)
PERIODS = ("day", "week", "month")
PLAIN = ("area", "agency", "category", "channel", "team")
PUBLIC_GROUPS = frozenset({*PLAIN, *PERIODS})
GROUPS = (*PLAIN, *PERIODS, "weekday", "hour", "age", "address")
KEYS = (*GROUPS, "cell_lat_e3", "cell_lon_e3")  # by what a figure is filtered, and a list narrowed to one group
MAX_GROUPS = 4


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Who looks: strangers see no small numbers, officers only their own agency's reports behind a figure."""

    public: bool = True
    agency: str | None = None


@dataclass(frozen=True, kw_only=True)
class Question:
    """Intervals are half-open; None is unbounded. `as_of` None: as things stand. `now`: the present instant."""

    now: datetime
    start: datetime | None = None
    end: datetime | None = None
    as_of: datetime | None = None
    basis: Basis = Basis.RECEIVED
    groups: tuple[str, ...] = ()
    units: Units = Units.CALENDAR
    restate: bool = False
    filters: Mapping[str, str] = field(default_factory=dict)
    viewer: Viewer = field(default_factory=Viewer)
    top: int | None = None
    locale: str = "vi"

    @property
    def instant(self) -> datetime:
        """The instant at which things are judged late."""
        return self.as_of or self.now

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(get_settings().timezone)


def refused(name: str, why: str) -> Invalid:
    return Invalid(errors=(FieldError(f"/{name}", why),))


def read_instant(text: str, name: str) -> datetime:
    """A local day (its first instant) or an RFC 3339 instant with its offset; Invalid otherwise."""
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), time.min, ZoneInfo(get_settings().timezone))
        instant = datetime.fromisoformat(text.replace(" ", "+"))
        if instant.tzinfo is None or not 1900 <= instant.year <= 9000:
            raise ValueError("no offset")
    except ValueError as error:
        raise refused(name, "not-a-day-or-instant") from error
    return instant


def read_question(
    *, start: str | None, end: str | None, as_of: str | None, basis: str, groups: Sequence[str], units: str,
    restate: bool, filters: Mapping[str, str], viewer: Viewer, now: datetime, top: int | None = None,
    locale: str = "vi",
) -> Question:  # fmt: skip
    """The question these texts ask, or Invalid naming the place."""
    asked_start = read_instant(start, "from") if start else None
    asked_end = read_instant(end, "to") if end else None
    if asked_start and asked_end and asked_end < asked_start:
        raise refused("to", "before-from")
    if len(groups) > MAX_GROUPS or len(set(groups)) != len(groups):
        raise refused("group_by", "too-many")
    if any(group not in (PUBLIC_GROUPS if viewer.public else GROUPS) for group in groups):
        raise refused("group_by", "unknown")
    if any("\0" in value or len(value) > 200 for value in filters.values()):
        raise refused("filter", "unreadable")
    if "address" in groups and not top and "address" not in filters:
        raise refused("top", "missing")
    return Question(
        now=now, start=asked_start, end=asked_end, as_of=read_instant(as_of, "as_of") if as_of else None,
        basis=_known(Basis, basis, "basis"), groups=tuple(groups), units=_known(Units, units, "units"),
        restate=restate, filters=dict(filters), viewer=viewer, top=top, locale=locale,
    )  # fmt: skip


def _known(kind: type[Choice], text: str, name: str) -> Choice:
    try:
        return kind(text)
    except ValueError as error:
        raise refused(name, "unknown") from error


def read_indicators(codes: Sequence[str]) -> list[Indicator]:
    """The definitions by code, in the order asked; Invalid for one that does not exist or for none at all."""
    if not codes or any(code not in INDICATORS for code in codes):
        raise refused("indicator", "unknown")
    if len(codes) > 30:
        raise refused("indicator", "too-many")
    return [INDICATORS[code] for code in dict.fromkeys(codes)]
