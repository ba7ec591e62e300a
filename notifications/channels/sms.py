"""SMS through an HTTP gateway that speaks JSON. Our delivery id is its reference: it can be asked, and may refuse
a second message of the same reference.

    POST {url}              {"reference", "to", "text"}     → 2xx {"id"} · 409 already has it · 429, 503 not taken
    GET  {url}/{reference}                                  → 200 {"id", "state": queued|sent|delivered|failed} · 404
"""

from uuid import UUID

import httpx

from kit.http import Answer, call
from notifications.channels.base import Again, Busy, Letter, NotThere, Outcome, Refused, Sent, Unsure

_NOT_TAKEN = {429, 503}  # the only server errors after which the gateway surely has nothing


class SmsGateway:
    """`url`: where messages are posted; `key`: sent as a Bearer token."""

    once = True
    can_ask = True

    def __init__(self, url: str, key: str) -> None:
        self.url, self.headers = url.rstrip("/"), {"Authorization": f"Bearer {key}"}

    def send(self, letter: Letter) -> Outcome:
        body = {"reference": str(letter.delivery_id), "to": letter.to, "text": letter.text}
        try:
            answer = call("POST", self.url, json=body, headers=self.headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return Busy(f"{type(error).__name__}: {error}"[:200])
        except httpx.HTTPError as error:  # the request was on its way: it may have been taken
            return Unsure(f"{type(error).__name__}: {error}"[:200])
        return _after_post(answer)

    def ask(self, delivery_id: UUID, /) -> Outcome:
        try:
            answer = call("GET", f"{self.url}/{delivery_id}", headers=self.headers)
        except httpx.HTTPError as error:
            return Unsure(f"asked: {type(error).__name__}"[:200])
        if answer.status == 404:
            return NotThere()
        if answer.status != 200:
            return Unsure(f"asked: {answer.status}")
        told = answer.members()
        if told.get("state") == "failed":
            return Refused("the gateway could not deliver it")
        return Sent(str(told.get("id", ""))[:100])


def _after_post(answer: Answer) -> Outcome:
    why = f"{answer.status} {answer.text[:150]}"
    if 200 <= answer.status < 300 or answer.status == 409:
        return Sent(str(answer.members().get("id", ""))[:100])
    if answer.status in _NOT_TAKEN:
        return Busy(why, after=answer.retry_after)
    if answer.status in {401, 403}:  # our key: nobody's message will go until somebody mends it
        return Busy(why, after=300.0)
    if answer.status == 408:
        return Again(why)
    return Refused(why) if answer.status < 500 else Unsure(why)
