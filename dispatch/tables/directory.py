"""The directory: who answers for what, where, by which promise. Edited by people, effective-dated, versioned."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Column, Field, SQLModel, String

from dispatch.tables.columns import document, instant, texts
from kit.geo import geometry


class DirectoryVersion(SQLModel, table=True):
    """One row: the number every process compares its snapshot with. Any directory edit adds one."""

    __tablename__ = "directory_version"
    id: int = Field(default=1, primary_key=True)
    version: int = Field(default=1)
    areas_version: int = Field(default=1)  # polygons are reloaded only when they changed
    changed_at: datetime | None = Field(default=None, sa_column=instant(null=True))


class Agency(SQLModel, table=True):
    """Who answers for a report. `kind`: desk, department, ward, police, company."""

    __tablename__ = "agency"
    code: str = Field(sa_column=Column(String(64), primary_key=True))
    name_vi: str
    name_en: str
    kind: str
    parent_code: str | None = Field(default=None, foreign_key="agency.code")
    is_desk: bool = False  # exactly one desk: the IOC's own
    calendar_code: str | None = Field(default=None)
    valid_from: date = Field(default=date(2025, 7, 1))
    valid_to: date | None = Field(default=None)  # exclusive
    successor_code: str | None = Field(default=None, foreign_key="agency.code")
    contact: dict[str, Any] = Field(default_factory=dict, sa_column=document(default="{}"))


class DutyFunction(SQLModel, table=True):
    """A duty that a rule points to, e.g. provincial road upkeep."""

    __tablename__ = "duty_function"
    code: str = Field(sa_column=Column(String(64), primary_key=True))
    name_vi: str
    name_en: str


class FunctionHolder(SQLModel, table=True):
    """Which agency holds a function, for which territory (area_code NULL = the whole province), from when to when."""

    __tablename__ = "function_holder"
    __table_args__ = (Index("ix_function_holder_place", "function_code", "area_layer", "area_code"),)
    id: int | None = Field(default=None, primary_key=True)
    function_code: str = Field(foreign_key="duty_function.code")
    agency_code: str = Field(foreign_key="agency.code")
    area_layer: str | None = None
    area_code: str | None = None
    valid_from: date = Field(default=date(2025, 7, 1))
    valid_to: date | None = None


class Area(SQLModel, table=True):
    """An administrative polygon with validity dates; keyed by (layer, code, valid_from), since codes are reused."""

    __tablename__ = "area"
    __table_args__ = (
        UniqueConstraint("layer", "code", "valid_from"),
        CheckConstraint("layer IN ('ward', 'province', 'district', 'neighbour')", name="layer"),
    )
    id: int | None = Field(default=None, primary_key=True)
    layer: str
    code: str
    name: str
    parent_code: str | None = None
    valid_from: date
    valid_to: date | None = None  # exclusive
    approximate: bool = False
    source: str = ""
    area_m2: float = 0.0
    content_hash: str = ""  # of geometry and name, so that a second import changes nothing
    geom: Any = Field(sa_column=Column(geometry("MULTIPOLYGON"), nullable=False))


class Category(SQLModel, table=True):
    """What a report is about, a tree of two levels. `publication`: always, after_review, never."""

    __tablename__ = "category"
    __table_args__ = (CheckConstraint("publication IN ('always','after_review','never')", name="publication"),)
    code: str = Field(sa_column=Column(String(64), primary_key=True))
    parent_code: str | None = Field(default=None, foreign_key="category.code")
    name_vi: str
    name_en: str
    icon: str = ""
    sort: int = 0
    publication: str = "after_review"
    sensitive: bool = False
    needs_approval: bool = False
    severity: int = 2  # 1 low, 2 normal, 3 urgent, 4 danger
    quiet_days: int = 7  # calendar days from the answer to closing by silence
    duplicate_radius_m: int = 50
    duplicate_days: int = 7
    proof_radius_m: int = 100
    attributes: list[dict[str, Any]] = Field(default_factory=list, sa_column=document(default="[]"))
    active: bool = True
    imported: bool = False


class RoutingRule(SQLModel, table=True):
    """A standing rule; an edit is a new version. `condition` holds the JSON of dispatch.domain.routing.RoutingRule."""

    __tablename__ = "routing_rule"
    __table_args__ = (UniqueConstraint("code", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    code: str
    version: int = 1
    title_vi: str
    title_en: str
    condition: dict[str, Any] = Field(sa_column=document())
    function_code: str | None = Field(default=None, foreign_key="duty_function.code")
    agency_code: str | None = Field(default=None, foreign_key="agency.code")
    supporting: list[dict[str, Any]] = Field(default_factory=list, sa_column=document(default="[]"))
    severity_floor: int | None = None
    rank: int = 100
    state: str = "active"  # draft, active, retired
    valid_from: datetime = Field(sa_column=instant())
    valid_to: datetime | None = Field(default=None, sa_column=instant(null=True))


class SlaPolicy(SQLModel, table=True):
    """The promise for category × severity × agency kind; versioned and dated. The most specific fitting one holds.

    `targets`: {citizen|acknowledge|assign|resolve: {unit, amount, day_rule}}; `ladder`: [{at_percent, whom, channel}].
    """

    __tablename__ = "sla_policy"
    __table_args__ = (UniqueConstraint("code", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    code: str
    version: int = 1
    title_vi: str
    title_en: str
    category_code: str | None = Field(default=None, foreign_key="category.code")  # NULL = every category
    min_severity: int = 1
    agency_kind: str | None = None
    calendar_code: str | None = None  # NULL = the agency's own, else the default calendar
    targets: dict[str, Any] = Field(sa_column=document())
    ladder: list[dict[str, Any]] = Field(default_factory=list, sa_column=document(default="[]"))
    max_extensions: int = 1
    max_extension_days: int = 5  # working days each
    max_pause_days: int = 5  # working days
    valid_from: datetime = Field(sa_column=instant())
    valid_to: datetime | None = Field(default=None, sa_column=instant(null=True))


class WorkCalendar(SQLModel, table=True):
    """Weekly half-days and where holidays come from. `week`: {"0": [["07:30","11:30"],…], …}, Monday = 0."""

    __tablename__ = "work_calendar"
    code: str = Field(sa_column=Column(String(64), primary_key=True))
    name_vi: str
    name_en: str
    timezone: str = "Asia/Ho_Chi_Minh"
    week: dict[str, list[list[str]]] = Field(default_factory=dict, sa_column=document(default="{}"))
    around_the_clock: bool = False
    roll: str = "close"
    holidays: str | None = "VN"  # country code of the `holidays` library, or NULL
    is_default: bool = False


class CalendarDay(SQLModel, table=True):
    """One day that differs from the week: off (hours empty), or worked with these half-days."""

    __tablename__ = "calendar_day"
    calendar_code: str = Field(foreign_key="work_calendar.code", primary_key=True)
    on_date: date = Field(primary_key=True)
    hours: list[list[str]] = Field(default_factory=list, sa_column=document(default="[]"))
    name_vi: str = ""
    name_en: str = ""
    source: str = "row"  # row beats file


class Team(SQLModel, table=True):
    """A crew of an agency."""

    __tablename__ = "team"
    code: str = Field(sa_column=Column(String(64), primary_key=True))
    agency_code: str = Field(foreign_key="agency.code", index=True)
    name: str


class FieldWorker(SQLModel, table=True):
    """A person of a crew; id = his account. `shift`: half-days of the week as in WorkCalendar.week."""

    __tablename__ = "field_worker"
    __table_args__ = (Index("ix_field_worker_on_duty", "agency_code", postgresql_where=text("on_duty")),)
    id: UUID = Field(primary_key=True)
    agency_code: str = Field(foreign_key="agency.code", index=True)
    team_code: str | None = Field(default=None, foreign_key="team.code")
    name: str
    skills: list[str] = Field(default_factory=list, sa_column=texts())
    capacity: int = 8
    shift: dict[str, list[list[str]]] = Field(default_factory=dict, sa_column=document(default="{}"))
    on_duty: bool = False
    position: Any = Field(default=None, sa_column=Column(geometry("POINT", index=False), nullable=True))
    position_at: datetime | None = Field(default=None, sa_column=instant(null=True))
    position_accuracy_m: float | None = None
