"""The promises of a report, in one place to import from. The code is in the modules named below."""

from dispatch.domain.calendar import DayRule, Roll, WorkingCalendar
from dispatch.domain.clock import (
    Clock,
    ClockKind,
    ClockState,
    CountedFrom,
    EntryKind,
    LedgerEntry,
    is_late,
    is_on_time_lenient,
    is_on_time_strict,
)
from dispatch.domain.ladder import Rung, RungDue, next_sweep_at, rung_instants
from dispatch.domain.promise import Target, Unit, due_from, extended_from
from dispatch.domain.sla_decisions import approve_extension, check_extension_request, recategorised, recompute
from dispatch.domain.sla_ledger import elapsed, promises, remaining, running
from dispatch.domain.sla_life import (
    cancel,
    end_expired_pause,
    meet,
    pause,
    pause_ends_at,
    pause_expired,
    reinstate,
    resume,
    start_clock,
    transfer,
)
from dispatch.domain.sla_writing import breach

__all__ = [
    "Clock", "ClockKind", "ClockState", "CountedFrom", "DayRule", "EntryKind", "LedgerEntry", "Roll", "Rung",
    "RungDue", "Target", "Unit", "WorkingCalendar", "approve_extension", "breach", "cancel",
    "check_extension_request", "due_from", "elapsed", "end_expired_pause", "extended_from", "is_late",
    "is_on_time_lenient", "is_on_time_strict", "meet", "next_sweep_at", "pause", "pause_ends_at",
    "pause_expired", "promises", "recategorised", "recompute", "reinstate", "remaining", "resume",
    "rung_instants", "running", "start_clock", "transfer",
]  # fmt: skip
