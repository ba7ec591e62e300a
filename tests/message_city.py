"""A small town for tests about messages: two offices, their people, a resident with a phone, one report."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from dispatch.people.tables import Account, Person, SealedContact
from dispatch.tables.directory import Agency, Category, FieldWorker
from dispatch.tables.report import Report
from kit.clock import utc_now
from kit.db import unit_of_work
from kit.events import Event
from kit.geo import Point
from kit.ids import new_code, new_id
from kit.jobs import RetryLater
from kit.outbox import Outbox, emit
from kit.seal import seal
from notifications.devices import register_token
from notifications.tables import Delivery, InboxMessage
from notifications.tasks import deliver_one, plan_messages, send_one_time_code


@dataclass
class Town:
    """Everything by name; each method commits, as the product's edges do."""

    accounts: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    code: str = ""
    report: UUID = field(default_factory=new_id)

    def build(self) -> "Town":
        with unit_of_work() as session:
            for code, name, is_desk in (
                ("ioc", "Trung tâm điều hành", True),
                ("roads", "Sở Xây dựng", False),
                ("ward", "UBND phường Việt Trì", False),
            ):
                kind = "desk" if is_desk else "department"
                session.add(Agency(code=code, name_vi=name, name_en=f"{code} office", kind=kind, is_desk=is_desk))
            session.add(Category(code="pothole", name_vi="Ổ gà", name_en="Pothole", publication="always"))
            session.flush()
            self._staff(session)
            self.resident(session, "lan")
            session.flush()
            self._report(session)
        return self

    def _staff(self, session: Session) -> None:
        for login, role, agency in (
            ("operator", "operator", None),
            ("officer", "officer", "roads"),
            ("ward_officer", "officer", "ward"),
            ("worker", "field_worker", "roads"),
            ("supervisor", "supervisor", None),
        ):
            self.accounts[login] = new_id()
            session.add(
                Account(
                    id=self.accounts[login],
                    login=login,
                    name=login,
                    role=role,
                    agency_code=agency,
                    password_hash="-",
                    changed_at=utc_now(),
                )
            )
        session.add(FieldWorker(id=self.accounts["worker"], agency_code="roads", name="Hùng"))

    def resident(self, session: Session, name: str, locale: str = "vi") -> UUID:
        self.people[name] = new_id()
        session.add(Person(id=self.people[name], alias=name, locale=locale, created_at=utc_now()))
        return self.people[name]

    def _report(self, session: Session) -> None:
        now = utc_now()
        self.code = new_code()
        session.add(
            Report(
                id=self.report,
                code=self.code,
                reporter_id=self.people["lan"],
                body_sha256=hashlib.sha256(b"body").digest(),
                secret_hash=b"-",
                status="routed",
                category_code="pothole",
                point=Point(105.4, 21.32).ewkt,
                lon=105.4,
                lat=21.32,
                received_at=now,
                occurred_at=now,
                agency_code="roads",
                agency_since=now,
                route={},
                is_public=True,
                chain_head=b"-",
            )
        )

    def contact(self, person: str, kind: str, address: str, *, notify: bool, for_report: bool = True) -> None:
        with unit_of_work() as session:
            session.add(
                SealedContact(
                    id=new_id(),
                    person_id=self.people[person],
                    report_id=self.report if for_report else None,
                    kind=kind,
                    sealed=seal(address, about="contact"),
                    notify=notify,
                    created_at=utc_now(),
                )
            )

    def phone(self, name: str, token: str, *, device: UUID | None = None) -> UUID:
        """Register an FCM token for a resident or a member of staff."""
        kind, owner = ("person", self.people[name]) if name in self.people else ("account", self.accounts[name])
        with unit_of_work() as session:
            row = register_token(
                session,
                token,
                owner_kind=kind,
                owner=owner,
                device=device,
                platform="android",
                app_version="1.0",
                now=utc_now(),
            )
            return row.id

    def change(self, **values: Any) -> None:
        with unit_of_work() as session:
            report = session.get_one(Report, self.report)
            for name, value in values.items():
                setattr(report, name, value)

    def happened(self, name: str, *, actor: UUID | None = None, **data: Any) -> Event:
        """Write the event and plan its messages in one transaction, as relay and worker would."""
        facts = {"code": self.code, "agency": "roads", "category": "pothole", "actor": str(actor) if actor else None}
        event = Event(name=f"report.{name}", subject=self.report, occurred_at=utc_now(), data={**facts, **data})
        with unit_of_work() as session:
            emit(session, event)
            plan_messages(session, event)
        return event

    def carry_out(self) -> list[float]:
        """Run every planned delivery once; returns the waits that were asked for."""
        return _run(deliver_one, self.waiting())

    def waiting(self) -> list[Event]:
        with unit_of_work() as session:
            rows = session.exec(select(Outbox).where(Outbox.name == "delivery.planned").order_by(Outbox.id)).all()
            return [row.to_event() for row in rows]

    def deliveries(self, channel: str | None = None) -> list[Delivery]:
        with unit_of_work() as session:
            query = select(Delivery).order_by(Delivery.created_at, Delivery.id)
            return list(session.exec(query.where(Delivery.channel == channel) if channel else query))

    def inbox(self, name: str) -> list[str]:
        owner = self.people.get(name) or self.accounts[name]
        with unit_of_work() as session:
            query = select(InboxMessage.template).where(InboxMessage.recipient_id == owner)
            return list(session.exec(query.order_by(InboxMessage.created_at)))


def send_code(event: Event) -> list[float]:
    return _run(send_one_time_code, [event])


def _run(errand: Callable[[Event], None], events: list[Event]) -> list[float]:
    waits = []
    for event in events:
        try:
            errand(event)
        except RetryLater as later:
            if not later.free:  # an outage of the other side must not use up the job's tries
                raise
            waits.append(later.seconds)
    return waits
