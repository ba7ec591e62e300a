"""The one-time code's way out: it travels sealed in its event, leaves once, and its text is wiped whatever happens.

A code is not worth a second message: who got none asks for another. A crash after the hand-over leaves `unknown`.
"""

import base64
import json
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from sqlmodel import Session, select

from kit.clock import utc_now
from kit.db import unit_of_work
from kit.events import Event
from kit.jobs import RetryLater
from kit.outbox import Outbox
from kit.seal import unseal
from notifications import pauses
from notifications.addresses import is_suppressed
from notifications.channels import channel_for
from notifications.channels.base import Letter
from notifications.deliver import SETTLED, Claim, may_have_left_already, record, start_sending
from notifications.messages import WORDS
from notifications.tables import Delivery

LASTS = timedelta(minutes=10)
LONGEST_WAIT_S = 15.0  # somebody stands there and waits


def send_code(event: Event) -> None:
    """Send the code of `otp.requested`. RetryLater while the gateway takes nothing and the code is still good."""
    with unit_of_work() as session:
        claim = _claim(session, event)
    if claim is None:
        return
    outcome = claim.channel.send(claim.letter) if claim.letter else claim.channel.ask(event.id)
    with unit_of_work() as session:
        wait = record(session, event.id, outcome, claim)
        delivery = session.get_one(Delivery, event.id)
        if delivery.state in SETTLED or (delivery.state == "unknown" and wait is None):
            _wipe(session, event)
    if wait is not None:
        raise RetryLater(min(wait, LONGEST_WAIT_S), "the gateway takes nothing now", free=True)


def _claim(session: Session, event: Event) -> Claim | None:
    delivery = session.get(Delivery, event.id, with_for_update=True) or _new_delivery(session, event)
    if delivery.state in SETTLED:
        return None
    channel = channel_for("sms")
    if delivery.state in ("sending", "unknown"):
        asking = may_have_left_already(delivery, channel)
        if asking is not None:
            if not asking.channel.can_ask:
                _wipe(session, event)
                return None
            return asking
    secret = _open(session, event)
    if channel is None or secret is None or is_suppressed(session, secret["phone"]):
        _give_up(session, delivery, event, "suppressed", "no way to send it")
        return None
    if utc_now() > event.occurred_at + LASTS:
        _give_up(session, delivery, event, "dead", "the code expired before it could be sent")
        return None
    seconds, probing = pauses.wait_for(session, "sms")
    if seconds:
        raise RetryLater(min(seconds, LONGEST_WAIT_S), "sms is paused", free=True)
    start_sending(delivery)
    delivery.locale = secret["locale"]
    return Claim(channel=channel, letter=_letter(delivery, secret), probing=probing)


def _new_delivery(session: Session, event: Event) -> Delivery:
    delivery = Delivery(
        id=event.id,
        event_id=event.id,
        recipient_kind="challenge",
        recipient_id=event.subject,
        channel="sms",
        template="otp",
        created_at=utc_now(),
    )
    session.add(delivery)
    return delivery


def _open(session: Session, event: Event) -> dict[str, str] | None:
    """Phone, code and language from the outbox row as it stands now; None once wiped or under a lost key."""
    sealed = _row(session, event).data.get("sealed")
    if not sealed:
        return None
    try:
        found: dict[str, str] = json.loads(unseal(base64.b64decode(sealed), about="otp"))
    except InvalidTag:
        return None
    return found


def _letter(delivery: Delivery, secret: dict[str, str]) -> Letter:
    return Letter(
        delivery_id=delivery.id,
        channel="sms",
        to=secret["phone"],
        template="otp",
        locale=secret["locale"],
        title="",
        text=WORDS.say("otp-sms", secret["locale"], code=secret["code"]),
        link="",
        otp=secret["code"],
    )


def _give_up(session: Session, delivery: Delivery, event: Event, state: str, why: str) -> None:
    delivery.state, delivery.last_error = state, why
    _wipe(session, event)


def _row(session: Session, event: Event) -> Outbox:
    return session.exec(select(Outbox).where(Outbox.id == event.id, Outbox.day == event.occurred_at.date())).one()


def _wipe(session: Session, event: Event) -> None:
    """The sealed text is gone from the outbox; the keyed hash in the challenge is all that is left of the code."""
    _row(session, event).data = {"sealed": None}
