"""What others decide about a running promise: more time, another category, an edited calendar.

The first promise given to the citizen is moved by none of them but the calendar.
"""

from dataclasses import replace
from datetime import datetime

from dispatch.domain.calendar import WorkingCalendar
from dispatch.domain.clock import Clock, CountedFrom, EntryKind
from dispatch.domain.promise import Target
from dispatch.domain.sla_errors import ExtensionQuotaUsed, ExtensionTooLate
from dispatch.domain.sla_ledger import promises
from dispatch.domain.sla_writing import Changes, must_be_open, not_before_last, with_breach_noted, written


def check_extension_request(clock: Clock, *, at: datetime, quota: int) -> None:
    """Refuse a request at or after the due instant in force, or beyond the policy's quota of extensions."""
    must_be_open(clock)
    if (clock.paused_at or at) >= clock.entries[-1].lenient_due_at:
        raise ExtensionTooLate
    if clock.extensions >= quota:
        raise ExtensionQuotaUsed


def approve_extension(clock: Clock, calendar: WorkingCalendar, by: Target, *, at: datetime, reason: str) -> Clock:
    """Move the promise in force on by ``by`` from its old due; the first promise and a breach stay."""
    must_be_open(clock)
    at = not_before_last(clock, at)
    late = with_breach_noted(clock, calendar, at)
    return written(late, calendar, EntryKind.EXTENDED, at, reason=reason, target=by, counted_from=CountedFrom.DUE)


def recategorised(
    clock: Clock,
    calendar: WorkingCalendar,
    target: Target,
    *,
    at: datetime,
    reason: str,
    later_approved: bool = False,
) -> Clock:
    """Another category's target: in force is the earlier of both, or the later if a supervisor approved it.

    The first promise stays. Unchanged if the new target would not move the promise in force.
    """
    must_be_open(clock)
    at = not_before_last(clock, at)
    clock = with_breach_noted(clock, calendar, at)
    old = promises(clock, calendar).in_force
    start = CountedFrom.START
    kinds = (EntryKind.TIGHTENED, EntryKind.EXTENDED) if later_approved else (EntryKind.TIGHTENED,)
    for kind in kinds:
        moved = written(clock, calendar, kind, at, reason=reason, target=target, counted_from=start)
        if moved.entries[-1].lenient_due_at != old:
            return moved
    return clock


def recompute(clock: Clock, calendar: WorkingCalendar, *, at: datetime, reason: str = "calendar") -> Clock:
    """Apply an edited calendar to an open clock; finished ones, and those it does not touch, come back as is.

    A breach that the edit undoes is lifted; one that it only moves is dated anew.
    """
    if not clock.is_open:
        return clock
    now, last = promises(clock, calendar), clock.entries[-1]
    if (now.strict, now.in_force) != (last.due_at, last.lenient_due_at):
        clock = written(clock, calendar, EntryKind.RECOMPUTED, at, reason=reason)
    if not clock.breach_stands:
        return clock
    missed = _due_that_was_missed(clock, calendar)
    if (clock.paused_at or at) <= missed:
        return written(clock, calendar, EntryKind.LIFTED, at, reason=reason, changes=Changes(breach_lifted_at=at))
    return clock if missed == clock.breached_at else replace(clock, breached_at=missed)


def _due_that_was_missed(clock: Clock, calendar: WorkingCalendar) -> datetime:
    """The promise in force when the standing breach was recorded: what was decided after it is left out."""
    recorded = max(entry.seq for entry in clock.entries if entry.kind is EntryKind.BREACHED)
    return promises(clock, calendar, without=range(recorded, len(clock.entries) + 1)).in_force
