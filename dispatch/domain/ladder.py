"""The escalation ladder: at which share of a promise whom to tell, and when the next look is due.

Shares are of the running time from the start to the promise in force, in its own basis, so a pause shifts the
rungs not yet reached and 100 % is the due instant itself. Which rungs have fired is kept by the caller.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.domain.calendar import WorkingCalendar
from dispatch.domain.clock import Clock, ClockState
from dispatch.domain.promise import Target, put_off, time_between
from dispatch.domain.sla_ledger import Segment, length_in_force, running, target_in_force

FULL = 100


@dataclass(frozen=True, kw_only=True)
class Rung:
    """Tell ``whom`` by ``channel`` once ``at_percent`` (1 and more, also above 100) of the promise is used."""

    at_percent: int
    whom: str
    channel: str

    def __post_init__(self) -> None:
        """Refuse a rung at or before the start (ValueError)."""
        if self.at_percent < 1:
            raise ValueError("a rung stands at 1 % or more")


@dataclass(frozen=True, kw_only=True)
class RungDue:
    """When a rung is due. ``index`` is its place in the policy's list; ``at`` is None if a pause comes first."""

    index: int
    rung: Rung
    at: datetime | None


def rung_instants(clock: Clock, calendar: WorkingCalendar, rungs: Sequence[Rung]) -> tuple[RungDue, ...]:
    """When each rung is (or was) due, in the order given; a finished clock's rungs beyond its end are None."""
    target = target_in_force(clock, calendar)
    due = clock.entries[-1].lenient_due_at
    length = length_in_force(clock, calendar, target)
    stretches = running(clock, datetime.max.replace(tzinfo=due.tzinfo))
    open_ended = clock.state is ClockState.RUNNING

    def instant(rung: Rung) -> datetime | None:
        if rung.at_percent == FULL and open_ended:
            return due
        return _reached(length * rung.at_percent // FULL, stretches, target, calendar, open_ended)

    return tuple(RungDue(index=i, rung=rung, at=instant(rung)) for i, rung in enumerate(rungs))


def next_sweep_at(
    clock: Clock, calendar: WorkingCalendar, rungs: Sequence[Rung], fired: Collection[int]
) -> datetime | None:
    """Earliest of the unfired rungs (``fired`` holds indexes) and, if no breach stands, the due instant in force.

    None while paused and when finished. Fire rungs at or after their instant; a breach needs an instant after.
    """
    if clock.state is not ClockState.RUNNING or clock.lenient_due_at is None:
        return None
    dues = [] if clock.breach_stands else [clock.lenient_due_at]
    waiting = [rung for index, rung in enumerate(rungs) if index not in fired]
    if waiting:  # a lower share is never reached later than a higher one
        lowest = min(waiting, key=lambda rung: rung.at_percent)
        dues += [step.at for step in rung_instants(clock, calendar, [lowest]) if step.at is not None]
    return min(dues, default=None)


def _reached(
    share: timedelta,
    stretches: Sequence[Segment],
    target: Target,
    calendar: WorkingCalendar,
    open_ended: bool,
) -> datetime | None:
    """Instant at which the running stretches add up to ``share``; the last one goes on if ``open_ended``."""
    for place, (began, ended) in enumerate(stretches, 1):
        last = open_ended and place == len(stretches)
        if last or (length := time_between(began, ended, target, calendar)) >= share:
            return put_off(began, share, target, calendar)
        share -= length
    return None
