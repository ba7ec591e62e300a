"""After the fault: the ledger against the database, the jobs against the events, the sink against the deliveries.

Every check returns sentences that say what is wrong; none is the only good answer. `since` is the database's content
before the torture began, so that a data folder may be tortured again and again.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from api.subscriptions import SUBSCRIPTIONS
from dispatch.domain.report import OPEN
from dispatch.verify import verify
from tests.torture.ledger import Account

Link = psycopg.Connection[Any]
ONCE_ONLY = ("sms", "email")


@dataclass(frozen=True, kw_only=True)
class Books:
    """What the checks look at. `pushes_may_repeat`: kills so far (a push may come twice, once per kill)."""

    link: Link
    account: Account
    data: Path
    since: datetime
    pushes_may_repeat: int = 0

    def query(self, text: str, **values: Any) -> list[tuple[Any, ...]]:
        return self.link.execute(text, {"since": self.since, **values}).fetchall()  # type: ignore[arg-type]


def check(books: Books) -> list[str]:
    """All findings, each cut to a readable length."""
    return [f"{name}: {finding}"[:400] for name, look in CHECKS.items() for finding in look(books)]


# ── reports ─────────────────────────────────────────────────────────────────────────────────────────


def acknowledged_are_there(books: Books) -> Iterator[str]:
    """I1, I2: nothing acknowledged is lost, one row per id, the code that was told, and nothing nobody sent."""
    rows = books.query("SELECT id::text, code FROM report WHERE received_at >= %(since)s AND NOT imported")
    codes, counted = dict(rows), Counter(id_ for id_, _ in rows)
    acknowledged = books.account.acknowledged["report"]
    for id_, told in acknowledged.items():
        if id_ not in codes:
            yield f"acknowledged and lost: {id_}"
        elif {code.replace("-", "") for code in told} != {codes[id_]}:
            yield f"{id_} was told {told}, is {codes[id_]}"
    yield from (f"{count} rows with id {id_}" for id_, count in counted.items() if count > 1)
    unknown = set(codes) - books.account.attempted["report"]
    if unknown:
        yield f"{len(unknown)} reports that nobody sent, e.g. {sorted(unknown)[0]}"
    for id_ in books.account.receipts_wrong:
        yield f"the receipt of {id_} is not of the bytes that were sent"


def answers_were_sane(books: Books) -> Iterator[str]:
    """I6: only 201, 200, 429 and 503 came, and every 5xx was a problem document."""
    yield from books.account.strange[:20]


def timelines_are_whole(books: Books) -> Iterator[str]:
    """I3."""
    with books.link.transaction():  # a named cursor needs one
        yield from (json.dumps(finding) for finding in verify(books.link))


def submitted_once(books: Books) -> Iterator[str]:
    doubled = books.query(
        "SELECT e.report_id, e.action, count(*) FROM timeline_entry e JOIN report r ON r.id = e.report_id"
        " WHERE r.received_at >= %(since)s AND e.action IN ('submit', 'withdraw')"
        " GROUP BY 1, 2 HAVING count(*) > 1"
    )
    yield from (f"{action} stands {count} times in {report}" for report, action, count in doubled)


def open_ones_are_owned(books: Books) -> Iterator[str]:
    """Somebody holds every open report, and a promise with a due time is running (or paused for the resident)."""
    rows = books.query(
        "SELECT r.id, r.status FROM report r WHERE r.received_at >= %(since)s AND r.status = ANY(%(open)s)"
        " AND (r.agency_code IS NULL OR NOT EXISTS (SELECT FROM sla_clock c WHERE c.report_id = r.id"
        " AND c.stopped_at IS NULL AND (c.due_at IS NOT NULL OR c.paused_at IS NOT NULL)))",
        open=[str(status) for status in OPEN],
    )
    yield from (f"{report} ({status}) has no owner or no promise" for report, status in rows)


def steps_are_taken_once(books: Books) -> Iterator[str]:
    """An acknowledged step has its receipt, and its report shows it once."""
    rows = books.query("SELECT id::text FROM step_receipt WHERE at >= %(since)s")
    known = {row[0] for row in rows}
    yield from (f"acknowledged step lost: {id_}" for id_ in books.account.acknowledged["step"] if id_ not in known)
    doubled = books.query(
        "SELECT report_id, version_after FROM step_receipt WHERE at >= %(since)s GROUP BY 1, 2 HAVING count(*) > 1"
    )
    yield from (f"two steps of {report} made version {version}" for report, version in doubled)


# ── photos ──────────────────────────────────────────────────────────────────────────────────────────


def photos_are_there(books: Books) -> Iterator[str]:
    """I4, one half: no acknowledged photo without a row, no row without its object, all of them processed."""
    rows = books.query(
        "SELECT id::text, status, original_key, renditions FROM photo WHERE created_at >= %(since)s ORDER BY id"
    )
    known = {row[0] for row in rows}
    yield from (f"acknowledged photo lost: {id_}" for id_ in books.account.acknowledged["photo"] if id_ not in known)
    for id_, status, original, renditions in rows:
        if status != "ready":
            yield f"photo {id_} is {status}"
        keys = [original, *(made["key"] for made in renditions.values())]
        yield from (f"no object {key}" for key in keys if key and not has_object(books.data, key))


def has_object(data: Path, key: str) -> bool:
    """Whether the embedded store holds this key (media.store_local lays files out so)."""
    photo, name = key.split("/")
    return any((data / "objects").glob(f"*/{photo[-2:]}/{photo}_{name}"))


# ── events, jobs, stream ────────────────────────────────────────────────────────────────────────────


def events_are_in_the_stream(books: Books) -> Iterator[str]:
    """Everything is stamped, no number twice, and one report's events keep their order."""
    ((waiting, twice),) = books.query(
        "SELECT count(*) FILTER (WHERE stream_no IS NULL), count(stream_no) - count(DISTINCT stream_no) FROM outbox"
    )
    if waiting or twice:
        yield f"{waiting} events not stamped, {twice} numbers given twice"
    disordered = books.query(
        "SELECT subject, stream_no FROM (SELECT subject, stream_no, (data->>'seq')::int AS seq,"
        " lag((data->>'seq')::int) OVER (PARTITION BY subject ORDER BY stream_no) AS before"
        " FROM outbox WHERE name LIKE 'report.%%' AND occurred_at >= %(since)s) AS o WHERE before >= seq"
    )
    yield from (f"{subject} is out of order at {number}" for subject, number in disordered)


def every_event_had_its_jobs_once(books: Books) -> Iterator[str]:
    """Per event exactly the subscribed jobs, each one row, each done."""
    rows = books.query(
        "SELECT o.id::text, o.name, coalesce(array_agg(j.task ORDER BY j.task) FILTER (WHERE j.id IS NOT NULL), '{}')"
        " FROM outbox o LEFT JOIN job j ON j.event_id = o.id WHERE o.occurred_at >= %(since)s GROUP BY 1, 2"
    )
    for event, name, tasks in rows:
        if tasks != sorted(SUBSCRIPTIONS.get(name, ())):
            yield f"{name} {event} had the jobs {tasks}"
    for job, task, state, error in books.query(
        "SELECT j.id, j.task, j.state, j.last_error FROM job j WHERE j.state <> 'done' ORDER BY j.id LIMIT 10"
    ):
        yield f"job {job} {task} is {state} ({error})"


def one_event_per_entry(books: Books) -> Iterator[str]:
    """Each timeline entry that tells an event told it once."""
    rows = books.query(
        "SELECT subject, data->>'seq', name, count(*) FROM outbox WHERE occurred_at >= %(since)s"
        " AND name LIKE 'report.%%' GROUP BY 1, 2, 3 HAVING count(*) > 1"
    )
    yield from (f"{name} of {subject} seq {seq} was emitted {count} times" for subject, seq, name, count in rows)


# ── messages ────────────────────────────────────────────────────────────────────────────────────────


def inbox_is_not_doubled(books: Books) -> Iterator[str]:
    rows = books.query(
        "SELECT event_id, recipient_id, template, count(*) FROM inbox_message WHERE created_at >= %(since)s"
        " GROUP BY 1, 2, 3 HAVING count(*) > 1"
    )
    yield from (f"{recipient} was told {template} of {event} {n} times" for event, recipient, template, n in rows)


def everybody_was_told(books: Books) -> Iterator[str]:
    """The reporter of a routed report has a line in the inbox, and wished messages are deliveries that were sent."""
    silent = books.query(
        "SELECT r.id FROM report r JOIN outbox o ON o.subject = r.id AND o.name = 'report.routed'"
        " WHERE r.received_at >= %(since)s AND NOT EXISTS (SELECT FROM inbox_message m"
        " WHERE m.event_id = o.id AND m.recipient_id = r.reporter_id) LIMIT 10"
    )
    yield from (f"the reporter of {row[0]} was not told where it went" for row in silent)
    unsettled = books.query(
        "SELECT id, channel, state, last_error FROM delivery WHERE created_at >= %(since)s"
        " AND state NOT IN ('sent', 'suppressed') LIMIT 10"
    )
    yield from (f"{channel} {id_} is {state} ({why})" for id_, channel, state, why in unsettled)


def nothing_left_twice(books: Books) -> Iterator[str]:
    """One line per delivery in the sink; every sent delivery has its line. A push may repeat once per kill."""
    sent = {row[0]: row[1] for row in books.query("SELECT id::text, channel FROM delivery WHERE state = 'sent'")}
    for channel in (*ONCE_ONLY, "push"):
        lines = Counter(line["delivery_id"] for line in sink_lines(books.data, channel))
        repeats = sum(count - 1 for count in lines.values())
        if repeats > (books.pushes_may_repeat if channel == "push" else 0):
            yield f"{repeats} {channel} left twice, e.g. {lines.most_common(1)[0][0]}"
        missing = [id_ for id_, way in sent.items() if way == channel and id_ not in lines]
        if missing:
            yield f"{len(missing)} {channel} count as sent and never left, e.g. {missing[0]}"


def sink_lines(data: Path, channel: str) -> list[dict[str, Any]]:
    path = data / "sink" / f"{channel}.jsonl"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


CHECKS: dict[str, Callable[[Books], Iterator[str]]] = {
    look.__name__: look
    for look in (
        acknowledged_are_there,
        answers_were_sane,
        timelines_are_whole,
        submitted_once,
        open_ones_are_owned,
        steps_are_taken_once,
        photos_are_there,
        events_are_in_the_stream,
        every_event_had_its_jobs_once,
        one_event_per_entry,
        inbox_is_not_doubled,
        everybody_was_told,
        nothing_left_twice,
    )
}
