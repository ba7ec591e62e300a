"""What an edit of the directory changes: wanted rows against present ones. Decides; reads and writes nothing.

Rules and policies are versioned: an edit is a new row and the old one ends where it begins. Everything else is
edited in place. What is not named stays, except holders of a named function and file days of a named calendar.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from admin.directory_rows import Row, Rows
from admin.imports.directory_files import Finding

VERSIONED = ("rules", "policies")
_NOT_CONTENT = frozenset({"id", "version", "valid_from", "valid_to"})


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line of the diff. `change`: added, changed or ended; `fields`: name → [before, after]."""

    kind: str
    code: str
    change: str
    fields: dict[str, list[Any]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Write:
    """One row to insert (key empty), change (key and values) or take out (key, values None)."""

    kind: str
    key: Row = field(default_factory=dict)
    values: Row | None = None


@dataclass(kw_only=True)
class Plan:
    """The diff and the writes that make it true."""

    changes: list[Change] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    unchanged: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def calendars_changed(self) -> set[str]:
        """Codes of calendars whose open clocks must be computed again."""
        return {change.code for change in self.changes if change.kind in ("calendars", "days")}

    def insert(self, kind: str, code: str, row: Row) -> None:
        self.changes.append(Change(kind=kind, code=code, change="added"))
        self.writes.append(Write(kind=kind, values=_stored(row)))

    def update(self, kind: str, code: str, key: Row, fields: Mapping[str, list[Any]]) -> None:
        change = "ended" if set(fields) == {"valid_to"} and fields["valid_to"][1] is not None else "changed"
        self.changes.append(Change(kind=kind, code=code, change=change, fields=dict(fields)))
        self.writes.append(Write(kind=kind, key=key, values={name: after for name, (_, after) in fields.items()}))


@dataclass(kw_only=True)
class Present:
    """The rows that stand now, by natural key; of rules and policies the newest version."""

    agencies: dict[str, Row] = field(default_factory=dict)
    functions: dict[str, Row] = field(default_factory=dict)
    holders: list[Row] = field(default_factory=list)
    categories: dict[str, Row] = field(default_factory=dict)
    rules: dict[str, Row] = field(default_factory=dict)
    policies: dict[str, Row] = field(default_factory=dict)
    calendars: dict[str, Row] = field(default_factory=dict)
    days: dict[tuple[str, date], Row] = field(default_factory=dict)
    areas: set[tuple[str, str]] = field(default_factory=set)


def make_plan(rows: Rows, present: Present, *, at: datetime, today: date) -> Plan:
    """The plan for `rows`; new versions begin at `at` (aware), holders that are no longer named end on `today`."""
    plan = Plan(findings=list(rows.findings))
    for kind in ("calendars", "agencies", "functions", "categories"):
        _in_place(plan, kind, getattr(rows, kind), getattr(present, kind))
    _days(plan, rows, present)
    _holders(plan, rows, present, today)
    for kind in VERSIONED:
        for code, row in getattr(rows, kind).items():
            _version(plan, kind, row, getattr(present, kind).get(code), at)
    return plan


def differing(row: Row, before: Row, names: Iterable[str]) -> dict[str, list[Any]]:
    """Name → [before, after] of the columns that differ."""
    return {name: [before[name], row[name]] for name in names if before[name] != row[name]}


def _stored(row: Row) -> Row:
    return {name: value for name, value in row.items() if not name.startswith("_")}


def _asked(row: Row) -> list[str]:
    """The columns a file decides: a day it does not name stays as it is."""
    undated = row.get("_dated") is False
    return [name for name in _stored(row) if not (undated and name == "valid_from")]


def _in_place(plan: Plan, kind: str, wanted: Mapping[str, Row], present: Mapping[str, Row]) -> None:
    for code, row in wanted.items():
        if code not in present:
            plan.insert(kind, code, row)
        elif fields := differing(row, present[code], _asked(row)):
            plan.update(kind, code, {"code": code}, fields)
        else:
            plan.unchanged += 1


def _days(plan: Plan, rows: Rows, present: Present) -> None:
    """Days of a file; a row edited by a person wins and stays, a file day no longer named goes."""
    for key, row in rows.days.items():
        before = present.days.get(key)
        where = {"calendar_code": key[0], "on_date": key[1]}
        if before is None:
            plan.insert("days", key[0], row)
        elif before["source"] == "file" and (fields := differing(row, before, row)):
            plan.update("days", key[0], where, fields)
        else:
            plan.unchanged += 1
    for key, before in present.days.items():
        if before["source"] == "file" and key[0] in rows.calendars and key not in rows.days:
            plan.changes.append(Change(kind="days", code=key[0], change="ended", fields={"on_date": [key[1], None]}))
            plan.writes.append(Write(kind="days", key={"calendar_code": key[0], "on_date": key[1]}))


def _holders(plan: Plan, rows: Rows, present: Present, today: date) -> None:
    standing = {
        _holder_key(row): row
        for row in present.holders
        if row["function_code"] in rows.functions and (row["valid_to"] is None or row["valid_to"] > today)
    }
    for key, row in rows.holders.items():
        before = standing.pop(key, None)
        if before is None:
            plan.insert("holders", _holder_name(row), row)
        elif fields := differing(row, before, _asked(row)):
            plan.update("holders", _holder_name(row), {"id": before["id"]}, fields)
        else:
            plan.unchanged += 1
    for before in standing.values():
        end = {"valid_to": [before["valid_to"], max(today, before["valid_from"])]}
        plan.update("holders", _holder_name(before), {"id": before["id"]}, end)


def _version(plan: Plan, kind: str, row: Row, latest: Row | None, at: datetime) -> None:
    if latest is None:
        plan.insert(kind, row["code"], row | {"version": 1, "valid_from": row["valid_from"] or at})
        return
    fields = differing(row, latest, set(row) - _NOT_CONTENT)
    reopened = latest["valid_to"] is not None and row["valid_to"] is None
    if not fields and not reopened:
        if row["valid_to"] == latest["valid_to"]:
            plan.unchanged += 1
        else:
            end = {"valid_to": [latest["valid_to"], row["valid_to"]]}
            plan.update(kind, row["code"], {"id": latest["id"]}, end)
        return
    start = max(row["valid_from"] or at, at)
    if start < latest["valid_from"]:
        where = f"{kind} {row['code']}"
        plan.findings.append(
            Finding(where=where, problem="older-version", ref=latest["valid_from"].isoformat(timespec="minutes"))
        )
        return
    if latest["valid_to"] is None or latest["valid_to"] > start:
        plan.writes.append(Write(kind=kind, key={"id": latest["id"]}, values={"valid_to": start}))
    new = _stored(row) | {"version": latest["version"] + 1, "valid_from": start}
    plan.writes.append(Write(kind=kind, values=new))
    version = {"version": [latest["version"], new["version"]]}
    plan.changes.append(Change(kind=kind, code=row["code"], change="changed", fields=fields | version))


def _holder_key(row: Row) -> tuple[Any, ...]:
    return row["function_code"], row["agency_code"], row["area_layer"], row["area_code"]


def _holder_name(row: Row) -> str:
    place = f" in {row['area_layer']} {row['area_code']}" if row["area_code"] else ""
    return f"{row['function_code']} by {row['agency_code']}{place}"
