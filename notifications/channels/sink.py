"""The demo's channel: a JSON line in a file instead of a message. A script reads its one-time code there."""

import json
import os
from pathlib import Path
from typing import Any
from uuid import UUID

from kit.clock import utc_now
from notifications.channels.base import Letter, NotThere, Outcome, Sent


class Sink:
    """`<folder>/<channel>.jsonl`: one write per line, on disk before the letter counts as sent."""

    once = True
    can_ask = True

    def __init__(self, folder: Path, channel: str) -> None:
        self.path = folder / f"{channel}.jsonl"

    def send(self, letter: Letter) -> Outcome:
        line = json.dumps(_members(letter), ensure_ascii=False).encode() + b"\n"
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # O_APPEND and one write: lines of several workers never mix.
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if os.write(handle, line) != len(line):
                raise OSError("the sink's disk is full")
            os.fsync(handle)
        finally:
            os.close(handle)
        return Sent(f"sink:{letter.delivery_id}")

    def ask(self, delivery_id: UUID, /) -> Outcome:
        """A line that stands in the file was sent, whatever happened to the worker that wrote it."""
        if not self.path.exists():
            return NotThere()
        mark = f'"delivery_id": "{delivery_id}"'
        with self.path.open(encoding="utf-8", errors="replace") as lines:
            return Sent(f"sink:{delivery_id}") if any(mark in line for line in lines) else NotThere()


def _members(letter: Letter) -> dict[str, Any]:
    """The members that `interfaces.md` fixes; those with nothing to say are left out."""
    members: dict[str, Any] = {
        "at": utc_now().isoformat(),
        "delivery_id": str(letter.delivery_id),
        "channel": letter.channel,
        "to": letter.to,
        "template": letter.template,
        "locale": letter.locale,
        "text": letter.text,
    }
    if letter.report_id:
        members["report"] = str(letter.report_id)
    if letter.otp:
        members["code"] = letter.otp
    if letter.channel == "email":
        members["subject"] = letter.title
    if letter.channel == "push":
        members["subject"] = letter.title
        members["payload"] = letter.data
    return members
