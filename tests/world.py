"""One builder for stories: the demo province in the database, people by name, reports in a word, time that moves.

The directory is loaded once per run and kept aside in a schema of its own; each story gets a fresh copy in
milliseconds. Everything goes through the product's use cases; only the doors to the outside are fake.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session, col, select

from admin.demo.load import load_demo
from api.tables import metadata
from dispatch.domain.actors import Actor, Role
from dispatch.domain.command import Command, StepFacts
from dispatch.domain.report import Action
from dispatch.escalate import sweep
from dispatch.intake import Draft, submit_report
from dispatch.people.tables import Account, Person
from dispatch.steps import perform
from dispatch.tables.promise import SlaClock
from dispatch.tables.report import Report, TimelineEntry
from kit.clock import advance, utc_now
from kit.db import reading, unit_of_work
from kit.ids import new_id
from kit.outbox import Outbox
from kit.settings import get_settings

DIRECTORY = [
    "agency",
    "duty_function",
    "function_holder",
    "area",
    "category",
    "routing_rule",
    "sla_policy",
    "work_calendar",
    "calendar_day",
    "team",
    "account",
    "field_worker",
]
NUMBERED = {"function_holder", "area", "routing_rule", "sla_policy"}
POINTS = {
    "Việt Trì": (105.4043, 21.33262),
    "Nông Trang": (105.34712, 21.32494),
    "Hoà Bình": (105.3589, 20.83031),
}


def restore_directory() -> None:
    """The demo province as it was loaded first; loads it when this run has not done so yet."""
    with unit_of_work() as session:
        kept = session.execute(text("SELECT to_regclass('kept.agency')")).scalar()
        if kept:
            _copy(session, "kept", "public")
            return
    load_demo(get_settings())
    with unit_of_work() as session:
        session.execute(text("CREATE SCHEMA kept"))
        for name in DIRECTORY:
            session.execute(text(f"CREATE TABLE kept.{name} AS TABLE public.{name}"))


def _copy(session: Session, source: str, target: str) -> None:
    for table in metadata.sorted_tables:
        if table.name in DIRECTORY:
            session.execute(text(f"INSERT INTO {target}.{table.name} SELECT * FROM {source}.{table.name}"))
            if table.name in NUMBERED:  # numbers that were copied must not be handed out again
                highest = f"(SELECT max(id) FROM {target}.{table.name})"
                session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), {highest})"))


@dataclass
class Told:
    """A report of the story; read it anew with `.row`."""

    world: "World"
    id: UUID

    @property
    def row(self) -> Report:
        with reading() as session:
            return session.get_one(Report, self.id)

    def step(self, who: Actor, action: str, **facts: Any) -> Report:
        """Take a step at the version that stands now."""
        return self.world.step(self, who, action, version=self.row.version, **facts)

    def clocks(self, kind: str) -> list[SlaClock]:
        with reading() as session:
            statement = select(SlaClock).where(SlaClock.report_id == self.id, SlaClock.kind == kind)
            return list(session.exec(statement.order_by(col(SlaClock.started_at), col(SlaClock.id))))

    def actions(self) -> list[str]:
        with reading() as session:
            entries = select(TimelineEntry).where(TimelineEntry.report_id == self.id).order_by(col(TimelineEntry.seq))
            return [entry.action for entry in session.exec(entries)]


@dataclass
class World:
    """The province and its people for one story."""

    people: dict[str, Actor] = field(default_factory=dict)

    def officer(self, agency: str) -> Actor:
        return self._account(Account.role == "officer", Account.agency_code == agency)

    def role(self, role: str) -> Actor:
        return self._account(Account.role == role)

    def worker(self, agency: str) -> Actor:
        return self._account(Account.role == "field_worker", Account.agency_code == agency)

    def holder_of_scope(self, scope: str) -> Actor:
        return self._account(col(Account.scopes).contains([scope]))

    def _account(self, *which: Any) -> Actor:
        with reading() as session:
            account = session.exec(select(Account).where(*which).order_by(Account.login)).first()
            assert account is not None, "the demo has no such account"
            return Actor(
                id=account.id,
                role=Role(account.role),
                agency=account.agency_code,
                scopes=frozenset(account.scopes),
                alias=account.name,
            )

    def resident(self, name: str = "Hà") -> Actor:
        """A resident of this name; the same name is the same person."""
        if name not in self.people:
            person = Person(id=new_id(), alias=name, created_at=utc_now())
            with unit_of_work() as session:
                session.add(person)
            self.people[name] = Actor(id=person.id, role=Role.RESIDENT, alias=name)
        return self.people[name]

    def report(self, category: str = "pothole", *, at: str = "Việt Trì", by: str = "Hà", **more: Any) -> Told:
        lon, lat = POINTS[at]
        draft = Draft(
            id=more.pop("id", new_id()),
            category=category,
            lon=more.pop("lon", lon),
            lat=more.pop("lat", lat),
            description=more.pop("description", "Có việc cần xử lý"),
            **more,
        )
        with unit_of_work() as session:
            submit_report(session, draft, reporter=self.resident(by), now=utc_now())
        return Told(self, draft.id)

    def step(self, told: Told, who: Actor, action: str, *, version: int, **facts: Any) -> Report:
        command = Command(
            id=facts.pop("id", new_id()),
            action=Action(action),
            version=version,
            digest=repr(sorted(facts.items())).encode()[:32],
            facts=StepFacts(**facts),
        )
        with unit_of_work() as session:
            return perform(session, told.id, command, actor=who, now=utc_now())

    def set_clock(self, local: str) -> datetime:
        """Move our clock to this local time of the province, e.g. ``2026-11-25 08:00`` (forward only)."""
        wanted = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(get_settings().timezone))
        return advance((wanted - utc_now()).total_seconds())

    def forward(self, *, hours: float = 0, days: float = 0) -> datetime:
        return advance(hours * 3600 + days * 86400)

    def sweep(self) -> dict[str, int]:
        return sweep(utc_now())

    def events(self, about: Told) -> list[str]:
        with reading() as session:
            rows = select(Outbox.name).where(Outbox.subject == about.id).order_by(col(Outbox.id))
            return list(session.exec(rows))
