"""Who reports what and where: the n-th report of a seed is always the same, whenever it is sent."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from random import Random
from typing import Any

from admin.simulation.hours import arrival
from admin.simulation.province import Province, province

METRES_PER_DEGREE = 111_320.0
PHOTO_SHARE = 0.45
HOTLINE_SHARE = 0.08
KNOWN_SHARE = 0.12  # residents who prove a phone number


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One report to be. Place in degrees (WGS 84).

    `sender`: device:N, phone:N (of demo.json), hotline, or stranger (it was there before; negative `number`).
    """

    number: int
    category: str
    description: str
    lat: float
    lon: float
    accuracy_m: float
    address: str
    sender: str
    picture: str | None

    @property
    def key(self) -> tuple[str, float, float]:
        """By this it is found again among the reports of a server."""
        return self.category, round(self.lat, 5), round(self.lon, 5)


@dataclass(frozen=True)
class Plan:
    """All reports of a seed over the demo's points, without end."""

    seed: int
    points: Sequence[Mapping[str, Any]]
    known: int  # how many residents with a phone number demo.json names

    @cached_property
    def _spots(self) -> list[list[tuple[float, float, str]]]:
        """Hot spots of each point: (east, north) metres from it, and the category that keeps coming back there."""
        chance = Random(f"{self.seed}:spots")  # noqa: S311 - a simulation wants repeatable chance
        places, topics = province().raw["places"], list(province().topics.values())
        shares = [topic.share for topic in topics]
        found = []
        for _ in self.points:
            count = places["hot_spots_each"]
            favourites = chance.choices(topics, shares, k=count)
            found.append([(*_within(places["reach_m"] * 0.8, chance), topic.category) for topic in favourites])
        return found

    def report(self, number: int) -> Planned:
        """The report with this number."""
        chance, known = Random(f"{self.seed}:{number}"), province()  # noqa: S311
        index = chance.choices(range(len(self.points)), _ward_shares(len(self.points), known))[0]
        category, east, north = self._where(index, chance, known)
        point, topic = self.points[index], known.topics[category]
        street = chance.choice(known.phrases["streets"])
        place = chance.choice(known.phrases["places"])
        lat = point["lat"] + north / METRES_PER_DEGREE
        lon = point["lon"] + east / (METRES_PER_DEGREE * math.cos(math.radians(point["lat"])))
        return Planned(
            number=number,
            category=category,
            description=known.say(f"reports.{category}", chance, street=street, place=place),
            lat=round(lat, 6),
            lon=round(lon, 6),
            accuracy_m=round(chance.lognormvariate(2.5, 0.6), 1),
            address=f"Đường {street}, gần {place}",
            sender=self._sender(number, chance),
            picture=topic.picture if chance.random() < PHOTO_SHARE else None,
        )

    def when(self, number: int, start: datetime, days: int) -> datetime:
        """The instant in [start, start + days) at which it is sent."""
        chance = Random(f"{self.seed}:{number}:when")  # noqa: S311
        return arrival(self.report(number).category, start, days, chance)

    def _where(self, index: int, chance: Random, known: Province) -> tuple[str, float, float]:
        places = known.raw["places"]
        if chance.random() < places["hot_share"]:
            east, north, category = chance.choice(self._spots[index])
            noise = places["noise_m"]
            return category, east + chance.gauss(0, noise), north + chance.gauss(0, noise)
        topics = list(known.topics.values())
        category = chance.choices(topics, [topic.share for topic in topics])[0].category
        return category, *_within(places["reach_m"], chance)

    def _sender(self, number: int, chance: Random) -> str:
        draw = chance.random()
        if draw < HOTLINE_SHARE:
            return "hotline"
        if self.known and draw < HOTLINE_SHARE + KNOWN_SHARE:
            return f"phone:{chance.randrange(self.known)}"
        # Most people report once; some of those who came before come again.
        return f"device:{chance.randrange(number + 1) if chance.random() < 0.25 else number}"


def _within(reach_m: float, chance: Random) -> tuple[float, float]:
    """A random (east, north) in metres, evenly over the disc."""
    angle, distance = chance.uniform(0, math.tau), reach_m * math.sqrt(chance.random())
    return distance * math.cos(angle), distance * math.sin(angle)


def _ward_shares(count: int, known: Province) -> list[float]:
    shares = known.raw["ward_shares"]
    return [shares[index] if index < len(shares) else 3 for index in range(count)]
