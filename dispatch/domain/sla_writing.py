"""How a ledger is written: one entry at a time, at the end, by nobody but this module.

An instant earlier than the last entry (two machines' clocks differ a little) is taken as that entry's, so a
ledger never runs backwards.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import TypedDict

from dispatch.domain.calendar import WorkingCalendar
from dispatch.domain.clock import Clock, ClockState, CountedFrom, EntryKind, is_late
from dispatch.domain.promise import Target
from dispatch.domain.sla_errors import ClockFinished, NotLateYet
from dispatch.domain.sla_ledger import promises

# Only these replay the ledger: whatever else happens, the promises stay as they were last written.
MOVING = frozenset({EntryKind.RESUMED, EntryKind.EXTENDED, EntryKind.TIGHTENED, EntryKind.RECOMPUTED})


class Changes(TypedDict, total=False):
    """Fields of a clock that an entry changes beside its dues."""

    state: ClockState
    paused_at: datetime | None
    pause_reason: str | None
    stopped_at: datetime | None
    breached_at: datetime | None
    breach_lifted_at: datetime | None


def breach(clock: Clock, calendar: WorkingCalendar, *, at: datetime) -> Clock:
    """Record that the promise in force has passed; once only. NotLateYet at or before the due instant."""
    must_be_open(clock)
    if clock.breach_stands:
        return clock
    if not is_late(clock, at):
        raise NotLateYet
    changes = Changes(breached_at=clock.lenient_due_at, breach_lifted_at=None)
    return written(clock, calendar, EntryKind.BREACHED, at, changes=changes)


def with_breach_noted(clock: Clock, calendar: WorkingCalendar, at: datetime) -> Clock:
    """The clock with a breach that has happened by ``at`` recorded, if the sweep has not done it yet."""
    return breach(clock, calendar, at=at) if is_late(clock, at) else clock


def must_be_open(clock: Clock) -> None:
    """Refuse any change of a clock that has ended (ClockFinished)."""
    if not clock.is_open:
        raise ClockFinished


def not_before_last(clock: Clock, at: datetime) -> datetime:
    """``at`` in UTC, or the last entry's instant if that is later."""
    return max(at.astimezone(UTC), clock.entries[-1].at)


def written(
    clock: Clock,
    calendar: WorkingCalendar,
    kind: EntryKind,
    at: datetime,
    *,
    reason: str = "",
    target: Target | None = None,
    counted_from: CountedFrom | None = None,
    changes: Changes | None = None,
) -> Clock:
    """The clock with one more entry; moving kinds derive both promises anew, the others carry them on."""
    last = clock.entries[-1]
    line = replace(
        last, seq=last.seq + 1, at=not_before_last(clock, at), kind=kind, reason=reason,
        target=target, counted_from=counted_from,
    )  # fmt: skip
    after = replace(clock, entries=(*clock.entries, line), **(changes or {}))
    if kind in MOVING:
        now = promises(after, calendar)
        line = replace(line, due_at=now.strict, lenient_due_at=now.in_force)
    paused = after.state is ClockState.PAUSED
    return replace(
        after,
        entries=(*clock.entries, line),
        due_at=None if paused else line.due_at,
        lenient_due_at=None if paused else line.lenient_due_at,
    )
