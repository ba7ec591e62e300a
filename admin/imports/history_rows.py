"""What an imported case becomes: the report, its chained timeline, the promises it was given, its facts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from admin.imports.history_case import ImportedCase
from admin.imports.history_places import Known
from admin.indicators.facts import Due, Line, Subject, rows_of
from admin.indicators.loading import cell
from dispatch.domain.calendar import WorkingCalendar
from dispatch.domain.chain import GENESIS, Entry, new_entry
from dispatch.domain.clock import ClockKind, ClockState, EntryKind
from dispatch.domain.report import EXITS, Action, Status

GIVEN = "given"  # the calendar of a promise that came with the case: no calendar edit moves it
_EXIT_ACTIONS = {
    Status.REJECTED: Action.REJECT,
    Status.REFERRED: Action.REFER,
    Status.DUPLICATE: Action.MERGE,
    Status.WITHDRAWN: Action.WITHDRAW,
}
_WORK = {Status.ACCEPTED: Action.ACCEPT, Status.ASSIGNED: Action.ASSIGN, Status.IN_PROGRESS: Action.START}


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One entry of the timeline to write."""

    at: datetime
    action: Action
    to: Status
    data: dict[str, Any]
    text: str | None = None


def steps_of(case: ImportedCase, source: str) -> list[Step]:
    """How the case got where it is, as far as the earlier system tells: in its own order, even if time runs back."""
    begun = Status.TRIAGE if case.status is Status.TRIAGE else Status.ROUTED
    told = {"imported": True, "source": source, "external_id": case.external_id}
    first = told | {"agency": case.agency, "channel": case.source}
    steps = [Step(at=case.received_at, action=Action.SUBMIT, to=begun, data=first, text=case.description or None)]
    if case.accepted_at:
        steps.append(Step(at=case.accepted_at, action=Action.ACCEPT, to=Status.ACCEPTED, data={}))
    if case.assigned_at:
        data = {"team": case.team, "worker": None}
        steps.append(Step(at=case.assigned_at, action=Action.ASSIGN, to=Status.ASSIGNED, data=data))
    elif case.team:
        steps[0].data["team"] = case.team
    if case.status in _WORK and steps[-1].to is not case.status:
        steps.append(Step(at=steps[-1].at, action=_WORK[case.status], to=case.status, data={"imported": True}))
    if case.ended_at:
        steps += ended_steps(case, case.ended_at)
    return steps


def ended_steps(case: ImportedCase, at: datetime) -> list[Step]:
    """The answer, or the exit, and the closing."""
    if case.status in EXITS:
        return [Step(at=at, action=_EXIT_ACTIONS[case.status], to=case.status, data={"imported": True})]
    data = {"imported": True}
    steps = [Step(at=at, action=Action.SUBMIT_RESULT, to=Status.RESOLVED, data=data, text=case.answer)]
    if case.status is Status.CLOSED:
        steps.append(Step(at=at, action=Action.CLOSE, to=Status.CLOSED, data={"imported": True, "by": "import"}))
    return steps


def chained(
    report_id: UUID, steps: Sequence[Step], prev_hash: bytes = GENESIS, seq: int = 0, status: Status | None = None
) -> list[Entry]:
    """The steps as timeline entries, each hashed onto the one before; `seq` and `status` are those of the last."""
    entries: list[Entry] = []
    for step in steps:
        seq += 1
        entry = new_entry(
            report_id=report_id, prev_hash=prev_hash, seq=seq, at=step.at, action=str(step.action),
            from_status=str(status) if status else None, to_status=str(step.to), actor_role="system",
            data=step.data, text=step.text,
        )  # fmt: skip
        entries.append(entry)
        prev_hash, status = entry.hash, step.to
    return entries


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenClock:
    """A promise as the earlier system gave it, and what became of it."""

    kind: ClockKind
    state: ClockState
    stopped_at: datetime | None
    breached_at: datetime | None
    ledger: EntryKind | None

    @property
    def is_open(self) -> bool:
        return self.state is ClockState.RUNNING


def given_clocks(case: ImportedCase, now: datetime) -> list[GivenClock]:
    """The citizen's promise and the agency's: both are the due time of the case. None without one."""
    if case.due_at is None:
        return []
    late = (case.ended_at or now) > case.due_at
    state, ledger = ClockState.RUNNING, None
    if case.status in EXITS:
        state, ledger, late = ClockState.CANCELLED, EntryKind.CANCELLED, False
    elif case.ended_at:
        state, ledger = (ClockState.BREACHED, EntryKind.MISSED) if late else (ClockState.MET, EntryKind.MET)
    return [
        GivenClock(
            kind=kind, state=state, stopped_at=case.ended_at, breached_at=case.due_at if late else None, ledger=ledger
        )
        for kind in (ClockKind.CITIZEN, ClockKind.RESOLVE)
    ]


def given_target(case: ImportedCase) -> dict[str, Any]:
    """The promise in the words of a policy: so many minutes of calendar time, marked as given from outside."""
    minutes = -(-(case.due_at - case.received_at).total_seconds() // 60) if case.due_at else 1
    return {"unit": "calendar_minutes", "amount": max(1, int(minutes)), "day_rule": "end_of_day", "given": True}


def facts_of(
    case: ImportedCase, report_id: UUID, code: str, steps: Sequence[Step], area: Known | None, today: Known | None,
    calendar: WorkingCalendar, zone: Any, *, sensitive: bool, desk: str | None,
) -> list[dict[str, Any]]:  # fmt: skip
    """The fact rows a refresh would make of this report, without reading it back."""
    place = area.code if area else None
    place_today = today.code if today else place
    subject = Subject(
        report_id=report_id, code=code, channel=case.source, category=case.category, agency=case.agency,
        desk=desk or case.agency, team=case.team, area=place, area_today=place_today, received_at=case.received_at,
        hops=0, imported=True, sensitive=sensitive, placed=not case.placeholder,
        cell_lat=cell(case.lat), cell_lon=cell(case.lon),
    )  # fmt: skip
    lines = [Line(at=step.at, action=step.action, to_status=step.to, data=step.data) for step in steps]
    dues = [Due(at=case.received_at, cycle=1, strict=case.due_at, lenient=case.due_at)] if case.due_at else []
    return rows_of(subject, lines, dues, calendar, zone)
