"""The life of a promise: started, paused, resumed, answered, ended. Each step returns a new clock.

Steps that could hide lateness (pause, transfer, answer) first record a breach the sweep has not seen yet.
"""

from datetime import UTC, datetime

from dispatch.domain.calendar import DayRule, WorkingCalendar
from dispatch.domain.clock import Clock, ClockKind, ClockState, EntryKind, LedgerEntry
from dispatch.domain.promise import Target, due_from
from dispatch.domain.sla_errors import ClockAlreadyPaused, ClockNotCancelled, ClockNotPaused
from dispatch.domain.sla_writing import Changes, must_be_open, not_before_last, with_breach_noted, written


def start_clock(
    kind: ClockKind,
    target: Target,
    calendar: WorkingCalendar,
    *,
    at: datetime,
    agency: str,
    policy: str,
    cycle: int = 1,
) -> Clock:
    """A running clock from ``at`` (receipt, hop or reopening); out of hours it begins to count at the opening."""
    at = at.astimezone(UTC)
    due = due_from(target, at, calendar)
    started = LedgerEntry(seq=1, at=at, kind=EntryKind.STARTED, due_at=due, lenient_due_at=due)
    return Clock(
        kind=ClockKind(kind),
        cycle=cycle,
        agency=agency,
        target=target,
        calendar=calendar.code,
        policy=policy,
        started_at=at,
        due_at=due,
        lenient_due_at=due,
        entries=(started,),
    )


def pause(clock: Clock, calendar: WorkingCalendar, *, at: datetime, reason: str) -> Clock:
    """Stop the clock: waiting for the citizen, or approved force majeure. Pausing twice is refused."""
    must_be_open(clock)
    if clock.state is ClockState.PAUSED:
        raise ClockAlreadyPaused
    at = not_before_last(clock, at)
    late = with_breach_noted(clock, calendar, at)
    changes = Changes(state=ClockState.PAUSED, paused_at=at, pause_reason=reason)
    return written(late, calendar, EntryKind.PAUSED, at, reason=reason, changes=changes)


def resume(clock: Clock, calendar: WorkingCalendar, *, at: datetime, reason: str = "") -> Clock:
    """Run again, by the answer or the officer; both promises move by what the pause took of them."""
    must_be_open(clock)
    if clock.state is not ClockState.PAUSED:
        raise ClockNotPaused
    changes = Changes(state=ClockState.RUNNING, paused_at=None, pause_reason=None)
    return written(clock, calendar, EntryKind.RESUMED, at, reason=reason, changes=changes)


def pause_ends_at(clock: Clock, calendar: WorkingCalendar, *, max_days: int) -> datetime | None:
    """When the pause is over at the latest: ``max_days`` working days on, same time; None if not paused."""
    if clock.paused_at is None:
        return None
    return calendar.add_days(clock.paused_at, max_days, DayRule.SAME_TIME)


def pause_expired(clock: Clock, calendar: WorkingCalendar, *, at: datetime, max_days: int) -> bool:
    """True if the clock is paused and has been for the policy's longest time."""
    end = pause_ends_at(clock, calendar, max_days=max_days)
    return end is not None and at >= end


def end_expired_pause(clock: Clock, calendar: WorkingCalendar, *, at: datetime, max_days: int) -> Clock:
    """Resume an expired pause from the instant it expired, however late the sweep comes; else unchanged."""
    end = pause_ends_at(clock, calendar, max_days=max_days)
    if end is None or at < end:
        return clock
    return resume(clock, calendar, at=end, reason="max_pause")


def meet(clock: Clock, calendar: WorkingCalendar, *, at: datetime, reason: str = "") -> Clock:
    """Answered at ``at``: ``met``, or ``breached`` if the promise in force was missed. Ends a pause."""
    clock, at = _unpaused(clock, calendar, at, reason)
    clock = with_breach_noted(clock, calendar, at)
    if clock.breach_stands:
        return _stopped(clock, calendar, ClockState.BREACHED, EntryKind.MISSED, at, reason)
    return _stopped(clock, calendar, ClockState.MET, EntryKind.MET, at, reason)


def cancel(clock: Clock, calendar: WorkingCalendar, *, at: datetime, reason: str) -> Clock:
    """End by an exit (rejected, referred, duplicate, withdrawn): counted nowhere, late or not."""
    clock, at = _unpaused(clock, calendar, at, reason)
    return _stopped(clock, calendar, ClockState.CANCELLED, EntryKind.CANCELLED, at, reason)


def reinstate(clock: Clock, calendar: WorkingCalendar, *, at: datetime, reason: str) -> Clock:
    """Take up a cancelled clock as if it had never stopped (unmerge): the time between counts as running."""
    if clock.state is not ClockState.CANCELLED:
        raise ClockNotCancelled
    changes = Changes(state=ClockState.RUNNING, stopped_at=None)
    return written(clock, calendar, EntryKind.REINSTATED, at, reason=reason, changes=changes)


def transfer(clock: Clock, calendar: WorkingCalendar, *, at: datetime, reason: str) -> Clock:
    """End an agency's clock because another agency takes over; the caller starts that one's, in full."""
    clock, at = _unpaused(clock, calendar, at, reason)
    clock = with_breach_noted(clock, calendar, at)
    return _stopped(clock, calendar, ClockState.TRANSFERRED, EntryKind.TRANSFERRED, at, reason)


def _unpaused(clock: Clock, calendar: WorkingCalendar, at: datetime, reason: str) -> tuple[Clock, datetime]:
    must_be_open(clock)
    at = not_before_last(clock, at)
    paused = clock.state is ClockState.PAUSED
    return (resume(clock, calendar, at=at, reason=reason) if paused else clock), at


def _stopped(
    clock: Clock, calendar: WorkingCalendar, state: ClockState, kind: EntryKind, at: datetime, reason: str
) -> Clock:
    return written(clock, calendar, kind, at, reason=reason, changes=Changes(state=state, stopped_at=at))
