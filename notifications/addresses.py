"""Where somebody can be reached: device tokens, sealed contacts, wishes. Addresses are opened only to send."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from sqlmodel import Session, col, select

from dispatch.people.tables import Account, Person, SealedContact
from kit.seal import keyed_digest, unseal
from notifications.hearings import Channel
from notifications.tables import Delivery, DeviceToken, Preference, SuppressedAddress

KIND_OF = {Channel.SMS: "phone", Channel.EMAIL: "email"}


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The ways to one owner, as `notifications.plan.Listener` wants them."""

    tokens: tuple[UUID, ...] = ()
    reach: frozenset[Channel] = frozenset()
    asked: frozenset[Channel] = frozenset()
    refused: frozenset[Channel] = frozenset()
    quiet: tuple[time, time] | None = None


def address_digest(address: str) -> bytes:
    return keyed_digest(address.strip().lower(), about="address")


def token_digest(token: str) -> bytes:
    return keyed_digest(token, about="device-token")


def suppress(session: Session, address: str, channel: Channel, why: str, *, now: datetime) -> None:
    """Never send there again."""
    digest = address_digest(address)
    if session.get(SuppressedAddress, digest) is None:
        session.add(SuppressedAddress(digest=digest, channel=channel, why=why[:200], at=now))


def is_suppressed(session: Session, address: str) -> bool:
    return session.get(SuppressedAddress, address_digest(address)) is not None


def current_person(session: Session, person_id: UUID) -> Person | None:
    """The person this one was merged into, at the end of the chain; None where there is nobody."""
    person = session.get(Person, person_id)
    for _ in range(5):
        if person is None or person.merged_into is None:
            break
        person = session.get(Person, person.merged_into)
    return person


def with_former_selves(session: Session, person_id: UUID) -> list[UUID]:
    """The person and the anonymous devices that turned out to be him: their tokens and inbox are his."""
    return [person_id, *session.exec(select(Person.id).where(Person.merged_into == person_id))]


def reach_of_people(session: Session, people: Collection[UUID], report_id: UUID) -> dict[UUID, Reach]:
    """Ways to residents; a contact given with this report counts for its reporter, one of another report does not."""
    contacts: dict[UUID, list[SealedContact]] = defaultdict(list)
    for contact in session.exec(
        select(SealedContact).where(
            col(SealedContact.person_id).in_(people),
            (col(SealedContact.report_id) == report_id) | col(SealedContact.report_id).is_(None),
            col(SealedContact.kind).in_(("phone", "email")),
        )
    ):
        contacts[contact.person_id].append(contact)
    tokens, wishes = _tokens(session, people), _wishes(session, "person", people)
    reaches = {}
    for person in people:
        reach = {channel for channel, kind in KIND_OF.items() if any(c.kind == kind for c in contacts[person])}
        asked = {c for c, kind in KIND_OF.items() if any(x.kind == kind and x.notify for x in contacts[person])}
        reaches[person] = _reach(tokens[person], reach, asked, wishes.get(person))
    return reaches


def reach_of_staff(session: Session, accounts: Collection[Account]) -> dict[UUID, Reach]:
    """Ways to staff; e-mail and SMS only where an account asked for them or a rung of the ladder names the channel."""
    ids = [account.id for account in accounts]
    tokens, wishes = _tokens(session, ids), _wishes(session, "account", ids)
    reaches = {}
    for account in accounts:
        reach = {Channel.SMS} if account.phone_sealed else set()
        reach |= {Channel.EMAIL} if account.email_sealed else set()
        wish = wishes.get(account.id)
        asked = {channel for channel in reach if wish is not None and getattr(wish, channel)}
        reaches[account.id] = _reach(tokens[account.id], reach, asked, wish)
    return reaches


def _reach(tokens: list[UUID], reach: set[Channel], asked: set[Channel], wish: Preference | None) -> Reach:
    refused = {channel for channel in (Channel.PUSH, Channel.SMS, Channel.EMAIL) if wish and not getattr(wish, channel)}
    quiet = None
    if wish and wish.quiet_from and wish.quiet_to:
        quiet = (time.fromisoformat(wish.quiet_from), time.fromisoformat(wish.quiet_to))
    return Reach(
        tokens=tuple(tokens), reach=frozenset(reach), asked=frozenset(asked), refused=frozenset(refused), quiet=quiet
    )


def _tokens(session: Session, owners: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Live tokens by owner; those of a device that was merged into a resident count as his."""
    former = dict(session.exec(select(Person.id, Person.merged_into).where(col(Person.merged_into).in_(owners))).all())
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for token in session.exec(
        select(DeviceToken)
        .where(col(DeviceToken.owner_id).in_([*owners, *former]), col(DeviceToken.dead_at).is_(None))
        .order_by(col(DeviceToken.seen_at).desc())
    ):
        found[former.get(token.owner_id) or token.owner_id].append(token.id)
    return found


def _wishes(session: Session, kind: str, owners: Collection[UUID]) -> dict[UUID, Preference]:
    rows = session.exec(select(Preference).where(Preference.owner_kind == kind, col(Preference.owner_id).in_(owners)))
    return {row.owner_id: row for row in rows}


def open_address(session: Session, delivery: Delivery) -> str | None:
    """The address of a delivery now, opened; None when it was erased, moved to another owner or refused for good."""
    if delivery.channel == Channel.PUSH:
        return _open_token(session, delivery)
    kind = KIND_OF[Channel(delivery.channel)]
    if delivery.recipient_kind == "account":
        account = session.get(Account, delivery.recipient_id)
        sealed = None if account is None or account.disabled_at else getattr(account, f"{kind}_sealed")
    else:
        contact = session.exec(
            select(SealedContact)
            .where(
                SealedContact.person_id == delivery.recipient_id,
                SealedContact.kind == kind,
                (col(SealedContact.report_id) == delivery.report_id) | col(SealedContact.report_id).is_(None),
            )
            # The one given with this report first, among them one that asked to be told.
            .order_by(col(SealedContact.report_id).is_(None), col(SealedContact.notify).desc())
        ).first()
        sealed = contact.sealed if contact else None
    address = unseal(sealed, about="contact") if sealed else None
    return None if address is None or is_suppressed(session, address) else address


def _open_token(session: Session, delivery: Delivery) -> str | None:
    """A token that was registered by somebody else since belongs to him: the message is not for that phone."""
    token = session.get(DeviceToken, delivery.device_token_id)
    if token is None or token.dead_at:
        return None
    if token.owner_id not in with_former_selves(session, delivery.recipient_id):
        return None
    return unseal(token.token_sealed, about="device-token")
