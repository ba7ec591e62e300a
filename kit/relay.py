"""From the outbox to the stream and the workers: the only loop in the house, and only one is active.

The advisory lock, the stamping of `stream_no` and the job rows use one and the same connection: losing it loses the
lock and ends this process together, so two relays can never stamp at once. Nothing is ever deleted here.
"""

import logging
import signal
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg

from kit.jobs import MAX_LAPSES, MAX_TRIES, WORK, machine_now
from kit.logs import set_up_logs
from kit.queue import UNREACHABLE, app, configure, messages_in, send
from kit.settings import get_settings

log = logging.getLogger("kit.relay")
LOCK_KEY = 0x48545F52454C4159  # "HT_RELAY"
BATCH = 200
Subscriptions = Mapping[str, Sequence[str]]

_STAMP = """
WITH waiting AS MATERIALIZED (
    SELECT id, day, name FROM outbox WHERE stream_no IS NULL ORDER BY id LIMIT %(batch)s
), numbered AS MATERIALIZED (
    SELECT id, day, name, nextval('outbox_stream') AS stream_no FROM waiting
), stamped AS (
    UPDATE outbox o SET stream_no = n.stream_no FROM numbered n WHERE o.id = n.id AND o.day = n.day
    RETURNING o.id, o.day, o.name
), planned AS (
    INSERT INTO job (day, event_id, event_day, task, state, attempts, lapses, run_after, sent_at)
    SELECT s.day, s.id, s.day, w.task, 'queued', 0, 0, %(now)s, %(now)s
    FROM stamped s JOIN unnest(%(names)s::text[], %(tasks)s::text[]) AS w(name, task) ON w.name = s.name
    RETURNING id, day, task
)
SELECT p.id, p.day, p.task, (SELECT count(*) FROM stamped) FROM planned p
UNION ALL SELECT NULL, NULL, NULL, (SELECT count(*) FROM stamped)
"""

_LAPSED = """
UPDATE job SET lapses = lapses + 1, lease_until = NULL, sent_at = NULL,
    state = CASE WHEN lapses + 1 >= %(max_lapses)s OR attempts >= %(max_tries)s THEN 'dead' ELSE 'queued' END,
    last_error = coalesce(last_error, 'the worker was lost while at it')
WHERE state = 'running' AND lease_until < %(now)s
"""

_UNSENT = """
SELECT id, day, task FROM job WHERE state = 'queued' AND run_after <= %(now)s AND sent_at IS NULL
ORDER BY run_after LIMIT %(batch)s
"""

_SENT = """
SELECT task, count(*), count(*) FILTER (WHERE sent_at < %(before)s) FROM job
WHERE state = 'queued' AND sent_at IS NOT NULL GROUP BY task
"""

_STUCK = """
SELECT id, day, task FROM job WHERE state = 'queued' AND sent_at < %(before)s AND task = ANY(%(tasks)s)
ORDER BY sent_at LIMIT %(batch)s
"""


def relay_once(connection: psycopg.Connection[Any], subscriptions: Subscriptions) -> int:
    """Stamp one batch, write its jobs, hand them to the workers; returns how many events were taken."""
    pairs = [(name, task) for name, tasks in subscriptions.items() for task in tasks]
    with connection.transaction():
        rows = connection.execute(
            _STAMP,
            {
                "batch": BATCH,
                "now": machine_now(),
                "names": [name for name, _ in pairs],
                "tasks": [task for _, task in pairs],
            },
        ).fetchall()
    hand_over(connection, [row[:3] for row in rows if row[0] is not None])
    return int(rows[-1][3])


def hand_over(connection: psycopg.Connection[Any], jobs: Sequence[tuple[Any, ...]], *, again: bool = False) -> int:
    """Send jobs to Celery that are noted as sent; what the broker refuses is noted back, and the sweep comes for it.

    The note stands before the message leaves: a worker is often quicker than we are, and would find the row locked by
    our own note, pass it over, and the job would wait for the next sweep of lost ones.
    """
    sent: list[int] = []
    try:
        with app.connection_for_write(connect_timeout=1) as broker:
            for job_id, day, task in jobs:
                send(job_id, day, task, broker, again=again)
                sent.append(job_id)
    except UNREACHABLE as error:
        log.warning("broker does not answer", extra={"error": str(error)[:200]})
    refused = [job_id for job_id, _, _ in jobs[len(sent) :]]
    if refused:
        with connection.transaction():
            connection.execute("UPDATE job SET sent_at = NULL WHERE id = ANY(%s) AND state = 'queued'", (refused,))
    return len(sent)


def _noted(connection: psycopg.Connection[Any], jobs: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
    """The jobs, noted as sent from now on."""
    if jobs:
        with connection.transaction():
            ids = [job_id for job_id, _, _ in jobs]
            connection.execute("UPDATE job SET sent_at = %s WHERE id = ANY(%s)", (machine_now(), ids))
    return jobs


def resend_stuck(connection: psycopg.Connection[Any]) -> int:
    """Jobs whose lease lapsed, whose pause is over, that were never handed over, or whose message was lost."""
    now = machine_now()
    with connection.transaction():
        connection.execute(_LAPSED, {"now": now, "max_lapses": MAX_LAPSES, "max_tries": MAX_TRIES})
        rows = connection.execute(_UNSENT, {"now": now, "batch": BATCH}).fetchall()
    lost = _lost(connection, now - timedelta(seconds=get_settings().stuck_after))
    again = hand_over(connection, _noted(connection, lost), again=True) if lost else 0
    return again + (hand_over(connection, _noted(connection, rows)) if rows else 0)


def _lost(connection: psycopg.Connection[Any], before: datetime) -> list[tuple[Any, ...]]:
    """Jobs handed over before `before` and not back, as many as their queue has too few messages.

    A crowd that only waits its turn still has its messages in the broker: sending those again would make the queue
    longer than the worker can shorten it.
    """
    counts = connection.execute(_SENT, {"before": before}).fetchall()
    rows: list[tuple[Any, ...]] = []
    for queue in {WORK[task].queue for task, _, stuck in counts if stuck}:
        tasks = [task for task, _, _ in counts if WORK[task].queue is queue]
        waiting = messages_in(queue)
        missing = sum(sent for task, sent, _ in counts if task in tasks) - (waiting or 0)
        if waiting is not None and missing > 0:
            asked = {"before": before, "tasks": tasks, "batch": min(missing, BATCH)}
            rows += connection.execute(_STUCK, asked).fetchall()
    return rows


def run_forever(subscriptions: Subscriptions) -> None:
    """Relay until SIGTERM. A second relay waits for the lock; a lost database ends the process (it is restarted)."""
    set_up_logs("relay")
    configure()
    going = True

    def stop(*_: Any) -> None:
        nonlocal going
        going = False

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with psycopg.connect(
        get_settings().database_url, autocommit=True, connect_timeout=5, tcp_user_timeout=5000
    ) as link:
        while going and not _is_ours(link):
            time.sleep(0.2)
        log.info("relay active")
        swept = 0.0
        while going:
            taken = relay_once(link, subscriptions)
            if time.monotonic() - swept >= min(2.0, get_settings().stuck_after / 3):
                resend_stuck(link)
                swept = time.monotonic()
            if taken < BATCH:
                time.sleep(0.1)


def _is_ours(link: psycopg.Connection[Any]) -> bool:
    row = link.execute("SELECT pg_try_advisory_lock(%s)", (LOCK_KEY,)).fetchone()
    return bool(row and row[0])
