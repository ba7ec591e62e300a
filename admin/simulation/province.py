"""What is known of the simulated province: mix, rhythms, shares, hours of work, and what people say (both YAML)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

from admin.imports.plain_yaml import read_yaml

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A category as people use it: its share of all reports, its daily rhythm, the kind of work, what a photo shows."""

    category: str
    share: float
    rhythm: str
    work: str
    picture: str | None


@dataclass(frozen=True)
class Province:
    """The two files, read once."""

    raw: Mapping[str, Any]
    phrases: Mapping[str, Any]
    topics: Mapping[str, Topic]

    def topic(self, category: str) -> Topic:
        """Of a category that the files do not know (added since): something to be put in order, without a picture."""
        known = self.topics.get(category)
        return known or Topic(category=category, share=0, rhythm="day", work="order", picture=None)

    def say(self, kind: str, chance: Random, **known: str) -> str:
        """A sentence of this kind (`questions`, `results.road`, …) with its places filled in."""
        found: Any = self.phrases
        for name in kind.split("."):
            found = found[name]
        return self.fill(chance.choice(found), chance, **known)

    def fill(self, sentence: str, chance: Random, **known: str) -> str:
        words = {
            "street": chance.choice(self.phrases["streets"]),
            "place": chance.choice(self.phrases["places"]),
            "since": chance.choice(self.phrases["since"]),
        }
        return sentence.format(**(words | known))

    def rhythm(self, category: str) -> Sequence[float]:
        """Weight of each local hour, 0 to 23."""
        hours: Sequence[float] = self.raw["rhythms"][self.topic(category).rhythm]
        return hours


@lru_cache(maxsize=1)
def province() -> Province:
    raw = read_yaml(_FOLDER / "province.yaml")
    topics = {
        code: Topic(category=code, share=share, rhythm=rhythm, work=work, picture=picture)
        for code, (share, rhythm, work, picture) in raw["mix"].items()
    }
    return Province(raw, read_yaml(_FOLDER / "phrases.yaml"), topics)
