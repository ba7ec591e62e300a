"""From a report's timeline and promises to its facts: how it stood after every change that figures can see.

Pure: values in, values out. A timeline that runs backwards (imported cases closed before they were opened, two
machines' clocks) is read in its own order; no version begins before the report was received.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from dispatch.domain.calendar import WorkingCalendar
from dispatch.domain.report import EXITS, Action, Status

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # from here working time is counted up
_ANSWERED = frozenset({Status.RESOLVED, Status.CLOSED})
_ACKNOWLEDGES = frozenset({Action.ACCEPT, Action.ASSIGN, Action.START, Action.ASK_CITIZEN, Action.SUBMIT_RESULT})
_RESPONDS = frozenset({Action.ACCEPT, Action.ASK_CITIZEN, Action.REJECT, Action.REFER})
_MOVES = frozenset({Action.SUBMIT, Action.ROUTE, Action.TRANSFER})
_HOPS = frozenset({Action.TRANSFER, Action.RETURN_TO_TRIAGE})
_NEW_HOLDER = _HOPS | {Action.ROUTE}
_RELEASES = _HOPS | {Action.DECLINE, Action.REOPEN}


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """The report as it stands, as far as figures look at it. `cells` = (lat, lon) in thousandths, floored."""

    report_id: UUID
    code: str
    channel: str
    category: str
    agency: str
    desk: str  # who holds what stands in triage
    team: str | None
    area: str | None
    area_today: str | None
    received_at: datetime
    hops: int
    imported: bool
    sensitive: bool
    placed: bool
    cell_lat: int
    cell_lon: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One timeline entry. `data` holds the facts of its step."""

    at: datetime
    action: str
    to_status: str
    data: dict[str, Any] = field(default_factory=dict)
    public: bool = True
    by_staff: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """A citizen promise from an instant on: the first one (strict) and the one in force (lenient)."""

    at: datetime
    cycle: int
    strict: datetime | None
    lenient: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a report stood from `since` on."""

    since: datetime
    status: Status
    agency: str
    category: str
    team: str | None
    reopened: int = 0
    hops: int = 0
    acknowledged_at: datetime | None = None
    first_response_at: datetime | None = None
    answered_at: datetime | None = None
    first_answered_at: datetime | None = None
    exit_at: datetime | None = None
    rating: str | None = None
    strict: datetime | None = None
    lenient: datetime | None = None

    @property
    def seen(self) -> tuple[Any, ...]:
        """What figures can tell apart: a change of the status alone is none."""
        exit_kind = self.status if self.status in EXITS else None
        return (
            self.agency, self.category, self.team, self.reopened, self.hops, self.acknowledged_at,
            self.first_response_at, self.answered_at, exit_kind, self.status is Status.AWAITING_CITIZEN,
            self.rating, self.strict, self.lenient,
        )  # fmt: skip


def standings(subject: Subject, lines: Sequence[Line], dues: Sequence[Due]) -> list[Standing]:
    """Every way the report has stood, oldest first; the last one is how it stands. `lines` by seq, never empty."""
    now = Standing(
        since=subject.received_at, status=Status.ROUTED, team=None,
        agency=_first_told(lines, "agency", _MOVES) or subject.agency,
        category=_first_told(lines, "from", {Action.RECATEGORISE}) or subject.category,
    )  # fmt: skip
    found: list[Standing] = []
    for line in lines:
        now = _after(now, line, dues, subject.desk)
        if found and now.since <= found[-1].since:
            found[-1] = now
        elif not found or found[-1].seen != now.seen:
            found.append(now)
    last = replace(found[-1], agency=subject.agency, category=subject.category, team=subject.team, hops=subject.hops)
    return [*found[:-1], last]


def _first_told(lines: Sequence[Line], key: str, actions: Iterable[str]) -> str | None:
    return next((line.data[key] for line in lines if line.action in actions and line.data.get(key)), None)


def _after(now: Standing, line: Line, dues: Sequence[Due], desk: str) -> Standing:
    status, at, data = Status(line.to_status), max(line.at, now.since), line.data
    changes: dict[str, Any] = {"since": at, "status": status}
    if line.action in _MOVES and data.get("agency"):
        changes["agency"] = data["agency"]
    elif status is Status.TRIAGE and line.action in (Action.SUBMIT, Action.RETURN_TO_TRIAGE):
        changes["agency"] = desk
    if line.action == Action.RECATEGORISE:
        changes["category"] = data.get("to", now.category)
    if line.action in (Action.SUBMIT, Action.ASSIGN):
        changes["team"] = data.get("team")
    elif line.action in _RELEASES:
        changes["team"] = None
    changes["hops"] = now.hops + (line.action in _HOPS)
    if line.action in _NEW_HOLDER:
        changes["acknowledged_at"] = None
    elif now.acknowledged_at is None and line.action in _ACKNOWLEDGES and not data.get("imported"):
        changes["acknowledged_at"] = line.at
    if line.action == Action.RATE:
        changes["rating"] = data.get("rating")
    changes |= _ending(now, status, line)
    if now.first_response_at is None and (line.action in _RESPONDS or "answered_at" in changes or _said(line)):
        changes["first_response_at"] = line.at
    changes["strict"], changes["lenient"] = _dues_at(dues, at)
    return replace(now, **changes)


def _said(line: Line) -> bool:
    return line.action == Action.COMMENT and line.public and line.by_staff


def _ending(now: Standing, status: Status, line: Line) -> dict[str, Any]:
    """An answer given or taken back, an exit taken or undone."""
    was_answered = now.answered_at is not None
    if status in _ANSWERED and not was_answered:
        return {"answered_at": line.at, "first_answered_at": now.first_answered_at or line.at, "exit_at": None}
    if status in EXITS:
        return {"exit_at": now.exit_at or line.at, "answered_at": None}
    if status not in _ANSWERED and was_answered:
        return {"answered_at": None, "rating": None, "reopened": now.reopened + 1}
    return {"exit_at": None} if now.exit_at else {}


def _dues_at(dues: Sequence[Due], at: datetime) -> tuple[datetime | None, datetime | None]:
    """The first promise ever made, as pauses left it, and the one in force, as both stood at an instant."""
    told = [due for due in dues if due.at <= at] or list(dues[:1])
    if not told:
        return None, None
    first = [due for due in told if due.cycle == told[0].cycle]
    return first[-1].strict, max(told, key=lambda due: (due.cycle, due.at)).lenient


def rows_of(
    subject: Subject, lines: Sequence[Line], dues: Sequence[Due], calendar: WorkingCalendar, timezone: Any
) -> list[dict[str, Any]]:
    """One fact row per standing, oldest first; all but the last have `until`. Days are those of `timezone`."""
    told = standings(subject, lines, dues)
    shared = {name: getattr(subject, name) for name in _SHARED} | {
        "received_on": subject.received_at.astimezone(timezone).date(),
        "calendar": calendar.code,
        "received_work_s": calendar.between(EPOCH, subject.received_at).total_seconds(),
    }
    rows = [shared | _row(standing, told, subject.received_at, calendar, timezone) for standing in told]
    for row, following in zip(rows, told[1:], strict=False):
        row["until"] = following.since
    return rows


_SHARED = (
    "report_id", "code", "channel", "area", "area_today", "received_at",
    "imported", "sensitive", "placed", "cell_lat", "cell_lon",
)  # fmt: skip


def _row(
    standing: Standing, told: Sequence[Standing], received: datetime, calendar: WorkingCalendar, timezone: Any
) -> dict[str, Any]:
    answered, gone = standing.answered_at, standing.status in EXITS
    ack_s, ack_work_s = _lasted(received, standing.acknowledged_at, calendar)
    resolve_s, resolve_work_s = _lasted(received, answered, calendar)
    return {
        "since": standing.since, "category": standing.category, "agency": standing.agency, "team": standing.team,
        "agency_strict": _holder_at(told, standing, standing.strict),
        "agency_lenient": _holder_at(told, standing, standing.lenient),
        "acknowledged_at": standing.acknowledged_at, "first_response_at": standing.first_response_at,
        "answered_at": answered, "answered_on": answered.astimezone(timezone).date() if answered else None,
        "first_answered_at": standing.first_answered_at,
        "exit_kind": standing.status.value if gone else None, "exit_at": standing.exit_at if gone else None,
        "is_open": answered is None and not gone, "paused": standing.status is Status.AWAITING_CITIZEN,
        "reopened": standing.reopened, "hops": standing.hops, "has_promise": standing.strict is not None,
        "strict_due_at": standing.strict, "lenient_due_at": standing.lenient,
        "ack_s": ack_s, "ack_work_s": ack_work_s, "resolve_s": resolve_s, "resolve_work_s": resolve_work_s,
        "rating": standing.rating,
    }  # fmt: skip


def _lasted(a: datetime, b: datetime | None, calendar: WorkingCalendar) -> tuple[float | None, float | None]:
    """Seconds from a to b by the wall and in working time; nothing for an end before its beginning."""
    if b is None or b < a:
        return None, None
    return (b - a).total_seconds(), calendar.between(a, b).total_seconds()


def _holder_at(told: Sequence[Standing], standing: Standing, due: datetime | None) -> str:
    """Who held the report at the due instant; who holds it now, if that is still to come."""
    if due is None or due >= standing.since:
        return standing.agency
    holders = [earlier.agency for earlier in told if earlier.since <= due]
    return holders[-1] if holders else told[0].agency
