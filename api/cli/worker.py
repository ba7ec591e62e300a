"""One Celery worker with a small pool of processes, for all queues."""

from __future__ import annotations

import ctypes
import importlib
import os
import signal

from kit.jobs import Queue
from kit.logs import set_up_logs
from kit.queue import configure

PR_SET_PDEATHSIG = 1  # prctl(2)


def main(argv: list[str]) -> int:
    """`worker [PROCESSES]` (default 2)."""
    processes = int(argv[0]) if argv else 2
    set_up_logs("worker")
    importlib.import_module("api.worker")  # Every task registers itself.
    os.register_at_fork(after_in_child=_end_with_the_worker)
    options = [f"--concurrency={processes}", "--pool=prefork", "--without-gossip", "--without-mingle"]
    queues = f"--queues={','.join(Queue)}"
    configure().worker_main(["worker", "--loglevel=WARNING", "--without-heartbeat", queues, *options])
    return 0


def _end_with_the_worker() -> None:
    """A pool process whose worker was killed must not go on beside its successor."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
