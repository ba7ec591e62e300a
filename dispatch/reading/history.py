"""What happened to a report and why: timeline, promise, trace."""

from typing import Any

from sqlmodel import Session, col, select

from dispatch import clocks as clock_rows
from dispatch import rulebook
from dispatch.domain.actors import Actor
from dispatch.domain.clock import ClockKind
from dispatch.people.tables import Account
from dispatch.reading.detail import View, because, text_is_sealed, words_for
from dispatch.reading.times import iso
from dispatch.tables.report import EntryText, Report, TimelineEntry
from dispatch.words import WORDS
from kit.ids import show_code


def timeline(session: Session, view: View, actor: Actor | None, locale: str) -> list[dict[str, Any]]:
    """Entries the caller may read, oldest first, each with its hash and the one before it."""
    report = view.report
    rows = session.exec(
        select(TimelineEntry, EntryText.text)
        .outerjoin(
            EntryText, (col(EntryText.report_id) == TimelineEntry.report_id) & (col(EntryText.seq) == TimelineEntry.seq)
        )
        .where(TimelineEntry.report_id == report.id, col(TimelineEntry.visibility).in_(_levels(view, actor)))
        .order_by(col(TimelineEntry.seq))
    ).all()
    staff = actor is not None and actor.is_staff
    names = _names(session, {entry.actor_id for entry, _ in rows if entry.actor_id}) if staff else {}
    sealed = text_is_sealed(report, actor)
    return [
        {
            "seq": entry.seq,
            "at": iso(entry.at),
            "action": entry.action,
            "from_status": entry.from_status,
            "to_status": entry.to_status,
            "actor": _actor(entry, names, locale),
            "text": None
            if sealed or text is None or (not view.whole and entry.seq == 1)
            else words_for(view, actor, text),
            "data": entry.data if view.whole else {},
            "visibility": entry.visibility,
            "hash": bytes(entry.hash).hex(),
            "prev_hash": bytes(entry.prev_hash).hex(),
        }
        for entry, text in rows
    ]


def _levels(view: View, actor: Actor | None) -> list[str]:
    if not view.whole:
        return ["public"]
    staff = actor is not None and actor.is_staff
    return ["public", "reporter", "internal"] if staff else ["public", "reporter"]


def _names(session: Session, ids: set[Any]) -> dict[Any, str]:
    rows = session.exec(select(Account.id, Account.name).where(col(Account.id).in_(ids)))
    return {row[0]: row[1] for row in rows}


def _actor(entry: TimelineEntry, names: dict[Any, str], locale: str) -> dict[str, Any]:
    """Staff see colleagues by name; everybody else sees the role. A sender is never named."""
    name = names.get(entry.actor_id) or WORDS.say(f"role-{entry.actor_role.replace('_', '-')}", locale)
    return {"role": entry.actor_role, "name": name, "agency": entry.actor_agency}


def promise(session: Session, view: View, locale: str) -> dict[str, Any]:
    """Publicly: who holds it, until when, why it waits, how often the promise moved."""
    report, snapshot = view.report, rulebook.current(session)
    citizen = [
        running
        for running in clock_rows.load(session, snapshot, report.id)
        if running.kind is ClockKind.CITIZEN and running.clock.cycle == report.cycle
    ]
    agency = snapshot.agencies[report.agency_code]
    clock = citizen[-1].clock if citizen else None
    last = clock.entries[-1] if clock else None
    return {
        "code": show_code(report.code),
        "holder": {"code": agency.code, "name": agency.name_vi if locale == "vi" else agency.name_en},
        "acknowledge_by": iso(report.ack_due_at),
        "resolve_by": iso(clock.due_at or (last.due_at if last else None)) if clock else None,
        "lenient_resolve_by": iso(clock.lenient_due_at or (last.lenient_due_at if last else None)) if clock else None,
        "paused": {"since": iso(clock.paused_at), "reason": clock.pause_reason} if clock and clock.paused_at else None,
        "moves": clock.moves if clock else 0,
        "extensions": clock.extensions if clock else 0,
        "ledger": [
            {"seq": e.seq, "at": iso(e.at), "kind": e.kind, "reason": e.reason, "due_at": iso(e.due_at),
             "lenient_due_at": iso(e.lenient_due_at)}
            for e in (clock.entries if clock else ())
        ],
    }  # fmt: skip


def trace(report: Report) -> dict[str, Any]:
    """The stored routing decision in words and numbers, for staff."""
    route = (report.route or {}).get("route")
    texts = {locale: because(report, locale)["text"] for locale in ("vi", "en")}
    if not route:
        return {"rule": None, "areas": [], "runners_up": [], "order_key": None, "confidence": None, "text": texts}
    return {
        "rule": route["rule"],
        "areas": [
            {
                "code": hit["area"]["code"],
                "name": hit["area"]["name"],
                "version": hit["area"]["valid_from"],
                "share": hit["share"],
                "distance_inside_m": hit["distance_inside_m"],
            }
            for hit in route["areas"]
        ],
        "runners_up": [
            {"rule": other["rule"], "why_not": _say(other["why_not"])} for other in route.get("runners_up", [])
        ],
        "order_key": route["order_key"],
        "confidence": route["confidence"],
        "proposals": route.get("proposals", []),
        "text": texts,
    }


def _say(text: dict[str, Any]) -> dict[str, str]:
    return {locale: WORDS.say(text["key"], locale, **text["args"]) for locale in ("vi", "en")}
