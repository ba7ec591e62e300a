"""The only door to Celery. Redis carries job numbers; losing it loses nothing (kit.relay sends them again)."""

import logging
from datetime import date
from typing import Any

from celery import Celery
from celery.signals import worker_process_init
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from sqlalchemy import text

from kit.db import engine, forget_engine
from kit.jobs import TICKS, WORK, Queue, run_job
from kit.logs import set_up_logs
from kit.settings import get_settings

log = logging.getLogger("kit.queue")
app = Celery("hien_truong")
# kombu translates only what happens while it connects; a broker that dies, loads or is full later speaks for itself.
UNREACHABLE = (OperationalError, RedisError, OSError)


def configure() -> Celery:
    """Settings of the queue; late acknowledgement and no result store (the job row is the result)."""
    settings = get_settings()
    app.conf.update(
        broker_url=settings.broker_url,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_always_eager=False,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        task_time_limit=settings.visibility_timeout // 2 if settings.visibility_timeout > 20 else None,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=2,
        broker_transport_options={
            "visibility_timeout": settings.visibility_timeout,
            "unacked_restore_interval": 1 if settings.visibility_timeout < 20 else 10,
            "unacked_restore_throttle": 1,
            "socket_timeout": 10,  # blocking pops of the worker wait up to 1 s; a hung Redis is noticed in ten
            "socket_connect_timeout": 1,
            "retry_on_timeout": False,
            "max_retries": 1,
        },
        task_queues=None,
        task_default_queue=Queue.PLAN,
        task_create_missing_queues=True,
        beat_schedule={
            name: {"task": "kit.tick", "schedule": spec.every_s, "args": [name], "options": {"queue": Queue.TICKS}}
            for name, spec in TICKS.items()
        },
        timezone="UTC",
    )
    return app


@app.task(name="kit.run_job", acks_late=True, bind=True)  # type: ignore[untyped-decorator]
def _run_job(self: Any, job_id: int, day: str, again: bool = False) -> None:
    returned = bool((self.request.delivery_info or {}).get("redelivered"))
    run_job(job_id, date.fromisoformat(day), again=again or returned)


@app.task(name="kit.tick", acks_late=False)  # type: ignore[untyped-decorator]
def _tick(name: str) -> None:
    """One tick, unless another process is at it: a session-level advisory lock on its own connection."""
    with engine().connect() as connection:
        key = {"key": f"tick:{name}"}
        if not connection.execute(text("SELECT pg_try_advisory_lock(hashtextextended(:key, 0))"), key).scalar():
            return
        connection.rollback()
        try:
            TICKS[name].body()
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(hashtextextended(:key, 0))"), key)
            connection.rollback()


def send(job_id: int, day: date, task_name: str, connection: Any = None, *, again: bool = False) -> None:
    """Hand one job to a worker, `again` if that was done before; raises one of UNREACHABLE."""
    app.send_task(
        "kit.run_job",
        args=[job_id, day.isoformat(), again],
        queue=WORK[task_name].queue,
        connection=connection,
        retry=False,
    )


def messages_in(queue: Queue) -> int | None:
    """How many messages wait in this queue of the broker; None when it does not answer."""
    try:
        with app.connection_for_write(connect_timeout=1) as broker:
            return int(broker.default_channel.queue_declare(queue=queue).message_count)
    except UNREACHABLE as error:
        log.warning("broker does not answer", extra={"error": str(error)[:200]})
        return None


def emptied() -> int:
    """Remove everything that waits in the broker; returns how many messages. For tests of a lost Redis."""
    return int(app.control.purge() or 0)


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _after_fork(**_: Any) -> None:
    forget_engine(forked=True)
    set_up_logs("worker")
