"""A report as the simulation remembers it, and the next move somebody will make in it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from admin.simulation.plan import Planned

# Written by the system, not by people: they say nothing about whose turn it is.
BY_ITSELF = frozenset({"submit", "route", "escalate", "breach", "recalculate", "add_photos", "comment"})
GIVE_UP = 6


@dataclass
class Case:
    """`view`: the last answer of the server about it. `past`: its actions, counted; `had`: agencies that held it."""

    planned: Planned
    id: str
    view: dict[str, Any]
    past: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    had: set[str] = field(default_factory=set)

    def saw(self, view: dict[str, Any]) -> None:
        """The server answered: this is how the report stands now."""
        self.view = view
        self.had.add(self.agency)

    @property
    def status(self) -> str:
        return str(self.view["status"])

    @property
    def agency(self) -> str:
        return str(self.view["agency"]["code"])

    @property
    def area(self) -> str | None:
        return self.view["area"]["code"] if self.view.get("area") else None

    @property
    def phone(self) -> str | None:
        """Who of ours has it on his phone; None for a caller's report, or for one that somebody else sent."""
        return self.planned.sender if ":" in self.planned.sender else None

    @property
    def cycle(self) -> int:
        return int(self.view.get("cycle", 1))

    def chance(self, seed: int) -> Random:
        """The dice for this point of its life: the same whoever asks, and after an interruption."""
        turn = sum(count for action, count in self.past.items() if action not in BY_ITSELF)
        return Random(f"{seed}:{self.planned.number}:{self.status}:{turn}:{self.refused}")  # noqa: S311


@dataclass(frozen=True, kw_only=True)
class Move:
    """A step somebody takes at an instant (local). `photo`: with an after-photo; `look`: perhaps it repeats another."""

    who: str
    action: str
    at: datetime
    facts: dict[str, Any] = field(default_factory=dict)
    photo: bool = False
    look: bool = False
    word: str | None = None
