"""Who is told of an event, by which channel and when. Knows facts and listeners; no tables, no texts, no sending."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from typing import Any
from uuid import UUID

from notifications.hearings import Channel, Hearing, Part, Sms, hearings_of


@dataclass(frozen=True, kw_only=True)
class Fact:
    """An event of a report as far as messages go. `params` fill the sentences: codes and names of offices only."""

    name: str
    actor: UUID | None
    visibility: str = "public"
    rung_channel: Channel | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Somebody who may hear. `reach`: channels with an address; `asked`: wanted; `refused`: switched off.

    `tokens`: ids of live device tokens. `quiet`: local wall-clock times (from, to), may pass midnight.
    """

    kind: str
    id: UUID
    part: Part
    locale: str = "vi"
    tokens: tuple[UUID, ...] = ()
    reach: frozenset[Channel] = frozenset()
    asked: frozenset[Channel] = frozenset()
    refused: frozenset[Channel] = frozenset()
    quiet: tuple[time, time] | None = None


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One message to be written to the inbox or to be sent. `not_before` only where quiet hours delay it."""

    kind: str
    recipient: UUID
    channel: Channel
    template: str
    locale: str
    params: Mapping[str, Any]
    token: UUID | None = None
    not_before: datetime | None = None


def parts_of(fact: Fact) -> frozenset[Part]:
    """Which listeners have to be looked up at all."""
    return frozenset(hearing.part for hearing in hearings_of(fact.name, fact.visibility))


def plan(fact: Fact, audience: Sequence[Listener], *, now: datetime, zone: tzinfo) -> list[Notice]:
    """All messages for one event; `now` aware, quiet hours are judged in `zone`. The actor himself hears nothing."""
    hearings = {hearing.part: hearing for hearing in hearings_of(fact.name, fact.visibility)}
    order = list(Part)
    notices: list[Notice] = []
    heard: set[tuple[str, UUID]] = set()
    for listener in sorted(audience, key=lambda one: order.index(one.part)):
        hearing = hearings.get(listener.part)
        if hearing is None or listener.id == fact.actor or (listener.kind, listener.id) in heard:
            continue
        heard.add((listener.kind, listener.id))
        notices += _notices(fact, hearing, listener, now, zone)
    return notices


def _notices(fact: Fact, hearing: Hearing, listener: Listener, now: datetime, zone: tzinfo) -> list[Notice]:
    later = end_of_quiet(listener.quiet, now, zone)

    def notice(channel: Channel, token: UUID | None = None) -> Notice:
        return Notice(
            kind=listener.kind,
            recipient=listener.id,
            channel=channel,
            template=hearing.template,
            locale=listener.locale,
            params=fact.params,
            token=token,
            not_before=later if channel in (Channel.PUSH, Channel.SMS) else None,
        )

    notices = [notice(Channel.INBOX)]
    channels = channels_for(hearing, listener, fact.rung_channel)
    if Channel.PUSH in channels:
        notices += [notice(Channel.PUSH, token) for token in listener.tokens]
    return notices + [notice(channel) for channel in (Channel.SMS, Channel.EMAIL) if channel in channels]


def channels_for(hearing: Hearing, listener: Listener, rung: Channel | None = None) -> frozenset[Channel]:
    """Outward channels: push where a token is, e-mail and SMS where asked; an answer always finds one way.

    A rung of the escalation ladder may name a channel; it is used where the listener can be reached by it.
    """
    wanted = set()
    if hearing.push and listener.tokens:
        wanted.add(Channel.PUSH)
    reachable = listener.reach - listener.refused
    if Channel.EMAIL in listener.asked & reachable:
        wanted.add(Channel.EMAIL)
    unreached = not listener.tokens and Channel.EMAIL not in wanted
    asked_sms = Channel.SMS in listener.asked and hearing.sms is not Sms.NEVER
    if Channel.SMS in reachable and (asked_sms or (hearing.sms is Sms.ANSWER and unreached)):
        wanted.add(Channel.SMS)
    if rung and rung in reachable:
        wanted.add(rung)
    return frozenset(wanted) - listener.refused


def end_of_quiet(quiet: tuple[time, time] | None, now: datetime, zone: tzinfo) -> datetime | None:
    """When the quiet hours that hold now are over; None outside them."""
    if quiet is None or quiet[0] == quiet[1]:
        return None
    begin, end = quiet
    local = now.astimezone(zone)
    clock = local.time()
    inside = begin <= clock < end if begin < end else (clock >= begin or clock < end)
    if not inside:
        return None
    day = local.date() + timedelta(days=1 if clock >= end else 0)
    return datetime.combine(day, end, tzinfo=zone)
