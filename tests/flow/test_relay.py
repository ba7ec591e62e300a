"""From events to workers: nothing is lost with the broker, nothing is sent again that only waits, poison is stopped."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import redis

from kit.clock import utc_now
from kit.db import forget_engine, plain_url, unit_of_work
from kit.embedded import Embedded
from kit.events import Event
from kit.ids import new_id
from kit.jobs import MAX_LAPSES, WORK, Queue, Work, errand, machine_now, run_job, task
from kit.outbox import emit
from kit.queue import app, configure, messages_in
from kit.relay import relay_once, resend_stuck

Link = psycopg.Connection[Any]
SUBSCRIPTIONS = {"lamp.broken": ("test.note",), "wire.loose": ("test.electrocute",), "bell.rung": ("test.ring",)}


@pytest.fixture(autouse=True)
def works() -> Iterator[None]:
    """A quiet task, one that ends its process, and an errand."""
    known = dict(WORK)

    @task("test.note", queue=Queue.PLAN)
    def note(session: Any, event: Event) -> None:
        assert event.name == "lamp.broken"

    @task("test.electrocute", queue=Queue.PLAN)
    def electrocute(session: Any, event: Event) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    @errand("test.ring", queue=Queue.SEND)
    def ring(event: Event) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    yield
    for name in set(WORK) - set(known):
        del WORK[name]


@pytest.fixture
def link(db: Embedded) -> Iterator[Link]:
    """The relay's connection, and an empty broker."""
    configure()
    broker = redis.Redis.from_url(db.broker_url)
    broker.flushall()
    broker.close()
    with psycopg.connect(plain_url(db.database_url), autocommit=True) as connection:
        yield connection


def happened(name: str, times: int = 1) -> None:
    with unit_of_work() as session:
        emit(session, *(Event(name=name, subject=new_id(), occurred_at=utc_now(), data={}) for _ in range(times)))


def let_pass(link: Link, seconds: int = 60) -> None:
    """As if the jobs had been handed over, and the leases taken, that long ago."""
    link.execute(
        "UPDATE job SET sent_at = sent_at - %(t)s, lease_until = lease_until - %(t)s", {"t": timedelta(0, seconds)}
    )


def job(link: Link) -> tuple[str, int, int]:
    row = link.execute("SELECT state, attempts, lapses FROM job").fetchone()
    assert row
    return row  # type: ignore[return-value]


def run_in_a_worker(link: Link, *, again: bool) -> int:
    """`run_job` of the only job in a process of its own; its exit code (-9: it was killed)."""
    row = link.execute("SELECT id, day FROM job").fetchone()
    assert row

    def work() -> None:
        forget_engine(forked=True)
        run_job(row[0], row[1], again=again)

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join(30)
    return process.exitcode or 0


def test_a_crowd_that_only_waits_its_turn_is_not_sent_again(link: Link) -> None:
    """Else a backlog older than half a minute would grow by its own copies, faster than the worker can shorten it."""
    happened("lamp.broken", 50)
    assert relay_once(link, SUBSCRIPTIONS) == 50
    assert messages_in(Queue.PLAN) == 50
    let_pass(link)
    assert resend_stuck(link) == 0
    assert messages_in(Queue.PLAN) == 50


def test_what_the_broker_lost_is_sent_again_and_no_more(link: Link, db: Embedded) -> None:
    happened("lamp.broken", 50)
    relay_once(link, SUBSCRIPTIONS)
    broker = redis.Redis.from_url(db.broker_url)
    broker.ltrim("plan", 20, -1)
    assert resend_stuck(link) == 0, "not yet: the worker may have them in its hands"
    let_pass(link)
    assert resend_stuck(link) == 20
    broker.flushall()
    broker.close()
    let_pass(link)
    assert resend_stuck(link) == 50


def test_a_broker_that_is_away_stops_nothing(link: Link, db: Embedded) -> None:
    """Events are numbered all the same; their jobs are handed over when it is back."""
    happened("lamp.broken", 3)
    app.conf.broker_url = "redis://127.0.0.1:1/0"
    try:
        assert relay_once(link, SUBSCRIPTIONS) == 3
        assert resend_stuck(link) == 0
    finally:
        configure()
    assert resend_stuck(link) == 3
    assert messages_in(Queue.PLAN) == 3


def test_a_broker_that_dies_between_two_messages_stops_nothing(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """What went out is noted, the rest comes with the next sweep; redis-py's own errors are understood."""
    happened("lamp.broken", 3)
    sent = 0
    real = app.send_task

    def dying(*args: Any, **more: Any) -> Any:
        nonlocal sent
        sent += 1
        if sent == 2:
            raise redis.exceptions.ConnectionError("Connection reset by peer")
        return real(*args, **more)

    monkeypatch.setattr(app, "send_task", dying)
    assert relay_once(link, SUBSCRIPTIONS) == 3
    assert messages_in(Queue.PLAN) == 1
    assert resend_stuck(link) == 2


def test_a_task_that_ends_its_worker_each_time_is_stopped(link: Link) -> None:
    happened("wire.loose")
    relay_once(link, SUBSCRIPTIONS)
    deaths = 1
    assert run_in_a_worker(link, again=False) == -signal.SIGKILL
    while run_in_a_worker(link, again=True) == -signal.SIGKILL:
        deaths += 1
        assert deaths < 10
    assert deaths == MAX_LAPSES
    assert job(link) == ("dead", 0, MAX_LAPSES)


def test_an_errand_that_ends_its_worker_each_time_is_stopped(link: Link) -> None:
    """Its lease lapses; a message that comes again in the meantime finds it taken."""
    happened("bell.rung")
    relay_once(link, SUBSCRIPTIONS)
    for lapse in range(1, MAX_LAPSES + 1):
        assert run_in_a_worker(link, again=lapse > 1) == -signal.SIGKILL
        assert job(link)[0] == "running"
        assert run_in_a_worker(link, again=True) == 0, "somebody else holds it"
        let_pass(link, 100)
        resend_stuck(link)
        assert job(link) == ("dead" if lapse == MAX_LAPSES else "queued", lapse, lapse)


def test_a_healthy_task_that_was_sent_twice_is_done_once(link: Link) -> None:
    happened("lamp.broken")
    relay_once(link, SUBSCRIPTIONS)
    row = link.execute("SELECT id, day FROM job").fetchone()
    assert row
    assert [run_job(*row, again=True), run_job(*row)] == ["done", "skipped"]
    assert job(link) == ("done", 1, 1)
    assert machine_now() > link.execute("SELECT done_at FROM job").fetchone()[0]  # type: ignore[index]
    assert isinstance(WORK["test.note"], Work)


def test_a_worker_quicker_than_the_relay_never_finds_its_job_locked(
    link: Link, db: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Handed over means noted before: with the note still to come, a quick worker passed the job over for 30 s."""
    ended: list[str] = []

    def deliver_at_once(job_id: int, day: Any, task_name: str, connection: Any = None, **_: Any) -> None:
        row = link.execute("SELECT sent_at FROM job WHERE id = %s", (job_id,)).fetchone()
        assert row is not None
        assert row[0] is not None, "noted before the message leaves"
        ended.append(run_job(job_id, day))

    monkeypatch.setattr("kit.relay.send", deliver_at_once)
    happened("lamp.broken", 20)
    assert relay_once(link, SUBSCRIPTIONS) == 20
    assert ended == ["done"] * 20


def test_what_the_broker_refuses_is_noted_back(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("gone")

    monkeypatch.setattr("kit.relay.send", refuse)
    happened("lamp.broken", 3)
    relay_once(link, SUBSCRIPTIONS)
    assert link.execute("SELECT count(*) FROM job WHERE sent_at IS NULL").fetchone() == (3,)
    monkeypatch.undo()
    assert resend_stuck(link) == 3
    assert messages_in(Queue.PLAN) == 3
