"""What demo.json tells: accounts by what they do, residents' numbers, points, and where the sink lies."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class NotADemo(ValueError):
    """The file is missing, unreadable, or has no points or staff."""


@dataclass(frozen=True)
class Demo:
    """Logins by role and agency. `kinds`: agency → kind, filled from the server."""

    content: Mapping[str, Any]
    sink: Path
    kinds: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> "Demo":
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise NotADemo(str(path)) from error
        if not isinstance(content, dict) or not content.get("points") or not content.get("accounts"):
            raise NotADemo(str(path))
        return cls(content, path.parent / "sink" / "sms.jsonl", {})

    def account(self, login: str) -> Mapping[str, Any]:
        return next(entry for entry in self.content["accounts"] if entry.get("login") == login)

    def logins(self, role: str, agency: str | None = None) -> list[str]:
        """Of this role; those who need no authenticator code first."""
        fitting = [
            entry
            for entry in self.content["accounts"]
            if entry["role"] == role and agency in (None, entry.get("agency"))
        ]
        return [entry["login"] for entry in sorted(fitting, key=lambda entry: bool(entry.get("totp_secret")))]

    def one(self, role: str) -> str | None:
        found = self.logins(role)
        return found[0] if found else None

    def desk_of(self, agency: str) -> str | None:
        """The officer who works for this agency."""
        found = self.logins("officer", agency)
        return found[0] if found else None

    def leader_of(self, agency: str) -> str | None:
        """Who approves results: the agency's second officer, else the supervisor above."""
        found = self.logins("officer", agency)
        return found[1] if len(found) > 1 else self.one("supervisor")

    def crew_of(self, agency: str) -> list[str]:
        return self.logins("field_worker", agency)

    @property
    def phones(self) -> Sequence[str]:
        return [entry["phone"] for entry in self.content["accounts"] if entry["role"] == "resident"]
