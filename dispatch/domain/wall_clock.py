"""Wall-clock time of a zone and instants, where a zone moves its clocks.

One rule turns a wall time into an instant: *the first instant at which the clock on the wall shows it or
later*. A repeated hour is met the first time it comes; a skipped one is met at the jump. The rule never runs
backwards, so office hours keep their order on the odd days too.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 1970, 2100  # changes of the offset are looked up between these; rules beyond are guesses
WEEK = 7
SECOND = timedelta(seconds=1)


def first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """UTC instant at which the zone's clock first shows ``wall`` (naive) or later."""
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    return _jump(wall, zone)


def is_ambiguous(wall: datetime, zone: ZoneInfo) -> bool:
    """True if the clock shows ``wall`` (naive) twice, or never."""
    local = wall.replace(tzinfo=zone)
    return local.utcoffset() != local.replace(fold=1).utcoffset()


@lru_cache(maxsize=64)
def offset_changes(zone: ZoneInfo) -> frozenset[int]:
    """Ordinals of the dates on which the zone's UTC offset changes, 1970–2100.

    Offsets are compared week by week and only differing weeks are searched by day: no zone has changed its
    clocks there and back within seven days since 1970.
    """
    first, last = date(FIRST_YEAR, 1, 1).toordinal(), date(LAST_YEAR, 12, 31).toordinal()
    found: set[int] = set()
    for week in range(first, last, WEEK):
        if _offset(week, zone) != _offset(week + WEEK, zone):
            days = range(week, week + WEEK)
            found.update(day for day in days if _offset(day, zone) != _offset(day + 1, zone))
    return frozenset(found)


def _offset(day: int, zone: ZoneInfo) -> timedelta | None:
    return datetime.combine(date.fromordinal(day), time.min, zone).utcoffset()


def _jump(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the clocks are put forward over ``wall``; zones change on whole seconds."""
    early = wall.replace(tzinfo=zone, fold=1, microsecond=0).astimezone(UTC)
    late = wall.replace(tzinfo=zone, fold=0, microsecond=0).astimezone(UTC)
    before = early.astimezone(zone).utcoffset()
    while late - early > SECOND:
        middle = early + timedelta(seconds=int((late - early).total_seconds()) // 2)
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late
