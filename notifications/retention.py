"""Keeping the tables small and honest: lost deliveries become visible, old rows go in small batches.

Deliveries are few per report and settled within days, so batches by `created_at` serve them; no partitions.
"""

from datetime import timedelta

from sqlalchemy import text
from sqlmodel import Session, col, select

from kit.clock import utc_now
from kit.db import unit_of_work
from kit.events import Event
from kit.jobs import machine_now
from kit.outbox import emit
from notifications.channels import channel_for
from notifications.tables import Delivery

LOST_AFTER = timedelta(minutes=10)  # far beyond any lease: nobody is at it any more
BATCH = 500
KEEP = {"delivery": timedelta(days=90), "inbox_message": timedelta(days=365)}
TOKEN_UNSEEN = timedelta(days=270)  # FCM itself forgets a token after as long
TOKEN_DEAD = timedelta(days=30)


def settle_lost() -> int:
    """`sending` without a worker: what may leave twice is sent anew, the rest becomes `unknown`; how many."""
    with unit_of_work() as session:
        rows = session.exec(
            select(Delivery)
            .where(Delivery.state == "sending", col(Delivery.sending_since) < machine_now() - LOST_AFTER)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        for delivery in rows:
            _settle(session, delivery)
        return len(rows)


def _settle(session: Session, delivery: Delivery) -> None:
    channel = channel_for(delivery.channel)
    delivery.sending_since = None
    if channel is None or channel.once:
        delivery.state, delivery.last_error = "unknown", "the worker was lost while handing over"
    else:
        delivery.state, delivery.last_error = "planned", "the worker was lost; sent anew"
    if delivery.template == "otp":  # nobody waits for the code any more: its sealed text goes
        session.execute(text("UPDATE outbox SET data = '{\"sealed\": null}' WHERE id = :id"), {"id": delivery.event_id})
    else:
        emit(
            session,
            Event(
                name="delivery.planned",
                subject=delivery.id,
                occurred_at=utc_now(),
                data={"channel": delivery.channel},
            ),
        )


def drop_old() -> int:
    """Delete what has outlived its use; returns how many rows. Unsettled deliveries stay until somebody decides."""
    dropped = 0
    for table, age in KEEP.items():
        where = "created_at < :before" + (" AND state IN ('sent','suppressed','dead')" if table == "delivery" else "")
        dropped += _drop(table, where, {"before": utc_now() - age})
    unseen, dead = utc_now() - TOKEN_UNSEEN, utc_now() - TOKEN_DEAD
    return dropped + _drop("device_token", "seen_at < :unseen OR dead_at < :dead", {"unseen": unseen, "dead": dead})


def _drop(table: str, where: str, facts: dict[str, object]) -> int:
    with unit_of_work() as session:
        found = session.execute(
            text(f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {where} LIMIT {BATCH})"),  # noqa: S608
            facts,
        )
        return int(found.rowcount)  # type: ignore[attr-defined]
