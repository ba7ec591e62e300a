"""Celery's beat: says when a sweep is due. It keeps nothing; the due times are rows in the database."""

from __future__ import annotations

import importlib

from kit.logs import set_up_logs
from kit.queue import configure


def main(argv: list[str]) -> int:
    if argv:
        return 2
    set_up_logs("beat")
    importlib.import_module("api.worker")
    configure().Beat(scheduler="celery.beat:Scheduler", loglevel="WARNING", quiet=True).run()
    return 0
