"""What a directory file may say about routing rules and promises (SLA policies)."""

from datetime import date, time
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from admin.imports.shapes import AgencyKind, Code, Shape, Territory, Words, Zone
from dispatch.domain.calendar import DayRule
from dispatch.domain.ladder import Rung
from dispatch.domain.promise import Target, Unit

Source = Literal["app", "web", "hotline", "open311", "sensor", "import"]
Whom = Literal["worker", "team_leader", "agency", "leader", "supervisor", "desk", "province"]
ChannelName = Literal["inbox", "push", "sms", "email"]


class Dated(Shape):
    """Half-open instants with an offset; without `valid_from` the instant of the import."""

    valid_from: AwareDatetime | None = None
    valid_to: AwareDatetime | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Dated":
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        return self


# ── rules ───────────────────────────────────────────────────────────────────────────────────────────────


class AssetShape(Shape):
    """An asset of this class lies within so many metres of the place."""

    asset_class: Code = Field(alias="class")
    within_m: float = Field(gt=0, le=1000)


def _some_time(window: tuple[time, time]) -> tuple[time, time]:
    if window[0] == window[1]:
        raise ValueError("the hours are empty: leave them out to mean the whole day")
    return window


def _in_order(period: tuple[date, date]) -> tuple[date, date]:
    if period[1] < period[0]:
        raise ValueError("the period ends before it begins")
    return period


class ConditionShape(Shape):
    """When a rule fits; what is left out asks nothing. Names and meaning are those of dispatch.domain.routing."""

    categories: list[Code] = Field(default_factory=list, description="Roots of subtrees")
    areas: list[Territory] = Field(default_factory=list)
    asset: AssetShape | None = None
    hours: list[Annotated[tuple[time, time], AfterValidator(_some_time)]] = Field(
        default_factory=list, description="Half-open windows of local time; may run past midnight"
    )
    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(default_factory=list, description="ISO: Monday = 1")
    dates: list[Annotated[tuple[date, date], AfterValidator(_in_order)]] = Field(default_factory=list)
    zone: Zone | None = None
    sources: list[Source] = Field(default_factory=list)
    min_severity: int | None = Field(default=None, ge=1, le=4)
    flags: list[Code] = Field(default_factory=list)


class SupportShape(Shape):
    """Who helps: a function's holder or one agency."""

    function: Code | None = None
    agency: Code | None = None

    @model_validator(mode="after")
    def _one(self) -> "SupportShape":
        if (self.function is None) == (self.agency is None):
            raise ValueError("name a function or an agency, not both")
        return self


class RuleShape(Dated):
    """A standing rule. `title` is the reason people read. An edit of an existing code makes a new version."""

    code: Code
    title: Words
    when: ConditionShape
    function: Code | None = None
    agency: Code | None = None
    supporting: list[SupportShape] = Field(default_factory=list)
    severity_floor: int | None = Field(default=None, ge=1, le=4)
    rank: int = Field(default=100, ge=0, le=9999)
    state: Literal["active", "draft", "retired"] = "active"

    @model_validator(mode="after")
    def _leads_somewhere(self) -> "RuleShape":
        if (self.function is None) == (self.agency is None):
            raise ValueError("a rule points to a function or to an agency, not both")
        return self


class RulesFile(Shape):
    rules: list[RuleShape]


# ── policies ────────────────────────────────────────────────────────────────────────────────────────────


class TargetShape(Shape):
    """So many of one unit, e.g. {working_days: 3}."""

    working_minutes: int | None = Field(default=None, ge=1)
    working_hours: int | None = Field(default=None, ge=1)
    working_days: int | None = Field(default=None, ge=1)
    calendar_minutes: int | None = Field(default=None, ge=1)
    calendar_hours: int | None = Field(default=None, ge=1)
    day_rule: DayRule = DayRule.END_OF_DAY

    @model_validator(mode="after")
    def _one_unit(self) -> "TargetShape":
        if sum(getattr(self, unit) is not None for unit in Unit) != 1:
            raise ValueError("a target names one unit")
        return self

    def as_target(self) -> Target:
        unit = next(unit for unit in Unit if getattr(self, unit) is not None)
        return Target(unit=unit, amount=getattr(self, unit), day_rule=self.day_rule)


class TargetsShape(Shape):
    """`citizen`: the promise to the sender. `resolve`: what the agency that holds the report has, per hop."""

    citizen: TargetShape
    acknowledge: TargetShape
    assign: TargetShape | None = None
    resolve: TargetShape


class RungShape(Shape):
    """Once this share of the promise is used: tell whom, by which channel."""

    at_percent: int = Field(ge=1, le=1000)
    whom: Whom
    channel: ChannelName = "inbox"

    def as_rung(self) -> Rung:
        return Rung(at_percent=self.at_percent, whom=self.whom, channel=self.channel)


class PolicyShape(Dated):
    """A promise. The most specific fitting policy holds; an edit makes a new version and touches no running clock."""

    code: Code
    title: Words
    category: Code | None = Field(default=None, description="Root of a subtree; left out: every category")
    min_severity: int = Field(default=1, ge=1, le=4)
    agency_kind: AgencyKind | None = None
    calendar: Code | None = None
    targets: TargetsShape
    ladder: list[RungShape] = Field(default_factory=list)
    max_extensions: int = Field(default=1, ge=0, le=10)
    max_extension_days: int = Field(default=5, ge=1, le=60, description="Working days, each")
    max_pause_days: int = Field(default=5, ge=1, le=60, description="Working days")


class PoliciesFile(Shape):
    policies: list[PolicyShape]
