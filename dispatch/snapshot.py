"""The directory as one immutable object in memory: built from rows, good for one version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from geoalchemy2.shape import to_shape
from sqlmodel import Session, select

from dispatch.calendars import load_calendars, wall_time
from dispatch.domain.calendar import WorkingCalendar
from dispatch.domain.geography import Atlas
from dispatch.domain.geography_places import AreaShape
from dispatch.domain.ladder import Rung
from dispatch.domain.policy import Policy
from dispatch.domain.promise import Target
from dispatch.domain.routing_rules import AgencyView, AssetCondition, CategoryTree, Holder, RoutingRule
from dispatch.domain.routing_view import RulebookView
from dispatch.tables import directory as tables
from kit.settings import get_settings

DEPTHS = {"province": 1, "district": 2, "ward": 3, "neighbour": 3}


class NoDesk(RuntimeError):
    """The directory has no agency marked as the IOC's desk: nobody could own what no rule places."""


@dataclass(frozen=True)
class Snapshot:
    """Everything a decision may need, of one directory version."""

    version: int
    areas_version: int
    view: RulebookView
    tree: CategoryTree
    atlas: Atlas
    area_names: Mapping[int, str]
    agencies: Mapping[str, tables.Agency]
    categories: Mapping[str, tables.Category]
    leaves: frozenset[str]
    policies: tuple[Policy, ...]
    policies_by_id: Mapping[int, Policy]
    calendars: Mapping[str, WorkingCalendar]
    default_calendar: str
    desk: str
    zone: ZoneInfo

    def calendar_of(self, policy: Policy | None, agency: str) -> WorkingCalendar:
        """The policy's calendar, else the agency's own, else the default one."""
        named = (policy.calendar if policy else None) or self.agencies[agency].calendar_code
        return self.calendars.get(named or "", self.calendars[self.default_calendar])

    def local_date(self, at: datetime) -> date:
        """The calendar day of an instant where the province is."""
        return at.astimezone(self.zone).date()


def load_snapshot(session: Session, before: Snapshot | None = None) -> Snapshot:
    """Read the directory; the atlas of `before` is kept when no area changed."""
    stamp = session.exec(select(tables.DirectoryVersion)).one()
    zone = get_settings().timezone
    agencies = {agency.code: agency for agency in session.exec(select(tables.Agency))}
    categories = {category.code: category for category in session.exec(select(tables.Category))}
    tree = CategoryTree({code: category.parent_code for code, category in categories.items()})
    calendars, default = load_calendars(session)
    policies = tuple(_policy(row) for row in session.exec(select(tables.SlaPolicy)))
    desks = [code for code, agency in agencies.items() if agency.is_desk]
    if len(desks) != 1:
        raise NoDesk(f"the directory names {len(desks)} desks; exactly one is needed")
    same_map = before is not None and before.areas_version == stamp.areas_version
    shapes = [] if same_map else _shapes(session)
    return Snapshot(
        version=stamp.version,
        areas_version=stamp.areas_version,
        view=_view(session, stamp.version, zone, tree, agencies),
        tree=tree,
        atlas=before.atlas if before and same_map else Atlas.build(shapes),
        area_names=before.area_names if before and same_map else {shape.id: shape.name for shape in shapes},
        agencies=agencies,
        categories=categories,
        leaves=frozenset(set(categories) - {category.parent_code for category in categories.values()}),
        policies=policies,
        policies_by_id={policy.id: policy for policy in policies},
        calendars=calendars,
        default_calendar=default,
        desk=desks[0],
        zone=ZoneInfo(zone),
    )


def _view(
    session: Session, version: int, zone: str, tree: CategoryTree, agencies: Mapping[str, tables.Agency]
) -> RulebookView:
    rules = session.exec(select(tables.RoutingRule).where(tables.RoutingRule.state == "active"))
    holders = session.exec(select(tables.FunctionHolder))
    return RulebookView(
        version=str(version),
        zone=zone,
        categories=tree,
        rules=[to_rule(row, zone) for row in rules],
        holders=[
            Holder(
                function=row.function_code,
                agency=row.agency_code,
                layer=row.area_layer,
                code=row.area_code,
                valid_from=row.valid_from,
                valid_to=row.valid_to,
            )
            for row in holders
        ],
        agencies=[
            AgencyView(
                code=agency.code,
                name=agency.name_vi,
                valid_from=agency.valid_from,
                valid_to=agency.valid_to,
                successor=agency.successor_code,
            )
            for agency in agencies.values()
        ],
    )


def to_rule(row: tables.RoutingRule, zone: str) -> RoutingRule:
    """The pure rule of a row. `condition` members: categories, areas, asset, hours, weekdays, dates, sources, flags."""
    said: dict[str, Any] = row.condition
    asset = said.get("asset")
    here = ZoneInfo(zone)
    return RoutingRule(
        code=row.code,
        version=row.version,
        title=row.title_vi,
        categories=tuple(said.get("categories", ())),
        areas=tuple((layer, code) for layer, code in said.get("areas", ())),
        asset=AssetCondition(asset["class"], float(asset["within_m"])) if asset else None,
        hours=tuple((wall_time(start), wall_time(end)) for start, end in said.get("hours", ())),
        weekdays=tuple(said.get("weekdays", ())),
        dates=tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in said.get("dates", ())),
        zone=said.get("zone"),
        sources=tuple(said.get("sources", ())),
        min_severity=said.get("min_severity"),
        flags=tuple(said.get("flags", ())),
        function=row.function_code,
        agency=row.agency_code,
        supporting_functions=tuple(item["function"] for item in row.supporting if "function" in item),
        supporting_agencies=tuple(item["agency"] for item in row.supporting if "agency" in item),
        severity_floor=row.severity_floor,
        rank=row.rank,
        valid_from=row.valid_from.astimezone(here).date(),
        valid_to=row.valid_to.astimezone(here).date() if row.valid_to else None,
    )


def _shapes(session: Session) -> list[AreaShape]:
    return [
        AreaShape(
            id=row.id or 0,
            layer=row.layer,  # type: ignore[arg-type]
            code=row.code,
            name=row.name,
            parent_code=row.parent_code,
            depth=DEPTHS[row.layer],
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            approximate=row.approximate,
            geometry=to_shape(row.geom),
        )
        for row in session.exec(select(tables.Area).execution_options(yield_per=500))
    ]


def _policy(row: tables.SlaPolicy) -> Policy:
    rungs = [Rung(at_percent=rung["at_percent"], whom=rung["whom"], channel=rung["channel"]) for rung in row.ladder]
    return Policy(
        id=row.id or 0,
        code=row.code,
        version=row.version,
        category=row.category_code,
        min_severity=row.min_severity,
        agency_kind=row.agency_kind,
        calendar=row.calendar_code,
        targets={kind: to_target(target) for kind, target in row.targets.items()},
        ladder=tuple(sorted(rungs, key=lambda rung: rung.at_percent)),
        max_extensions=row.max_extensions,
        max_extension_days=row.max_extension_days,
        max_pause_days=row.max_pause_days,
        valid_from=row.valid_from.astimezone(UTC),
        valid_to=row.valid_to.astimezone(UTC) if row.valid_to else None,
    )


def to_target(raw: Mapping[str, Any]) -> Target:
    return Target(unit=raw["unit"], amount=raw["amount"], day_rule=raw.get("day_rule", "end_of_day"))
