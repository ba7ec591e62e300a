"""The faults. Each strikes once, proves that it struck while work was under way, and says what it saw.

A strike that met nobody (no request in flight, no job leased) is a miss: it does not count and is repeated.
"""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.torture.instance import QUEUES, Instance, ended, wait_for
from tests.torture.load import Traffic

RUNNING = "SELECT id, lease_until FROM job WHERE state = 'running' ORDER BY id"


@dataclass(frozen=True, kw_only=True)
class Strike:
    """`hit`: the process really ended and had work in its hands. `facts` go into the table."""

    hit: bool
    facts: dict[str, Any] = field(default_factory=dict)


Fault = Callable[[Instance, Traffic, int], Strike]


def busy(traffic: Traffic, least: int = 2) -> None:
    """Wait until at least this many requests are on their way."""
    wait_for(lambda: len(traffic.in_flight()) >= least, 10.0, step_s=0.001)


def victims(traffic: Traffic, at: float) -> tuple[int, int]:
    """Requests begun before `at` that got no answer or a 5xx after it; and those begun after it that got none."""
    before = sum(1 for begun, failed in traffic.losses if begun < at <= failed)
    before += sum(1 for begun, answered, _ in traffic.refusals if begun < at <= answered)
    later = sum(1 for begun, _ in traffic.losses if begun >= at)
    return before, later


# ── web and master ──────────────────────────────────────────────────────────────────────────────────


def kill_web(instance: Instance, traffic: Traffic, number: int) -> Strike:
    """F1: one of the web processes, in turn, while it works on requests."""
    name = f"web-{1 + number % 2}"
    pid = instance.pid(name)
    busy(traffic)
    flying, at = len(traffic.in_flight()), time.monotonic()
    gone = instance.kill(pid)
    time.sleep(0.3)
    lost, later = victims(traffic, at)
    return Strike(hit=gone and lost > 0, facts={"in_flight": flying, "lost": lost, "lost_later": later})


def kill_master(instance: Instance, traffic: Traffic, number: int) -> Strike:
    """F1: the supervisor itself. Its programs end with it; a service manager starts it again."""
    before = {name: pid for name, pid in instance.pids().items() if name != "supervisor"}
    busy(traffic)
    flying, at = len(traffic.in_flight()), time.monotonic()
    gone = instance.kill_supervisor()
    instance.start()
    down = time.monotonic() - at
    lost, _ = victims(traffic, at)
    orphans = [name for name, pid in before.items() if not ended(pid)]
    facts = {"in_flight": flying, "lost": lost, "down_s": round(down, 1), "orphans": orphans}
    return Strike(hit=gone and lost > 0 and not orphans, facts=facts)


# ── worker and relay ────────────────────────────────────────────────────────────────────────────────


def kill_worker(instance: Instance, traffic: Traffic, number: int) -> Strike:
    """F2: the worker with its pool, or (every second time) only the pool, while an errand holds a lease."""
    family = instance.worker_family()
    targets = family[1:] if number % 2 and len(family) > 1 else family
    with instance.database() as link:
        leased = wait_for(lambda: link.execute(RUNNING).fetchall(), 30.0, step_s=0.002)
        gone = instance.kill(*targets)
        # Whoever held a lease is dead: a lease that still stands was cut in the middle of its work.
        cut = [row for row in link.execute(RUNNING).fetchall() if row in leased]
    facts = {"processes": len(targets), "leased": len(leased), "cut": len(cut)}
    return Strike(hit=gone and bool(cut), facts=facts)


def kill_relay(instance: Instance, traffic: Traffic, number: int) -> Strike:
    """The relay, stopped at a random moment and killed with events in the outbox that it has not stamped."""
    pid = instance.pid("relay")
    unstamped = "SELECT count(*) FROM outbox WHERE stream_no IS NULL"
    with instance.database() as link:
        os.kill(pid, signal.SIGSTOP)
        waiting = wait_for(lambda: link.execute(unstamped).fetchone()[0], 10.0)
        gone = instance.kill(pid)
        left = link.execute(unstamped).fetchone()[0]
    return Strike(hit=gone and left > 0, facts={"unstamped": waiting, "left": left})


# ── Redis ───────────────────────────────────────────────────────────────────────────────────────────


def kill_redis(instance: Instance, traffic: Traffic, number: int) -> Strike:
    """F7: kill -9 with messages waiting (the worker stands still until then)."""
    pid = instance.pid("redis")
    with instance.frozen(*instance.worker_family()):
        waiting = wait_for(instance.messages_waiting, 20.0)
        gone = instance.kill(pid)
    return Strike(hit=gone and waiting > 0, facts={"waiting": waiting, **consumes_again(instance)})


def empty_redis(instance: Instance, traffic: Traffic, number: int) -> Strike:
    """F8: everything in it is gone: FLUSHALL, or (every second time) killed and started on an empty folder."""
    pid = instance.pid("redis")
    with instance.frozen(*instance.worker_family()):
        waiting = wait_for(instance.messages_waiting, 20.0)
        if number % 2:
            supervisor = instance.pid("supervisor")
            with instance.frozen(supervisor):
                gone = instance.kill(pid)
                instance.empty_redis_folder()
        else:
            broker = instance.broker()
            gone = bool(broker.flushall()) and sum(int(broker.llen(name)) for name in QUEUES) == 0
            broker.close()
    how = "empty folder" if number % 2 else "FLUSHALL"
    return Strike(hit=gone and waiting > 0, facts={"waiting": waiting, "how": how, **consumes_again(instance)})


def hang_redis(instance: Instance, traffic: Traffic, number: int, seconds: float = 20.0) -> Strike:
    """F9: Redis stands still; residents must not notice."""
    before = len(traffic.took)
    with instance.frozen(instance.pid("redis")):
        time.sleep(seconds)
        took = sorted(traffic.took[before:])
    p99 = took[int(len(took) * 0.99) - 1] if len(took) > 1 else 99.0
    facts = {"hung_s": seconds, "posts": len(took), "p99_s": round(p99, 3), **consumes_again(instance)}
    return Strike(hit=len(took) > 10, facts=facts)


def consumes_again(instance: Instance) -> dict[str, float]:
    """Seconds until the worker finished some job that it was given from now on (F11: 30 s)."""
    begun = time.monotonic()
    with instance.database() as link:
        (last,) = link.execute("SELECT coalesce(max(done_at), 'epoch') FROM job").fetchone() or ("",)
        newer = "SELECT EXISTS (SELECT FROM job WHERE done_at > %s AND sent_at > %s)"
        wait_for(lambda: link.execute(newer, [last, last]).fetchone()[0], 60.0, step_s=0.1)
    return {"consumes_again_s": round(time.monotonic() - begun, 1)}


# ── PostgreSQL ──────────────────────────────────────────────────────────────────────────────────────


def stop_postgres(instance: Instance, traffic: Traffic, number: int) -> Strike:
    """F4: immediate stop, as a crash; recovery when it is started again."""
    pid = instance.pid("postgres")
    busy(traffic)
    flying, at = len(traffic.in_flight()), time.monotonic()
    gone = instance.kill(pid, how=signal.SIGQUIT)
    return _after_database(instance, traffic, at, hit=gone, flying=flying)


def kill_backend(instance: Instance, traffic: Traffic, number: int) -> Strike:
    """F5: kill -9 of one backend that serves us: the postmaster throws everybody out and recovers."""
    busy_one = (
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'hien-truong' AND state <> 'idle'"
        " AND pid <> pg_backend_pid() LIMIT 1"
    )
    with instance.database() as link:
        busy(traffic)
        row = wait_for(lambda: link.execute(busy_one).fetchone(), 20.0, step_s=0.001)
        flying, at = len(traffic.in_flight()), time.monotonic()
        gone = bool(row) and instance.kill(row[0])
    return _after_database(instance, traffic, at, hit=gone, flying=flying)


def _after_database(instance: Instance, traffic: Traffic, at: float, *, hit: bool, flying: int) -> Strike:
    """How long until it accepts and until the first acknowledgement, and what those in flight were told."""
    acknowledged = traffic.ledger.acknowledged
    with instance.database():
        accepts = time.monotonic()
    wait_for(lambda: traffic.ledger.acknowledged > acknowledged, 60.0)
    first = time.monotonic()
    lost, _ = victims(traffic, at)
    slowest = max((answered - begun for begun, answered, _ in traffic.refusals if answered > at), default=0.0)
    facts = {
        "in_flight": flying,
        "lost": lost,
        "accepts_after_s": round(accepts - at, 1),
        "first_201_after_s": round(first - accepts, 1),
        "slowest_5xx_s": round(slowest, 1),
    }
    return Strike(hit=hit and lost > 0, facts=facts)
