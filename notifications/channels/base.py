"""What every channel is: it hands one letter over and says honestly what became of it."""

from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message ready to leave. `delivery_id` is our reference on the other side; `to` is opened for this moment.

    `otp`: the code of a one-time sign-in, only for the demo's sink.
    """

    delivery_id: UUID
    channel: str
    to: str = field(repr=False)
    template: str
    locale: str
    title: str
    text: str
    link: str
    report_id: UUID | None = None
    code: str | None = None
    otp: str | None = field(default=None, repr=False)
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sent:
    """The other side has it; `ref` is its own reference."""

    ref: str = ""


@dataclass(frozen=True)
class Busy:
    """Nothing was handed over: the other side is down or asks everybody for time (`after` seconds, if it said)."""

    why: str
    after: float | None = None


@dataclass(frozen=True)
class Again:
    """Nothing was handed over; this letter alone should come back later (e.g. a full mailbox)."""

    why: str


@dataclass(frozen=True)
class Refused:
    """Final. `address_gone`: this address will never take anything again."""

    why: str
    address_gone: bool = False


@dataclass(frozen=True)
class Unsure:
    """It may have been handed over: never sent again without asking."""

    why: str


@dataclass(frozen=True)
class NotThere:
    """Asked by our reference: the other side never got it, so it may be sent."""


Outcome = Sent | Busy | Again | Refused | Unsure | NotThere


class Channel(Protocol):
    """`once`: a letter that may have left must not leave again. `can_ask`: the other side answers by our reference."""

    once: bool
    can_ask: bool

    def send(self, letter: Letter) -> Outcome:
        """Hand over within 60 s (a lease lasts 90); expected failures are outcomes, not exceptions."""
        ...

    def ask(self, delivery_id: UUID, /) -> Outcome:
        """What became of a letter: Sent, NotThere, Refused, or Unsure when there is no answer."""
        ...
