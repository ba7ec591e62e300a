"""How a report's history begins: `submit`, then `route` when an agency has it at once; and the event of each."""

from datetime import datetime

from dispatch.domain.actors import Actor
from dispatch.domain.chain import GENESIS, Entry, new_entry
from dispatch.domain.report import Action, Status
from dispatch.domain.routing_route import Route
from dispatch.intake_decision import Draft
from kit.events import Event


def opening(draft: Draft, route: Route, reporter: Actor, now: datetime) -> tuple[list[Entry], list[Event]]:
    """The first one or two entries of the timeline, chained, and their events."""
    submit = new_entry(
        report_id=draft.id,
        prev_hash=GENESIS,
        seq=1,
        at=now,
        action=str(Action.SUBMIT),
        from_status=None,
        to_status=str(Status.TRIAGE),
        actor_role=str(reporter.role),
        actor_id=reporter.id,
        actor_agency=reporter.agency,
        data={"channel": draft.channel},
        text=draft.description or None,
    )
    entries = [submit, _routed(draft, route, submit, now)] if route.status == "routed" else [submit]
    return entries, [_event(draft, route, reporter, entry) for entry in entries]


def _routed(draft: Draft, route: Route, submit: Entry, now: datetime) -> Entry:
    """Routing is the system's own step; its reason stands beside it, the whole trace in the report."""
    rule = f"{route.rule.code}/{route.rule.version}" if route.rule else None
    return new_entry(
        report_id=draft.id,
        prev_hash=submit.hash,
        seq=2,
        at=now,
        action=str(Action.ROUTE),
        from_status=submit.to_status,
        to_status=str(Status.ROUTED),
        actor_role="system",
        data={"agency": route.agency, "rule": rule, "reason": route.reason},
    )


def _event(draft: Draft, route: Route, reporter: Actor, entry: Entry) -> Event:
    by_sender = entry.seq == 1
    return Event(
        name="report.submitted" if by_sender else "report.routed",
        subject=draft.id,
        occurred_at=entry.at,
        data={
            "status": route.status,
            "version": 1,
            "agency": route.agency,
            "area": route.area.code if route.area else None,
            "category": draft.category,
            "action": entry.action,
            "actor": str(reporter.id) if by_sender else None,
            "actor_role": entry.actor_role,
            "reporter": str(reporter.id),
            "seq": entry.seq,
            "cycle": 1,
        },
    )
