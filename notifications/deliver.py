"""One delivery from planned to settled: claim, hand over with no transaction open, record.

`sending` is committed before the hand-over. For SMS and e-mail it is a promise: who finds it there after a crash asks
the gateway by our reference and otherwise never sends again. A push may be repeated, once per kill.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never
from uuid import UUID

from sqlmodel import Session

from kit.clock import utc_now
from kit.db import unit_of_work
from kit.jobs import RetryLater, backoff, machine_now
from notifications import pauses
from notifications.addresses import open_address, suppress
from notifications.channels import channel_for
from notifications.channels.base import Again, Busy, Channel, Letter, NotThere, Outcome, Refused, Sent, Unsure
from notifications.hearings import Channel as Way
from notifications.messages import render
from notifications.tables import Delivery, DeviceToken

GIVE_UP_AFTER = {"push": timedelta(days=1), "sms": timedelta(days=1), "email": timedelta(days=3)}
SETTLED = frozenset({"sent", "dead", "suppressed"})
MOST_ASKS = 12
LONGEST_WAIT_S = 900.0  # quiet hours are looked at again this often: the demo's clock may have moved


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A delivery that is ours now. `letter` None: it may have left already, so its channel is asked first."""

    channel: Channel
    letter: Letter | None
    probing: bool = False


def deliver(delivery_id: UUID) -> None:
    """Bring one delivery forward. RetryLater when it has to come back; nothing when it is settled."""
    with unit_of_work() as session:
        claim = _claim(session, delivery_id)
    if claim is None:
        return
    outcome = claim.channel.send(claim.letter) if claim.letter else claim.channel.ask(delivery_id)
    with unit_of_work() as session:
        wait = record(session, delivery_id, outcome, claim)
    if wait is not None:
        raise RetryLater(wait, _why(outcome), free=True)


def _claim(session: Session, delivery_id: UUID) -> Claim | None:
    delivery = session.get(Delivery, delivery_id, with_for_update=True)
    if delivery is None or delivery.state in SETTLED:
        return None
    if delivery.state in ("planned", "failed") and delivery.next_at and delivery.next_at > utc_now():
        seconds = (delivery.next_at - utc_now()).total_seconds()
        raise RetryLater(min(seconds, LONGEST_WAIT_S), "quiet hours", free=True)
    channel, address = channel_for(delivery.channel), open_address(session, delivery)
    if delivery.state in ("sending", "unknown"):
        may_have_left = may_have_left_already(delivery, channel)
        if may_have_left is not None:
            return may_have_left if may_have_left.channel.can_ask else None
    if channel is None or address is None:
        _settle(delivery, "suppressed", "no such channel here" if channel is None else "no address any more")
        return None
    seconds, probing = pauses.wait_for(session, delivery.channel)
    if seconds:
        raise RetryLater(seconds, f"{delivery.channel} is paused", free=True)
    start_sending(delivery)
    return Claim(channel=channel, letter=_letter(delivery, address), probing=probing)


def may_have_left_already(delivery: Delivery, channel: Channel | None) -> Claim | None:
    """A claim to ask, for a letter that must not leave twice; None where it may simply be sent again.

    Where the channel cannot be asked the delivery becomes `unknown` and stays so until staff decide.
    """
    if channel is None or not channel.once:
        return None
    if delivery.state == "sending":
        _settle(delivery, "unknown", "the worker was lost while handing over")
    return Claim(channel=channel, letter=None)


def start_sending(delivery: Delivery) -> None:
    delivery.state, delivery.attempts = "sending", delivery.attempts + 1
    delivery.sending_since, delivery.next_at = machine_now(), None


def _letter(delivery: Delivery, address: str) -> Letter:
    message = render(
        delivery.template, delivery.channel, delivery.locale, delivery.params, recipient_kind=delivery.recipient_kind
    )
    code = delivery.params.get("code")
    data = {"delivery_id": str(delivery.id), "template": delivery.template, "link": message.link}
    if delivery.report_id:
        data |= {"report": str(delivery.report_id), "code": code or ""}
    return Letter(
        delivery_id=delivery.id,
        channel=delivery.channel,
        to=address,
        template=delivery.template,
        locale=delivery.locale,
        title=message.title,
        text=message.text,
        link=message.link,
        report_id=delivery.report_id,
        code=code,
        data=data,
    )


def record(session: Session, delivery_id: UUID, outcome: Outcome, claim: Claim) -> float | None:
    """Write what became of it; the seconds after which it has to come back, or None."""
    delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
    if claim.probing and not isinstance(outcome, Busy):
        pauses.over(session, delivery.channel)
    match outcome:
        case Sent(ref):
            delivery.provider_ref, delivery.sent_at = ref or None, utc_now()
            _settle(delivery, "sent", None)
            return None
        case Busy(why, after):
            pauses.pause(session, delivery.channel, why, after=after, probing=claim.probing)
            return _come_back(delivery, why, after)
        case Again(why):
            return _come_back(delivery, why, None)
        case Refused(why, address_gone):
            _refused(session, delivery, why, address_gone, claim)
            return None
        case Unsure(why):
            return _unsure(delivery, why, claim)
        case NotThere():
            _settle(delivery, "planned", "the gateway never got it")
            return 0.0
        case _:
            assert_never(outcome)


def _settle(delivery: Delivery, state: str, why: str | None) -> None:
    delivery.state, delivery.last_error, delivery.sending_since = state, why, None


def _come_back(delivery: Delivery, why: str, after: float | None) -> float | None:
    """Later, with longer and longer waits; given up visibly when the message is too old to be worth reading."""
    if utc_now() - delivery.created_at > GIVE_UP_AFTER.get(delivery.channel, timedelta(days=1)):
        _settle(delivery, "dead", why)
        return None
    seconds = after if after is not None else backoff(min(delivery.attempts, 8)).total_seconds()
    _settle(delivery, "failed", why)
    return seconds


def _refused(session: Session, delivery: Delivery, why: str, address_gone: bool, claim: Claim) -> None:
    """Final. A token that is gone is everyday life (suppressed); everything else is shown to staff."""
    if address_gone and delivery.device_token_id:
        token = session.get(DeviceToken, delivery.device_token_id)
        if token is not None:
            token.dead_at = utc_now()
        _settle(delivery, "suppressed", why)
        return
    if address_gone and claim.letter:
        suppress(session, claim.letter.to, Way(delivery.channel), why, now=utc_now())
    _settle(delivery, "dead", why)


def _unsure(delivery: Delivery, why: str, claim: Claim) -> float | None:
    """Unknown; where the other side can be asked it is, with growing patience, and then it is staff's."""
    _settle(delivery, "unknown", why)
    if not claim.channel.can_ask or delivery.asks >= MOST_ASKS:
        return None
    delivery.asks += 1
    return max(5.0, backoff(delivery.asks).total_seconds())


def _why(outcome: Outcome) -> str:
    return str(getattr(outcome, "why", type(outcome).__name__))
