"""One Celery worker with a small pool of processes, for all queues."""

from __future__ import annotations

import ctypes
import importlib
import signal

from celery.signals import worker_process_init

from kit.jobs import Queue
from kit.logs import set_up_logs
from kit.queue import configure

PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> int:
    """`worker [PROCESSES]` (default 2)."""
    processes = int(argv[0]) if argv else 2
    set_up_logs("worker")
    importlib.import_module("api.worker")  # Every task registers itself.
    options = [f"--concurrency={processes}", "--pool=prefork", "--without-gossip", "--without-mingle"]
    queues = f"--queues={','.join(Queue)}"
    configure().worker_main(["worker", "--loglevel=WARNING", "--without-heartbeat", queues, *options])
    return 0


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _end_with_the_worker(**_: object) -> None:
    """A pool process whose worker was killed must not go on beside its successor."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
