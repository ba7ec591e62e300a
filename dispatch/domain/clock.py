"""A promise as it runs: one clock and its append-only ledger.

Two due instants are kept. ``due_at`` is *strict*: the first promise, moved only by pauses and calendar edits.
``lenient_due_at`` is the promise *in force*: extensions and a supervisor move it later, a more urgent category
moves it earlier. A breach, the ladder and the final state judge by the promise in force; the strict figure is
``is_on_time_strict``. Values only; what happens to a clock is in ``sla``.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from dispatch.domain.promise import Target


class ClockKind(StrEnum):
    """Whose promise, and of what."""

    CITIZEN = "citizen"  # from receipt to the answer; never reset
    ACKNOWLEDGE = "acknowledge"  # the others belong to one agency and one hop
    ASSIGN = "assign"
    RESOLVE = "resolve"


class ClockState(StrEnum):
    """A clock past due goes on (running or paused, with ``breached_at``) until it is answered."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"
    TRANSFERRED = "transferred"


OPEN_STATES = frozenset({ClockState.RUNNING, ClockState.PAUSED})
ANSWERED_STATES = frozenset({ClockState.MET, ClockState.BREACHED})


class EntryKind(StrEnum):
    """What a ledger entry records."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    EXTENDED = "extended"
    TIGHTENED = "tightened"
    RECOMPUTED = "recomputed"
    BREACHED = "breached"
    LIFTED = "lifted"
    MET = "met"
    MISSED = "missed"  # answered, but after the promise in force
    CANCELLED = "cancelled"
    REINSTATED = "reinstated"
    TRANSFERRED = "transferred"


class CountedFrom(StrEnum):
    """From where the target of an entry counts."""

    START = "start"  # another promise for the whole clock (recategorised)
    DUE = "due"  # so much more (extension)


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One line of the ledger, never edited. Dues are as they stand after it; in a pause, as it froze them."""

    seq: int
    at: datetime
    kind: EntryKind
    reason: str = ""
    due_at: datetime
    lenient_due_at: datetime
    target: Target | None = None  # of extended and tightened
    counted_from: CountedFrom | None = None


@dataclass(frozen=True, kw_only=True)
class Clock:
    """One promise to the citizen or by one agency. A paused clock has no due instants and is not swept."""

    kind: ClockKind
    cycle: int = 1  # 2 and more after a reopening
    agency: str
    target: Target  # the first one; a recategorisation is in the ledger
    calendar: str
    policy: str
    started_at: datetime
    state: ClockState = ClockState.RUNNING
    due_at: datetime | None
    lenient_due_at: datetime | None
    paused_at: datetime | None = None
    pause_reason: str | None = None
    stopped_at: datetime | None = None
    breached_at: datetime | None = None  # the due instant that passed, not when it was noticed
    breach_lifted_at: datetime | None = None
    entries: tuple[LedgerEntry, ...]

    @property
    def is_open(self) -> bool:
        """True until it is answered, cancelled or transferred."""
        return self.state in OPEN_STATES

    @property
    def breach_stands(self) -> bool:
        """True if it was late once and no calendar edit took that back."""
        return self.breached_at is not None and self.breach_lifted_at is None

    @property
    def extensions(self) -> int:
        """How many extensions were approved."""
        return sum(entry.counted_from is CountedFrom.DUE for entry in self.entries)

    @property
    def moves(self) -> int:
        """How often either promise was moved, for whatever reason."""
        dues = [(entry.due_at, entry.lenient_due_at) for entry in self.entries]
        return sum(before != after for before, after in pairwise(dues))


def is_late(clock: Clock, now: datetime) -> bool:
    """True if a running clock is past the promise in force; at the due instant itself it is not."""
    due = clock.lenient_due_at
    return clock.state is ClockState.RUNNING and due is not None and now > due


def is_on_time_strict(clock: Clock) -> bool | None:
    """Answered by the first promise; None while open and for exits and transfers, which count nowhere."""
    return _answered_by(clock, clock.due_at)


def is_on_time_lenient(clock: Clock) -> bool | None:
    """Answered by the promise in force at the answer; None as for the strict one."""
    return _answered_by(clock, clock.lenient_due_at)


def _answered_by(clock: Clock, due: datetime | None) -> bool | None:
    if clock.state not in ANSWERED_STATES or clock.stopped_at is None or due is None:
        return None
    return clock.stopped_at <= due
