"""A report comes in: routed, timed and on disk within one request. Routing is never a later task.

Everything is decided in memory and written by one statement (`dispatch.intake_sql`), which also checks that the
rulebook used is the one in force and that the phone-made id is new.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session

from dispatch import rulebook
from dispatch.clocks import from_target, sweep_at, target_of
from dispatch.domain.actors import Actor
from dispatch.domain.clock import ClockKind
from dispatch.domain.errors import IdReused, IdTaken, LocationOutOfArea, UnknownCategory
from dispatch.domain.geography_places import Placement, effective_accuracy
from dispatch.domain.policy import Policy, choose_policy
from dispatch.domain.report import Status
from dispatch.domain.routing import choose_route
from dispatch.domain.routing_facts import Facts
from dispatch.domain.routing_json import facts_to_json, route_to_json
from dispatch.domain.routing_route import Route
from dispatch.domain.sla_life import start_clock
from dispatch.intake_decision import Decision, Draft, Started
from dispatch.intake_history import opening
from dispatch.intake_sql import Outcome, existing, write
from dispatch.snapshot import Snapshot
from dispatch.text_flags import find_flags
from kit.ids import new_code, new_id
from kit.problems import FieldError, Invalid, Problem

__all__ = ["Decision", "Draft", "Receipt", "submit_report"]
FUTURE = timedelta(minutes=5)  # a phone's clock may run ahead a little
PAST = timedelta(days=365)


@dataclass(frozen=True)
class Receipt:
    """The answer to a sender: which report this is, and whether it was already there.

    `decision` is what has just been written; a report that was there already is read from its row.
    """

    report_id: UUID
    replayed: bool
    decision: Decision | None = None


def submit_report(session: Session, draft: Draft, *, reporter: Actor, now: datetime) -> Receipt:
    """Take a report in, once per id for ever.

    Errors: UnknownCategory, LocationOutOfArea, Invalid (occurred_at), IdReused (own id, other body), IdTaken.
    """
    snapshot = rulebook.cached(session)
    for _attempt in range(4):
        try:
            decision = decide(snapshot, draft, reporter=reporter, now=now)
        except Problem:  # what is refused today may have been taken before: a retry is answered as it was then
            if _is_replay(session, draft, reporter):
                return Receipt(draft.id, replayed=True)
            fresh = rulebook.current(session)  # a refusal has no INSERT that would notice an old rulebook
            if fresh.version == snapshot.version:
                raise
            snapshot = fresh
            continue
        outcome = write(session, decision, snapshot.version)
        if outcome is Outcome.WRITTEN:
            return Receipt(draft.id, replayed=False, decision=decision)
        if outcome is Outcome.OLD_RULEBOOK:
            snapshot = rulebook.reload(session)
            continue
        if _is_replay(session, draft, reporter):
            return Receipt(draft.id, replayed=True)
        # not the id but the short code was taken: another code
    raise RuntimeError("the rulebook changed at every try")


def _is_replay(session: Session, draft: Draft, reporter: Actor) -> bool:
    """Whether this reporter sent this very report before; IdTaken, IdReused when the id stands for another one."""
    known = existing(session, draft.id)
    if known is None:
        return False
    if not known.is_of(reporter.id):
        raise IdTaken()
    if known.digest != draft.digest():
        raise IdReused()
    return True


def decide(snapshot: Snapshot, draft: Draft, *, reporter: Actor, now: datetime) -> Decision:
    """Route, promises, first timeline entries and events of a new report. Pure but for the ids it makes."""
    category = snapshot.categories.get(draft.category)
    if category is None or not category.active or draft.category not in snapshot.leaves or category.imported:
        raise UnknownCategory()
    occurred_at = _occurred_at(draft, now)
    placement = _place(snapshot, draft, now)
    flags = find_flags(draft.description)
    facts = Facts(
        category=draft.category,
        placement=placement,
        received_at=now,
        occurred_at=occurred_at,
        severity=category.severity,
        location_source=draft.location_source,
        channel=draft.channel,
        attributes={},
        text_flags=flags,
    )
    route = choose_route(facts, snapshot.view, desk=snapshot.desk)
    policy = policy_for(snapshot, draft.category, route.severity, route.agency, now)
    kinds = first_clocks(Status(route.status))
    entries, events = opening(draft, route, reporter, now)
    return Decision(
        draft=draft,
        code=new_code(),
        reporter=reporter.id,
        digest=draft.digest(),
        route=route,
        stat_area_id=_stat_area(snapshot, draft, occurred_at, now, route),
        policy=policy,
        clocks=_start_clocks(snapshot, kinds, policy=policy, agency=route.agency, at=now),
        entries=entries,
        events=events,
        flags=flags,
        is_public=category.publication == "always" and not category.sensitive and route.reason != "text-flag",
        sensitive=category.sensitive,
        trace={"facts": facts_to_json(facts), "desk": snapshot.desk, "route": route_to_json(route)},
        received_at=now,
        occurred_at=occurred_at,
    )


def first_clocks(status: Status) -> tuple[ClockKind, ...]:
    """In triage the desk owes an acknowledgement; with an agency all of its promises begin."""
    if status is Status.TRIAGE:
        return (ClockKind.CITIZEN, ClockKind.ACKNOWLEDGE)
    return (ClockKind.CITIZEN, ClockKind.ACKNOWLEDGE, ClockKind.ASSIGN, ClockKind.RESOLVE)


def _start_clocks(
    snapshot: Snapshot, kinds: Iterable[ClockKind], *, policy: Policy | None, agency: str, at: datetime
) -> list[Started]:
    """As `clocks.begin`, in plain values: a row object per promise was a fifth of the work of a whole intake."""
    if policy is None:
        return []
    calendar, started = snapshot.calendar_of(policy, agency), []
    for kind in kinds:
        target = target_of(policy, kind)
        if target is None:
            continue
        reference = f"{policy.code}/{policy.version}"
        clock = start_clock(kind, target, calendar, at=at, agency=agency, policy=reference)
        sweep = sweep_at(clock, calendar, policy, 0)
        due_at = clock.entries[0].due_at
        started.append(Started(new_id(), str(kind), calendar.code, from_target(target), due_at, sweep))
    return started


def policy_for(snapshot: Snapshot, category: str, severity: int, agency: str, at: datetime) -> Policy | None:
    """The promise for this category at this agency, as in force at `at`."""
    return choose_policy(
        snapshot.policies,
        path=snapshot.tree.path(category),
        tree=snapshot.tree,
        severity=severity,
        agency_kind=snapshot.agencies[agency].kind,
        at=at,
    )


def _occurred_at(draft: Draft, now: datetime) -> datetime:
    at = draft.occurred_at or now
    if not now - PAST <= at <= now + FUTURE:
        raise Invalid(errors=(FieldError("/occurred_at", "out-of-range"),))
    return min(at, now)


def _place(snapshot: Snapshot, draft: Draft, now: datetime) -> Placement:
    accuracy_m = effective_accuracy(draft.location_source, draft.accuracy_m)
    placement = snapshot.atlas.locate(draft.lon, draft.lat, accuracy_m, snapshot.local_date(now))
    refusal = placement.refusal
    if refusal:
        facts: dict[str, Any] = {"hint": refusal.hint}
        if refusal.neighbour_name:
            facts |= {"neighbour": {"code": refusal.neighbour_code, "name": refusal.neighbour_name}}
        raise LocationOutOfArea(facts, errors=(FieldError("/location", "out-of-area"),))
    return placement


def _stat_area(snapshot: Snapshot, draft: Draft, occurred_at: datetime, now: datetime, route: Route) -> int | None:
    """The unit in statistics: the area valid when it happened, which a reform may have replaced since."""
    then = snapshot.local_date(occurred_at)
    if then == snapshot.local_date(now):
        return route.area.id if route.area else None
    area = snapshot.atlas.locate(draft.lon, draft.lat, 0.0, then).area
    return area.id if area else (route.area.id if route.area else None)
