"""Clocks between rows and domain values: loaded together, changed in pure code, only what is new is written."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from dispatch.domain.calendar import WorkingCalendar
from dispatch.domain.clock import Clock, ClockKind, ClockState, CountedFrom, EntryKind, LedgerEntry
from dispatch.domain.ladder import next_sweep_at
from dispatch.domain.policy import Policy
from dispatch.domain.promise import Target
from dispatch.domain.sla_life import pause_ends_at, start_clock
from dispatch.snapshot import Snapshot, to_target
from dispatch.tables.promise import SlaClock, SlaEntry
from kit.ids import new_id


@dataclass
class RunningClock:
    """A row and its domain value; `calendar` and `policy` are those it started under."""

    row: SlaClock
    clock: Clock
    calendar: WorkingCalendar
    policy: Policy | None

    @property
    def kind(self) -> ClockKind:
        return self.clock.kind


def target_of(policy: Policy | None, kind: ClockKind) -> Target | None:
    """What the policy promises for this kind; the citizen is promised what the agency is, unless stated apart."""
    if policy is None:
        return None
    return policy.targets.get(kind) or (policy.targets.get("resolve") if kind is ClockKind.CITIZEN else None)


def from_target(target: Target) -> dict[str, Any]:
    return {"unit": str(target.unit), "amount": target.amount, "day_rule": str(target.day_rule)}


def sweep_at(clock: Clock, calendar: WorkingCalendar, policy: Policy | None, rungs_fired: int) -> datetime | None:
    """When the sweep must look at this clock again. Rungs stand in ascending percent, so a count names the fired."""
    return next_sweep_at(clock, calendar, policy.ladder if policy else (), range(rungs_fired))


def begin(
    snapshot: Snapshot,
    kinds: Iterable[ClockKind],
    *,
    report_id: UUID,
    policy: Policy | None,
    agency: str,
    at: datetime,
    cycle: int = 1,
) -> list[RunningClock]:
    """New clocks of these kinds, where the policy promises something for them."""
    if policy is None:
        return []
    calendar = snapshot.calendar_of(policy, agency)
    started = []
    for kind in kinds:
        target = target_of(policy, kind)
        if target is None:
            continue
        reference = f"{policy.code}/{policy.version}"
        clock = start_clock(kind, target, calendar, at=at, agency=agency, policy=reference, cycle=cycle)
        row = SlaClock(
            id=new_id(),
            report_id=report_id,
            kind=kind,
            cycle=cycle,
            agency_code=agency,
            policy_id=policy.id,
            calendar_code=calendar.code,
            target=from_target(target),
            started_at=clock.started_at,
            first_due_at=clock.entries[0].due_at,
        )
        running = RunningClock(row, clock, calendar, policy)
        _copy(running)
        started.append(running)
    return started


def load(session: Session, snapshot: Snapshot, report_id: UUID) -> list[RunningClock]:
    """All clocks of a report with their ledgers, oldest first."""
    statement = (
        select(SlaClock).where(SlaClock.report_id == report_id).order_by(col(SlaClock.started_at), col(SlaClock.id))
    )
    rows = list(session.exec(statement))
    ledgers: dict[UUID, list[SlaEntry]] = {row.id: [] for row in rows}
    lines = select(SlaEntry).where(col(SlaEntry.clock_id).in_(list(ledgers))).order_by(col(SlaEntry.seq))
    for line in session.exec(lines):
        ledgers[line.clock_id].append(line)
    return [revive(snapshot, row, ledgers[row.id]) for row in rows]


def revive(snapshot: Snapshot, row: SlaClock, lines: Iterable[SlaEntry]) -> RunningClock:
    """The domain clock of a row and its ledger; entry 1 (started) is the row's own first promise."""
    first = LedgerEntry(
        seq=1,
        at=row.started_at,
        kind=EntryKind.STARTED,
        due_at=row.first_due_at,
        lenient_due_at=row.first_due_at,
    )
    policy = snapshot.policies_by_id.get(row.policy_id or 0)
    clock = Clock(
        kind=ClockKind(row.kind),
        cycle=row.cycle,
        agency=row.agency_code,
        target=to_target(row.target),
        calendar=row.calendar_code,
        policy=f"{policy.code}/{policy.version}" if policy else "",
        started_at=row.started_at,
        state=ClockState(row.state),
        due_at=row.due_at,
        lenient_due_at=row.lenient_due_at,
        paused_at=row.paused_at,
        pause_reason=row.pause_reason,
        stopped_at=row.stopped_at,
        breached_at=row.breached_at,
        breach_lifted_at=row.lifted_at,
        entries=(first, *(_entry(line) for line in lines)),
    )
    default = snapshot.calendars[snapshot.default_calendar]
    return RunningClock(row, clock, snapshot.calendars.get(row.calendar_code, default), policy)


def _entry(line: SlaEntry) -> LedgerEntry:
    return LedgerEntry(
        seq=line.seq,
        at=line.at,
        kind=EntryKind(line.kind),
        reason=line.reason,
        due_at=line.due_at,
        lenient_due_at=line.lenient_due_at,
        target=to_target(line.target) if line.target else None,
        counted_from=CountedFrom(line.counted_from) if line.counted_from else None,
    )


def change(session: Session, running: RunningClock, step: Callable[[Clock, WorkingCalendar], Clock]) -> None:
    """Apply a pure step and append the ledger lines it wrote; lines before stay untouched."""
    after = step(running.clock, running.calendar)
    for line in after.entries[len(running.clock.entries) :]:
        session.add(
            SlaEntry(
                clock_id=running.row.id,
                seq=line.seq,
                at=line.at,
                kind=line.kind,
                reason=line.reason,
                due_at=line.due_at,
                lenient_due_at=line.lenient_due_at,
                target=from_target(line.target) if line.target else None,
                counted_from=line.counted_from,
            )
        )
    running.clock = after
    _copy(running)


def _copy(running: RunningClock) -> None:
    """The row's columns from the clock."""
    row, clock = running.row, running.clock
    row.state, row.due_at, row.lenient_due_at = str(clock.state), clock.due_at, clock.lenient_due_at
    row.paused_at, row.pause_reason, row.stopped_at = clock.paused_at, clock.pause_reason, clock.stopped_at
    row.breached_at, row.lifted_at = clock.breached_at, clock.breach_lifted_at
    if clock.state is ClockState.PAUSED and running.policy:  # the sweep ends a pause that lasted too long
        row.sweep_at = pause_ends_at(clock, running.calendar, max_days=running.policy.max_pause_days)
    else:
        row.sweep_at = sweep_at(clock, running.calendar, running.policy, row.rungs_fired)


def open_ones(clocks: Iterable[RunningClock], *kinds: ClockKind) -> list[RunningClock]:
    """Clocks that still run or are paused, of these kinds (all kinds when none is named)."""
    return [running for running in clocks if running.clock.is_open and (not kinds or running.kind in kinds)]
