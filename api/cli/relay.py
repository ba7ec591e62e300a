"""The relay: from the outbox to the stream and the workers."""

from __future__ import annotations

import importlib

from api.subscriptions import SUBSCRIPTIONS
from kit.relay import run_forever


def main(argv: list[str]) -> int:
    if argv:
        return 2
    importlib.import_module("api.worker")  # The relay must know which queue each task waits in.
    run_forever(SUBSCRIPTIONS)
    return 0
