"""The clocks of a report as they are shown: what was promised, and each clock with its state."""

from typing import Any

from dispatch.domain.clock import ClockKind
from dispatch.reading.times import iso
from dispatch.tables.promise import SlaClock
from dispatch.tables.report import Report


def promises(report: Report, clocks: list[SlaClock]) -> dict[str, str | None]:
    """What was promised to the citizen: the present cycle's dues, kept visible after the answer."""
    acknowledge, resolve = report.ack_due_at, report.lenient_due_at
    for clock in clocks:
        if clock.cycle == report.cycle:
            if clock.kind == ClockKind.CITIZEN and report.lenient_due_at is None:
                resolve = clock.lenient_due_at or resolve
            if clock.kind == ClockKind.ACKNOWLEDGE and report.ack_due_at is None:
                acknowledge = clock.due_at or acknowledge
    return {"acknowledge_by": iso(acknowledge), "resolve_by": iso(resolve)}


def shown(clock: SlaClock) -> dict[str, Any]:
    return {
        "kind": clock.kind,
        "cycle": clock.cycle,
        "agency": clock.agency_code,
        "target": clock.target,
        "started_at": iso(clock.started_at),
        "first_due_at": iso(clock.first_due_at),
        "due_at": iso(clock.due_at),
        "lenient_due_at": iso(clock.lenient_due_at),
        "state": clock.state,
        "paused_at": iso(clock.paused_at),
        "breached_at": iso(clock.breached_at),
        "stopped_at": iso(clock.stopped_at),
    }
