"""Appending to a report's timeline. Every writer holds the report's row lock; two at once would fork the chain."""

from typing import Any

from sqlmodel import Session

from dispatch.domain.chain import Entry, new_entry
from dispatch.tables.report import EntryText, Report, TimelineEntry


def append(session: Session, report: Report, **facts: Any) -> Entry:
    """Write the next entry of a report whose row this transaction has locked, and move the chain's head."""
    entry = new_entry(report_id=report.id, prev_hash=bytes(report.chain_head), seq=report.chain_length + 1, **facts)
    session.add(to_row(entry))
    if entry.text is not None:
        session.add(EntryText(report_id=entry.report_id, seq=entry.seq, salt=entry.salt, text=entry.text))
    report.chain_head, report.chain_length = entry.hash, entry.seq
    return entry


def to_row(entry: Entry) -> TimelineEntry:
    return TimelineEntry(
        report_id=entry.report_id,
        seq=entry.seq,
        at=entry.at,
        action=entry.action,
        from_status=entry.from_status,
        to_status=entry.to_status,
        actor_role=entry.actor_role,
        actor_id=entry.actor_id,
        actor_agency=entry.actor_agency,
        visibility=entry.visibility,
        data=entry.data,
        canonical=entry.canonical,
        prev_hash=entry.prev_hash,
        hash=entry.hash,
    )
