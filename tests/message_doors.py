"""The installation's doors pointed at servers of a test, and small looks at what became of messages."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kit.db import unit_of_work
from kit.jobs import machine_now
from kit.settings import get_settings
from notifications.tables import ChannelPause
from tests.message_city import Town


@contextmanager
def doors(**values: str) -> Iterator[None]:
    """Settings by name for a while, e.g. doors(sms_url=…); the demo's sink is away unless it is named."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"sink_dir": "", **values}.items():
            patch.setenv(f"HT_{name.upper()}", value)
        get_settings.cache_clear()
        yield
    get_settings.cache_clear()


def pause_is_over(channel: str) -> None:
    """As if the wait had passed."""
    with unit_of_work() as session:
        row = session.get(ChannelPause, channel)
        if row:
            row.until = machine_now() - timedelta(seconds=1)


def state(town: Town, channel: str) -> str:
    [delivery] = town.deliveries(channel)
    return delivery.state


def town_with_empty_sink() -> Town:
    for path in Path(get_settings().sink_dir).glob("*.jsonl"):
        path.unlink()
    return Town().build()


def sink(channel: str) -> list[dict[str, Any]]:
    """The lines that the demo's channel wrote."""
    path = Path(get_settings().sink_dir) / f"{channel}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
