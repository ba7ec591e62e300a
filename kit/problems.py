"""Refusals by kind. A refusal is a class with a slug and a docstring that documents it; HTTP is the edge's matter.

Problem
├── Malformed            the bytes are not what they claim to be
├── Unauthenticated      who are you?
├── Forbidden            known, but may not
├── NotFound             is not there, or not for you: both look the same
├── Conflict             the present state does not allow it
├── Stale                you acted on an older version
├── Invalid              well-formed, but wrong; `errors` names the places
├── TooLarge · Unsupported · TooMany · PreconditionMissing · UpgradeRequired
└── Unavailable          a part we depend on is down; try again after `retry_after` seconds
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldError:
    """One wrong place: a JSON pointer (RFC 6901) and a message key of the problem catalogue."""

    pointer: str
    detail: str


@dataclass
class Problem(Exception):
    """Something the caller can understand and act on. `facts` become members of the answer."""

    facts: dict[str, Any] = field(default_factory=dict)
    errors: tuple[FieldError, ...] = ()
    retry_after: int | None = None

    slug: ClassVar[str] = "problem"
    title: ClassVar[str] = "Problem"

    def __post_init__(self) -> None:
        super().__init__(self.slug)

    def __str__(self) -> str:
        return f"{self.slug} {self.facts}" if self.facts else self.slug


class Malformed(Problem):
    """The request cannot be read: it is not valid UTF-8 JSON, or repeats a member."""

    slug, title = "malformed-request", "The request cannot be read"


class Unauthenticated(Problem):
    """No valid sign-in came with the request."""

    slug, title = "unauthenticated", "Sign in first"


class Forbidden(Problem):
    """You are known, but this is not yours to do."""

    slug, title = "forbidden", "Not allowed"


class NotFound(Problem):
    """There is nothing here, or nothing you may see."""

    slug, title = "not-found", "Not found"


class Gone(Problem):
    """It was here and has expired."""

    slug, title = "gone", "No longer here"


class Conflict(Problem):
    """The present state does not allow this."""

    slug, title = "conflict", "Conflict"


class Stale(Problem):
    """Somebody changed this after you read it; the fresh state is in `current`."""

    slug, title = "stale", "Changed by somebody else"


class PreconditionMissing(Problem):
    """Name the version you saw in If-Match."""

    slug, title = "precondition-required", "Version missing"


class Invalid(Problem):
    """The request is readable, but a value is wrong; `errors` names each place."""

    slug, title = "validation-error", "A value is wrong"


class TooLarge(Problem):
    """The request is larger than we take."""

    slug, title = "payload-too-large", "Too large"


class Unsupported(Problem):
    """We do not take this kind of content."""

    slug, title = "unsupported-media-type", "Unsupported content"


class TooMany(Problem):
    """Too many requests of this kind; wait `Retry-After` seconds."""

    slug, title = "rate-limited", "Too many requests"


class UpgradeRequired(Problem):
    """This version of the app is too old to be safe; please update it."""

    slug, title = "upgrade-required", "Please update the app"


class Unavailable(Problem):
    """A part of the system is not answering; nothing was changed, try again shortly."""

    slug, title = "dependency-unavailable", "Temporarily unavailable"


def every_problem(base: type[Problem] = Problem) -> dict[str, type[Problem]]:
    """All refusals known to this process by slug, for the documentation pages and the mobile contract."""
    found: dict[str, type[Problem]] = {}
    for kind in base.__subclasses__():
        found.setdefault(kind.slug, kind)
        for slug, child in every_problem(kind).items():
            found.setdefault(slug, child)
    return found
