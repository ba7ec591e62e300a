"""A sum that climbs day by day, answered without walking the days.

Each weekday has a weight, some dates have their own. ``before(day)`` is the weight of all earlier days, and
``day_after(total)`` is its inverse; both cost one bisect, however far apart the days are. Days are proleptic
ordinals (``date.toordinal``); 1 is a Monday. Knows nothing of hours or zones.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate

DAYS = 7


class RampEnds(ValueError):
    """The sum never climbs that high: the week is empty and the dated days are used up."""


class Ramp:
    """Cumulative weights over all dates: seven weekday weights (0 = Monday) plus dated exceptions."""

    def __init__(self, week: Sequence[int], dated: Mapping[int, int]) -> None:
        self._week = tuple(week)
        self._steps = (0, *accumulate(self._week))
        self._total = self._steps[DAYS]
        self._days = sorted(dated)
        self._weights = dict(dated)
        deltas = (dated[day] - self._week[(day - 1) % DAYS] for day in self._days)
        self._deltas = (0, *accumulate(deltas))
        # Where each dated day begins and ends on the ramp; both never fall, so both can be bisected.
        self._starts = [self._regular(day) + self._deltas[i] for i, day in enumerate(self._days)]
        self._ends = [start + dated[day] for start, day in zip(self._starts, self._days, strict=True)]

    def weight(self, day: int) -> int:
        """Weight of one day."""
        own = self._weights.get(day)
        return self._week[(day - 1) % DAYS] if own is None else own

    def before(self, day: int) -> int:
        """Summed weight of every day earlier than ``day``."""
        return self._regular(day) + self._deltas[bisect_left(self._days, day)]

    def day_after(self, total: int) -> int:
        """The day that holds the next unit beyond ``total``: before(day) <= total < before(day + 1).

        Raises RampEnds if there is no such day.
        """
        passed = bisect_right(self._ends, total)
        if passed < len(self._days) and self._starts[passed] <= total:
            return self._days[passed]
        if not self._total:
            raise RampEnds
        weeks, rest = divmod(total - self._deltas[passed], self._total)
        return weeks * DAYS + bisect_right(self._steps, rest)

    def _regular(self, day: int) -> int:
        weeks, rest = divmod(day - 1, DAYS)
        return weeks * self._total + self._steps[rest]
