"""Shapes of directory files turned into the rows they ask for, one agency per ward written out. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from admin.directory_names import AreaName, fill
from admin.imports.directory_files import DirectoryFiles, Finding
from admin.imports.shapes import (
    WEEKDAYS,
    AgencyPattern,
    AgencyShape,
    CalendarShape,
    CategoryShape,
    FunctionShape,
    HolderShape,
    on_paper,
)
from admin.imports.shapes_rules import PolicyShape, RuleShape

Row = dict[str, Any]


@dataclass(kw_only=True)
class Rows:
    """Rows by their natural key. A function named here has its whole list of holders here."""

    agencies: dict[str, Row] = field(default_factory=dict)
    functions: dict[str, Row] = field(default_factory=dict)
    holders: dict[tuple[Any, ...], Row] = field(default_factory=dict)
    categories: dict[str, Row] = field(default_factory=dict)
    rules: dict[str, Row] = field(default_factory=dict)
    policies: dict[str, Row] = field(default_factory=dict)
    calendars: dict[str, Row] = field(default_factory=dict)
    days: dict[tuple[str, date], Row] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def put(self, into: dict[Any, Row], key: Any, row: Row, where: str) -> None:
        if key in into:
            self.findings.append(Finding(where=where, problem="code-twice"))
        into[key] = row


def to_rows(files: DirectoryFiles, areas: Iterable[AreaName], *, today: date) -> Rows:
    """Everything the files ask for. `today` (local) dates agencies and holders that name no day themselves."""
    rows, by_layer = Rows(), _by_layer(areas)
    for calendar in files.calendars.calendars if files.calendars else ():
        _add_calendar(rows, calendar)
    for agency in files.agencies.agencies if files.agencies else ():
        rows.put(rows.agencies, agency.code, agency_row(agency, today), f"agency {agency.code}")
    for pattern in files.agencies.for_each_area if files.agencies else ():
        for area in _layer(rows, by_layer, pattern.layer, f"agencies {pattern.code}"):
            row = _patterned(pattern, area)
            rows.put(rows.agencies, row["code"], row, f"agency {row['code']}")
    for function in files.functions.functions if files.functions else ():
        _add_function(rows, function, by_layer, today)
    for place, group in enumerate(files.categories.categories if files.categories else (), start=1):
        _add_category(rows, group, group.parent, place * 1000)
        for child_place, child in enumerate(group.children, start=1):
            _add_category(rows, child, group.code, place * 1000 + child_place * 10)
    for rule in files.rules.rules if files.rules else ():
        rows.put(rows.rules, rule.code, rule_row(rule), f"rule {rule.code}")
    for policy in files.policies.policies if files.policies else ():
        rows.put(rows.policies, policy.code, policy_row(policy), f"policy {policy.code}")
    return rows


def agency_row(shape: AgencyShape, today: date) -> Row:
    return {
        "code": shape.code,
        "name_vi": shape.name.vi,
        "name_en": shape.name.en,
        "kind": shape.kind,
        "parent_code": shape.parent,
        "is_desk": shape.kind == "desk",
        "calendar_code": shape.calendar,
        "valid_from": shape.valid_from or today,
        "valid_to": shape.valid_to,
        "successor_code": shape.successor,
        "contact": dict(shape.contact),
        "_dated": shape.valid_from is not None,
    }


def rule_row(shape: RuleShape) -> Row:
    """`condition` holds the members that dispatch.snapshot.to_rule reads; what asks nothing is left out."""
    when = shape.when.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if shape.when.areas:
        when["areas"] = [[area.layer, area.code] for area in shape.when.areas]
    if shape.when.hours:
        when["hours"] = on_paper(shape.when.hours)
    return {
        "code": shape.code,
        "title_vi": shape.title.vi,
        "title_en": shape.title.en,
        "condition": when,
        "function_code": shape.function,
        "agency_code": shape.agency,
        "supporting": [one.model_dump(exclude_none=True) for one in shape.supporting],
        "severity_floor": shape.severity_floor,
        "rank": shape.rank,
        "state": shape.state,
        "valid_from": _utc(shape.valid_from),
        "valid_to": _utc(shape.valid_to),
    }


def policy_row(shape: PolicyShape) -> Row:
    named = {kind: target for kind, target in shape.targets if target is not None}
    targets = {kind: target.as_target() for kind, target in named.items()}
    return {
        "code": shape.code,
        "title_vi": shape.title.vi,
        "title_en": shape.title.en,
        "category_code": shape.category,
        "min_severity": shape.min_severity,
        "agency_kind": shape.agency_kind,
        "calendar_code": shape.calendar,
        "targets": {
            kind: {"unit": str(target.unit), "amount": target.amount, "day_rule": str(target.day_rule)}
            for kind, target in targets.items()
        },
        "ladder": [rung.model_dump() for rung in sorted(shape.ladder, key=lambda rung: rung.at_percent)],
        "max_extensions": shape.max_extensions,
        "max_extension_days": shape.max_extension_days,
        "max_pause_days": shape.max_pause_days,
        "valid_from": _utc(shape.valid_from),
        "valid_to": _utc(shape.valid_to),
    }


def category_row(shape: CategoryShape, parent: str | None, place: int) -> Row:
    fields = shape.model_dump(mode="json", exclude={"name", "parent", "children", "order"})
    return fields | {
        "parent_code": parent,
        "name_vi": shape.name.vi,
        "name_en": shape.name.en,
        "sort": place if shape.order is None else shape.order,
        "imported": False,
    }


def _by_layer(areas: Iterable[AreaName]) -> Mapping[str, list[AreaName]]:
    found: dict[str, list[AreaName]] = {}
    for area in areas:
        found.setdefault(area.layer, []).append(area)
    return found


def _layer(rows: Rows, by_layer: Mapping[str, list[AreaName]], layer: str, where: str) -> list[AreaName]:
    if not by_layer.get(layer):
        rows.findings.append(Finding(where=where, problem="no-areas", ref=layer))
    return by_layer.get(layer, [])


def _patterned(pattern: AgencyPattern, area: AreaName) -> Row:
    shape = AgencyShape.model_validate(
        {
            "code": fill(pattern.code, area).lower(),
            "name": {"vi": fill(pattern.name.vi, area), "en": fill(pattern.name.en, area)},
            "kind": pattern.kind,
            "parent": pattern.parent,
            "calendar": pattern.calendar,
            "valid_from": area.valid_from,
        }
    )
    return agency_row(shape, area.valid_from) | {"_dated": False}


def _add_function(rows: Rows, shape: FunctionShape, by_layer: Mapping[str, list[AreaName]], today: date) -> None:
    where = f"function {shape.code}"
    row = {"code": shape.code, "name_vi": shape.name.vi, "name_en": shape.name.en}
    rows.put(rows.functions, shape.code, row, where)
    for holder in shape.holders:
        if holder.for_each_area is None:
            _add_holder(rows, shape.code, holder, holder.agency, holder.valid_from or today)
            continue
        for area in _layer(rows, by_layer, holder.for_each_area, where):
            start = holder.valid_from or area.valid_from
            _add_holder(rows, shape.code, holder, fill(holder.agency, area).lower(), start, area)


def _add_holder(
    rows: Rows, function: str, holder: HolderShape, agency: str, start: date, area: AreaName | None = None
) -> None:
    layer = area.layer if area else holder.area.layer if holder.area else None
    code = area.code if area else holder.area.code if holder.area else None
    row = {
        "function_code": function,
        "agency_code": agency,
        "area_layer": layer,
        "area_code": code,
        "valid_from": start,
        "valid_to": holder.valid_to,
        "_dated": holder.valid_from is not None,
    }
    rows.put(rows.holders, (function, agency, layer, code), row, f"function {function} at {agency}")


def _add_category(rows: Rows, shape: CategoryShape, parent: str | None, place: int) -> None:
    rows.put(rows.categories, shape.code, category_row(shape, parent, place), f"category {shape.code}")


def _add_calendar(rows: Rows, shape: CalendarShape) -> None:
    row = {
        "code": shape.code,
        "name_vi": shape.name.vi,
        "name_en": shape.name.en,
        "timezone": shape.timezone,
        "week": {str(WEEKDAYS.index(day)): on_paper(hours) for day, hours in shape.week.items()},
        "around_the_clock": shape.around_the_clock,
        "roll": str(shape.roll),
        "holidays": shape.holidays,
        "is_default": shape.default,
    }
    rows.put(rows.calendars, shape.code, row, f"calendar {shape.code}")
    for day in shape.days:
        dated = {
            "calendar_code": shape.code,
            "on_date": day.date,
            "hours": on_paper(day.hours),
            "name_vi": day.name.vi,
            "name_en": day.name.en,
            "source": "file",
        }
        rows.put(rows.days, (shape.code, day.date), dated, f"calendar {shape.code} {day.date}")


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None
