"""Page cursors as clients see them: sealed to the caller, the list, its filters and a day.

What a list gives (`kit.db.to_cursor`) is readable and would work for anybody; here it gets a keyed digest over all
that the page depended on, so that a changed, borrowed or old cursor is refused instead of leaking or skipping rows.
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from api.auth import OptionalActorDep
from kit.clock import utc_now
from kit.db import InvalidCursor
from kit.seal import keyed_digest

LASTS = timedelta(days=1)
MAX_LENGTH = 1_000
_DIGEST = 16


@dataclass(frozen=True)
class Page:
    """Where this request wants to go on, and how to say where the next one does."""

    bound_to: str
    after: str | None

    def next(self, inner: str | None) -> str | None:
        """The sealed form of a list's own cursor; None stays None."""
        if inner is None:
            return None
        until = int((utc_now() + LASTS).timestamp())
        body = f"{until}:{inner}"
        return base64.urlsafe_b64encode(_mark(body, self.bound_to) + body.encode()).decode().rstrip("=")


def _mark(body: str, bound_to: str) -> bytes:
    return keyed_digest(f"{bound_to}\0{body}", about="cursor")[:_DIGEST]


def _open(sealed: str, bound_to: str) -> str:
    if len(sealed) > MAX_LENGTH or not sealed.isascii():
        raise InvalidCursor()
    try:
        plain = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
        body = plain[_DIGEST:].decode("ascii")
    except ValueError as error:
        raise InvalidCursor() from error
    until, _, inner = body.partition(":")
    if not hmac.compare_digest(plain[:_DIGEST], _mark(body, bound_to)) or int(until) < utc_now().timestamp():
        raise InvalidCursor()
    return inner


async def page_of(
    request: Request, actor: OptionalActorDep, cursor: Annotated[str | None, Query(description="opaque")] = None
) -> Page:
    """The cursor of this request, opened; InvalidCursor when it is not of this caller, list and filters."""
    asked = sorted(pair for pair in request.query_params.multi_items() if pair[0] not in {"cursor", "limit"})
    bound_to = f"{actor.id if actor else 'anybody'}|{request.url.path}|{urlencode(asked)}"
    return Page(bound_to, _open(cursor, bound_to) if cursor is not None else None)


PageDep = Annotated[Page, Depends(page_of)]
