"""Work that follows an event: one row per (event, task). The database remembers; Redis only carries.

`@task` does database work: its job row is locked, the work and `done` are one transaction, so it happens once.
`@errand` talks to the outside: a lease is committed, the errand acts with empty hands, the outcome is recorded.
Leases and back-off follow the machine's clock, not the demo clock: they are about processes, not about promises.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Date, DateTime, Identity, Index, String, text
from sqlmodel import Field, Session, SQLModel, select

from kit.db import unit_of_work
from kit.events import Event
from kit.outbox import Outbox
from kit.settings import get_settings

log = logging.getLogger("kit.jobs")
MAX_TRIES = 10
MAX_LAPSES = 3  # a job that takes its worker down three times is poison


class Queue(StrEnum):
    """Queues by how long their work may wait, not by who owns it."""

    PLAN = "plan"
    SEND = "send"
    PHOTOS = "photos"
    FIGURES = "figures"
    TICKS = "ticks"


class Job(SQLModel, table=True):
    """State: queued, running (errand under lease), done, dead (given up, shown to staff, re-startable)."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_event", "event_id", "task"),
        Index("ix_job_open", "run_after", postgresql_where=text("state IN ('queued', 'running')")),
        Index("ix_job_dead", "id", postgresql_where=text("state = 'dead'")),
        {"postgresql_partition_by": "RANGE (day)"},
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    day: date = Field(sa_column=Column(Date, primary_key=True))  # partition key: the event's day
    event_id: UUID
    event_day: date
    task: str = Field(sa_column=Column(String(80), nullable=False))
    state: str = Field(default="queued", sa_column=Column(String(8), nullable=False))
    attempts: int = 0
    lapses: int = 0
    run_after: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    lease_until: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    sent_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    done_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    last_error: str | None = None


class RetryLater(Exception):
    """The other side asks for time; try again after `seconds`. Does not count against the tries if `free`."""

    def __init__(self, seconds: float, why: str = "", *, free: bool = False) -> None:
        super().__init__(why or f"retry after {seconds:.0f} s")
        self.seconds, self.free = seconds, free


@dataclass(frozen=True)
class Work:
    """A registered task or errand."""

    name: str
    queue: Queue
    is_errand: bool
    body: Callable[..., None]


WORK: dict[str, Work] = {}


@dataclass(frozen=True)
class Tick:
    """Something due every `every_s` seconds; an advisory lock keeps two beats from doing it twice at once."""

    name: str
    every_s: float
    body: Callable[[], None]


TICKS: dict[str, Tick] = {}


def task(
    name: str, *, queue: Queue = Queue.PLAN
) -> Callable[[Callable[[Session, Event], None]], Callable[[Session, Event], None]]:
    """Register database work for an event. The body gets the session of its one transaction."""

    def register(body: Callable[[Session, Event], None]) -> Callable[[Session, Event], None]:
        WORK[name] = Work(name, queue, False, body)
        return body

    return register


def errand(name: str, *, queue: Queue = Queue.SEND) -> Callable[[Callable[[Event], None]], Callable[[Event], None]]:
    """Register work with the outside. The body opens its own short transactions and may be run twice per crash."""

    def register(body: Callable[[Event], None]) -> Callable[[Event], None]:
        WORK[name] = Work(name, queue, True, body)
        return body

    return register


def tick(name: str, *, every_s: float) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register something that beat starts every `every_s` seconds."""

    def register(body: Callable[[], None]) -> Callable[[], None]:
        TICKS[name] = Tick(name, every_s, body)
        return body

    return register


def machine_now() -> datetime:
    """The machine's own clock, aware UTC: for leases and back-off only."""
    return datetime.now(UTC)


def backoff(attempts: int) -> timedelta:
    """2, 4, 8 … 300 s, with ±20 % of chance so that a crowd does not return in step."""
    return timedelta(seconds=min(300, 2**attempts) * random.uniform(0.8, 1.2))  # noqa: S311 - not a secret


def run_job(job_id: int, day: date, *, again: bool = False) -> str:
    """Do one job if it is still to be done; returns what became of it: done, skipped, queued or dead.

    `again`: it was handed over before and did not come back, so it may have taken its worker down.
    """
    if again and _is_poison(job_id, day):
        return "dead"
    with unit_of_work() as session:
        job = _claim(session, job_id, day)
        if job is None:
            return "skipped"
        work, event = WORK[job.task], _event_of(session, job)
        if not work.is_errand:
            return _run_task(session, job, work, event)
        lease = timedelta(seconds=get_settings().lease_for)
        job.state, job.lease_until, job.attempts = "running", machine_now() + lease, job.attempts + 1
    return _run_errand(job_id, day, work, event)


def _claim(session: Session, job_id: int, day: date) -> Job | None:
    """The job row, locked by us; None when it is done, held by somebody else, or not due yet."""
    job = session.exec(
        select(Job).where(Job.id == job_id, Job.day == day).with_for_update(skip_locked=True)
    ).one_or_none()
    now = machine_now()
    if job is None or job.state in {"done", "dead"} or job.run_after > now:
        return None
    if job.state == "running" and job.lease_until and job.lease_until > now:
        return None
    return job


def _is_poison(job_id: int, day: date) -> bool:
    """Count a task before it is tried once more: a process that dies writes nothing. Errands: see their leases."""
    with unit_of_work() as session:
        job = _claim(session, job_id, day)
        if job is None or WORK[job.task].is_errand:
            return False
        job.lapses += 1
        if job.lapses >= MAX_LAPSES:
            job.state, job.last_error = "dead", "its worker was lost each time"
        return job.state == "dead"


def _event_of(session: Session, job: Job) -> Event:
    row = session.get_one(Outbox, (job.event_id, job.event_day))
    return row.to_event()


def _run_task(session: Session, job: Job, work: Work, event: Event) -> str:
    """Body and `done` in the caller's transaction; a failing body is rolled back to the savepoint and counted."""
    job.attempts += 1
    try:
        with session.begin_nested():
            work.body(session, event)
    except Exception as error:
        log.warning("task failed", extra={"task": job.task, "event_id": str(event.id)}, exc_info=True)
        _failed(job, error)
        return job.state
    job.state, job.done_at, job.last_error = "done", machine_now(), None
    return "done"


def _run_errand(job_id: int, day: date, work: Work, event: Event) -> str:
    error: Exception | None = None
    try:
        work.body(event)
    except Exception as caught:
        wanted = isinstance(caught, RetryLater)
        log.warning("errand failed", extra={"task": work.name, "event_id": str(event.id)}, exc_info=not wanted)
        error = caught
    with unit_of_work() as session:
        job = session.exec(select(Job).where(Job.id == job_id, Job.day == day).with_for_update()).one()
        job.lease_until = None
        if error is None:
            job.state, job.done_at, job.last_error = "done", machine_now(), None
        else:
            _failed(job, error)
        return job.state


def _failed(job: Job, error: Exception) -> None:
    if isinstance(error, RetryLater) and error.free:
        job.attempts -= 1
    job.last_error = f"{type(error).__name__}: {error}"[:500]
    job.state = "dead" if job.attempts >= MAX_TRIES else "queued"
    wait = timedelta(seconds=error.seconds) if isinstance(error, RetryLater) else backoff(job.attempts)
    job.run_after, job.sent_at = machine_now() + wait, None


def restart_dead(session: Session, job_id: int, day: date) -> None:
    """Give a dead job its tries again."""
    job = session.exec(select(Job).where(Job.id == job_id, Job.day == day).with_for_update()).one()
    if job.state == "dead":
        job.state, job.attempts, job.lapses, job.run_after, job.sent_at = "queued", 0, 0, machine_now(), None


def stats(session: Session) -> dict[str, Any]:
    """How many jobs wait, run or are dead, and the age of the oldest waiting one in seconds."""
    row = session.execute(
        text(
            "SELECT count(*) FILTER (WHERE state = 'queued'), count(*) FILTER (WHERE state = 'running'),"
            " count(*) FILTER (WHERE state = 'dead'),"
            " coalesce(extract(epoch FROM :now - min(run_after) FILTER (WHERE state = 'queued')), 0)"
            " FROM job WHERE state IN ('queued', 'running', 'dead')"
        ),
        {"now": machine_now()},
    ).one()
    return {"queued": row[0], "running": row[1], "dead": row[2], "oldest_s": max(0.0, float(row[3]))}
