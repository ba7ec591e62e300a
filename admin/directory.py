"""Edits of the directory, from a folder of files or one at a time: checked first, applied whole, or refused.

The only writer of agencies, functions, categories, rules, policies and calendars. It refuses what could not run: a
rule to a function nobody holds, a second desk, hours that never come.
"""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Table, delete, insert, select, update
from sqlmodel import Session, SQLModel

from admin.directory_checks import check
from admin.directory_names import AreaName
from admin.directory_plan import VERSIONED, Plan, Present, make_plan
from admin.directory_rows import Row, to_rows
from admin.imports.directory_files import FILES, DirectoryFiles
from dispatch.people.audit import note
from dispatch.rulebook import bump_version
from dispatch.tables.directory import (
    Agency,
    Area,
    CalendarDay,
    Category,
    DutyFunction,
    FunctionHolder,
    RoutingRule,
    SlaPolicy,
    WorkCalendar,
)
from kit.events import Event
from kit.ids import new_id
from kit.outbox import emit
from kit.problems import FieldError, Invalid
from kit.settings import get_settings

TABLES: dict[str, type[SQLModel]] = {
    "calendars": WorkCalendar,
    "days": CalendarDay,
    "agencies": Agency,
    "functions": DutyFunction,
    "holders": FunctionHolder,
    "categories": Category,
    "rules": RoutingRule,
    "policies": SlaPolicy,
}
_LATER = ("parent_code", "successor_code")  # references inside the agency table: set when all agencies are there


class DirectoryRefused(Invalid):
    """The directory could not run with this edit; `errors` names every place and reason. Nothing was changed."""

    slug, title = "directory-refused", "The directory could not run like this"


def plan_edit(session: Session, files: DirectoryFiles, *, at: datetime) -> Plan:
    """What the files would change, and every reason against it. `at`: aware, when new versions begin."""
    today = at.astimezone(ZoneInfo(get_settings().timezone)).date()
    present = read_present(session)
    rows = to_rows(files, _areas(session, at), today=today)
    plan = make_plan(rows, present, at=at, today=today)
    plan.findings += check(rows, present, today=today)
    return plan


def apply_plan(session: Session, plan: Plan, *, now: datetime, actor: UUID | None = None) -> int | None:
    """Write a plan in the caller's transaction; the new directory version, None if nothing changes.

    DirectoryRefused if the plan has findings. `actor`: the account that edits, for the audit register.
    """
    if plan.findings:
        raise DirectoryRefused(
            errors=tuple(FieldError(one.where, f"{one.problem} {one.ref}".strip()) for one in plan.findings)
        )
    if not plan.changes:
        return None
    for kind in TABLES:
        _write(session, kind, plan)
    version = bump_version(session)
    said = [f"{one.change} {one.kind} {one.code}" for one in plan.changes[:200]]
    note(session, "directory.changed", now=now, actor=actor, version=version, changes=said)
    for code in sorted(plan.calendars_changed):
        emit(session, Event(name="calendar.changed", subject=new_id(), occurred_at=now, data={"calendar": code}))
    return version


def edit(session: Session, kind: str, item: dict[str, Any], *, at: datetime, actor: UUID | None = None) -> Plan:
    """Put one entry (as in the file `{kind}.yaml`) into the directory; the plan that was applied.

    A category keeps its place on the screen unless the item names another.
    pydantic.ValidationError for a wrong shape, DirectoryRefused for one that could not run.
    """
    code = item.get("code")
    if kind == "categories" and isinstance(code, str) and (known := session.get(Category, code)):
        item = {"order": known.sort, "parent": known.parent_code, **item}
    files = DirectoryFiles(**{kind: FILES[kind].model_validate({kind: [item]})})  # type: ignore[arg-type]
    plan = plan_edit(session, files, at=at)
    apply_plan(session, plan, now=at, actor=actor)
    return plan


def read_present(session: Session) -> Present:
    """The directory as it stands in this transaction."""
    newest: dict[str, dict[str, Row]] = {kind: {} for kind in VERSIONED}
    for kind in VERSIONED:
        for row in sorted(_rows(session, kind), key=lambda row: (row["code"], row["version"])):
            newest[kind][row["code"]] = row
    by_code = {
        kind: {row["code"]: row for row in _rows(session, kind)}
        for kind in ("agencies", "functions", "categories", "calendars")
    }
    return Present(
        **by_code,
        **newest,
        holders=_rows(session, "holders"),
        days={(row["calendar_code"], row["on_date"]): row for row in _rows(session, "days")},
        areas={(layer, code) for layer, code in session.execute(select(Area.layer, Area.code))},  # type: ignore[call-overload]
    )


def as_json(plan: Plan) -> list[dict[str, Any]]:
    """The diff for people and programs; instants and days in ISO form."""
    return [asdict(change) for change in plan.changes]


def _write(session: Session, kind: str, plan: Plan) -> None:
    table = _table(kind)
    writes = [write for write in plan.writes if write.kind == kind]
    new = [write.values for write in writes if not write.key and write.values is not None]
    _insert(
        session, table, [row | {name: None for name in _LATER if name in row and kind == "agencies"} for row in new]
    )
    for row in new if kind == "agencies" else ():
        if any(row[name] for name in _LATER):
            links = {name: row[name] for name in _LATER}
            session.execute(update(table).where(table.c.code == row["code"]).values(**links))
    for write in writes:
        here = [table.c[name] == value for name, value in write.key.items()]
        if write.key and write.values is None:
            session.execute(delete(table).where(*here))
        elif write.key:
            session.execute(update(table).where(*here).values(**write.values or {}))


def _insert(session: Session, table: Table, rows: list[Row]) -> None:
    if rows:
        session.execute(insert(table), rows)


def _rows(session: Session, kind: str) -> list[Row]:
    return [dict(row) for row in session.execute(select(_table(kind))).mappings()]


def _table(kind: str) -> Table:
    return TABLES[kind].__table__  # type: ignore[attr-defined,no-any-return]


def _areas(session: Session, at: datetime) -> Iterable[AreaName]:
    on = at.astimezone(ZoneInfo(get_settings().timezone)).date()
    rows = session.execute(
        select(Area.layer, Area.code, Area.name, Area.valid_from, Area.valid_to).order_by(Area.layer, Area.code)  # type: ignore[call-overload]
    )
    return [
        AreaName(layer, code, name, start)
        for layer, code, name, start, end in rows
        if start <= on and (end is None or on < end)
    ]
