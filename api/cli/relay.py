"""The relay: from the outbox to the stream and the workers."""

from __future__ import annotations

from api.subscriptions import SUBSCRIPTIONS
from kit.relay import run_forever


def main(argv: list[str]) -> int:
    if argv:
        return 2
    run_forever(SUBSCRIPTIONS)
    return 0
