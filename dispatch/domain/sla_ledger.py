"""What a ledger adds up to: the dues it gives and the time that ran, derived from its entries alone.

A pause moves a promise by the time it lasted in the promise's own basis, so one wholly out of hours adds
nothing; a pause that began after a promise had passed does not move it, or waiting would heal lateness.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.domain.calendar import NOTHING, WorkingCalendar
from dispatch.domain.clock import Clock, CountedFrom, EntryKind, LedgerEntry
from dispatch.domain.promise import Target, due_from, extended_from, put_off, time_between

Segment = tuple[datetime, datetime]


@dataclass(frozen=True, kw_only=True)
class Promises:
    """Both due instants and the target the one in force counts by."""

    strict: datetime
    in_force: datetime
    target: Target


def promises(clock: Clock, calendar: WorkingCalendar, *, without: Collection[int] = ()) -> Promises:
    """Replay the ledger on a calendar. ``without`` names entries (seq) to leave out.

    While paused these are the dues as the pause froze them.
    """
    first = due_from(clock.target, clock.started_at, calendar)
    now = Promises(strict=first, in_force=first, target=clock.target)
    pauses: list[Segment] = []
    since = clock.started_at
    for entry in clock.entries:
        if entry.kind is EntryKind.PAUSED:
            since = entry.at
        elif entry.kind is EntryKind.RESUMED:
            pauses.append((since, entry.at))
            now = _after_pause(now, pauses[-1], clock.target, calendar)
        elif entry.target is not None and entry.seq not in without:
            now = _after_decision(now, entry, _recounted(clock, entry.target, pauses, calendar), calendar)
    return now


def target_in_force(clock: Clock, calendar: WorkingCalendar) -> Target:
    """The target the promise in force counts by: the first one unless a recategorisation replaced it."""
    if any(entry.counted_from is CountedFrom.START for entry in clock.entries):
        return promises(clock, calendar).target
    return clock.target


def running(clock: Clock, until: datetime) -> tuple[Segment, ...]:
    """The stretches in which the clock ran, up to ``until`` or its end. Merged time counts as running."""
    end = until if clock.stopped_at is None else min(until, clock.stopped_at)
    found: list[Segment] = []
    since: datetime | None = clock.started_at
    for entry in clock.entries:
        if entry.kind is EntryKind.PAUSED and since is not None:
            found.append((since, entry.at))
            since = None
        elif entry.kind is EntryKind.RESUMED:
            since = entry.at
    if since is not None:
        found.append((since, end))
    return tuple((a, min(b, end)) for a, b in found if a < end)


def time_run(clock: Clock, calendar: WorkingCalendar, until: datetime, target: Target) -> timedelta:
    """Time the clock ran up to ``until``, in the basis of ``target``."""
    stretches = running(clock, until)
    return sum((time_between(a, b, target, calendar) for a, b in stretches), NOTHING)


def elapsed(clock: Clock, calendar: WorkingCalendar, now: datetime) -> timedelta:
    """Time used of the promise: what ran, within working time unless the target counts calendar time."""
    return time_run(clock, calendar, now, clock.target)


def length_in_force(clock: Clock, calendar: WorkingCalendar, target: Target) -> timedelta:
    """Running time from the start to the promise in force, in the basis of ``target``."""
    due = clock.entries[-1].lenient_due_at
    run = time_run(clock, calendar, due, target)
    still = clock.paused_at or clock.stopped_at
    if still is None or due <= still:
        return run
    return run + time_between(still, due, target, calendar)


def remaining(clock: Clock, calendar: WorkingCalendar, now: datetime) -> timedelta:
    """Time left of the promise in force, in its own basis; negative when late; frozen while paused."""
    target = target_in_force(clock, calendar)
    return length_in_force(clock, calendar, target) - time_run(clock, calendar, now, target)


def _after_pause(now: Promises, pause: Segment, first: Target, calendar: WorkingCalendar) -> Promises:
    return Promises(
        strict=_pushed(now.strict, pause, first, calendar),
        in_force=_pushed(now.in_force, pause, now.target, calendar),
        target=now.target,
    )


def _after_decision(now: Promises, entry: LedgerEntry, recounted: datetime, calendar: WorkingCalendar) -> Promises:
    """The promise in force after an extension or a recategorisation; the strict one never moves."""
    if entry.target is None:
        return now
    if entry.counted_from is CountedFrom.DUE:
        later = extended_from(now.in_force, entry.target, calendar)
        return Promises(strict=now.strict, in_force=later, target=now.target)
    wanted = recounted < now.in_force if entry.kind is EntryKind.TIGHTENED else recounted > now.in_force
    if not wanted:
        return now
    return Promises(strict=now.strict, in_force=recounted, target=entry.target)


def _recounted(clock: Clock, target: Target, pauses: Iterable[Segment], calendar: WorkingCalendar) -> datetime:
    """What ``target`` would have promised from the very start, with the same pauses."""
    due = due_from(target, clock.started_at, calendar)
    for pause in pauses:
        due = _pushed(due, pause, target, calendar)
    return due


def _pushed(due: datetime, pause: Segment, target: Target, calendar: WorkingCalendar) -> datetime:
    began, ended = pause
    if began > due:
        return due
    return put_off(due, time_between(began, ended, target, calendar), target, calendar)
