"""What a working calendar precomputes once: working time and working days as ramps, and its odd days.

A day is *odd* when the zone's clocks move inside its hours or at their edges; there spans are kept as
instants. On every other day wall-clock arithmetic is exact and fast. Units: microseconds, date ordinals.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dispatch.domain.calendar_ramp import Ramp
from dispatch.domain.wall_clock import first_instant, is_ambiguous, offset_changes

Spans = tuple[tuple[int, int], ...]  # (opens, closes) in microseconds since local midnight
Openings = tuple[tuple[datetime, datetime], ...]
MICROSECOND = timedelta(microseconds=1)
DAY = 24 * 3600 * 1_000_000


class WorkingIndex:
    """Ramps over working microseconds (``time``) and working dates (``days``) of one calendar."""

    def __init__(self, zone: ZoneInfo, week: tuple[Spans, ...], dated: Mapping[int, Spans]) -> None:
        self.zone, self._week, self._dated = zone, week, dated
        odd = ((day, self._openings(day)) for day in offset_changes(zone) if self._is_odd(day))
        self._odd: dict[int, Openings] = dict(odd)
        lengths = {day: _length(spans) for day, spans in dated.items()}
        lengths |= {day: _real_length(openings) for day, openings in self._odd.items()}
        usual = [_length(spans) for spans in week]
        self.time = Ramp(usual, lengths)
        self.days = Ramp([bool(length) for length in usual], {day: bool(n) for day, n in lengths.items()})

    def spans(self, day: int) -> Spans:
        """Hours of a date as wall time."""
        own = self._dated.get(day)
        return self._week[(day - 1) % 7] if own is None else own

    def is_open(self, day: int, wall: int, at: datetime) -> bool:
        """Whether ``at``, whose local date and wall time these are, lies in working time."""
        odd = self._odd.get(day)
        if odd is not None:
            return any(opens <= at < closes for opens, closes in odd)
        return any(opens <= wall < closes for opens, closes in self.spans(day))

    def worked(self, day: int, wall: int, at: datetime) -> int:
        """Working microseconds of all time before ``at``, whose local date and wall time these are."""
        odd = self._odd.get(day)
        if odd is None:
            return self.time.before(day) + _used(self.spans(day), wall)
        used = sum((min(at, closes) - opens for opens, closes in odd if at > opens), timedelta(0))
        return self.time.before(day) + used // MICROSECOND

    def instant_in(self, day: int, used: int, *, past: bool) -> datetime:
        """Instant of a day before which it has ``used`` working time; at an edge the opening if ``past``."""
        odd = self._odd.get(day)
        if odd is None:
            return self.instant(day, _wall_at(self.spans(day), used, past))
        walls = tuple(((a - odd[0][0]) // MICROSECOND, (b - odd[0][0]) // MICROSECOND) for a, b in odd)
        return odd[0][0] + _wall_at(walls, used, past) * MICROSECOND

    def instant(self, day: int, wall: int) -> datetime:
        """UTC instant at which the local clock first shows this wall time (microseconds) of a date, or later."""
        return first_instant(datetime.fromordinal(day) + wall * MICROSECOND, self.zone)

    def _openings(self, day: int) -> Openings:
        return tuple((self.instant(day, opens), self.instant(day, closes)) for opens, closes in self.spans(day))

    def _is_odd(self, day: int) -> bool:
        edges: Iterable[int] = (edge for span in self.spans(day) for edge in span)
        midnight = datetime.fromordinal(day)
        if any(is_ambiguous(midnight + edge * MICROSECOND, self.zone) for edge in edges):
            return True
        pairs = zip(self._openings(day), self.spans(day), strict=True)
        return any(_real_length((real,)) != _length((paper,)) for real, paper in pairs)


def _length(spans: Spans) -> int:
    return sum(closes - opens for opens, closes in spans)


def _real_length(openings: Openings) -> int:
    return sum((closes - opens) // MICROSECOND for opens, closes in openings)


def _used(spans: Spans, wall: int) -> int:
    return sum(min(wall, closes) - opens for opens, closes in spans if wall > opens)


def _wall_at(spans: Spans, used: int, past: bool) -> int:
    """Time of day at which ``used`` of the spans is used up; between two spans the later if ``past``."""
    for opens, closes in spans:
        length = closes - opens
        if used < length or (used == length and not past):
            return opens + used
        used -= length
    raise AssertionError("more working time asked of a day than it has")
