"""What a directory file may say: agencies, functions and their holders, categories, calendars.

Models of pydantic; the JSON Schema served under /v1/schemas is generated from them (`schemas.py`). Rules and
policies have a file of their own. A shape knows only itself: whether a named agency exists is asked later.
"""

import re
from datetime import date, time
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from dispatch.domain.calendar import Roll, WorkingCalendar

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=64)]
Pattern = Annotated[str, StringConstraints(pattern=r"^[a-z0-9{}._-]+$", max_length=64)]  # may hold {code}
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]
Layer = Literal["ward", "province", "district", "neighbour"]
AgencyKind = Literal["desk", "department", "ward", "police", "company"]


class Shape(BaseModel):
    """No unknown members: a misspelt key is an error, not a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Shape):
    """The same text in both languages."""

    vi: Sentence
    en: Sentence


class Validity(Shape):
    """Half-open local days; without `valid_from` the day of the import."""

    valid_from: date | None = None
    valid_to: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Validity":
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to lies before valid_from")
        return self


# ── agencies ────────────────────────────────────────────────────────────────────────────────────────────


class AgencyShape(Validity):
    """Who answers for reports. Exactly one agency of the installation has the kind `desk`."""

    code: Code
    name: Words
    kind: AgencyKind
    parent: Code | None = None
    calendar: Code | None = Field(default=None, description="Working hours of its own; else the default calendar")
    successor: Code | None = Field(default=None, description="Who took over its work when it ended")
    contact: dict[Literal["phone", "email", "address", "web"], str] = Field(default_factory=dict)


class AgencyPattern(Shape):
    """One agency for every area of a layer. Texts may hold {code}, {name}, {unit}, {short} and {kind_en}."""

    layer: Layer
    code: Pattern
    name: Words
    kind: AgencyKind
    parent: Code | None = None
    calendar: Code | None = None

    @model_validator(mode="after")
    def _one_each(self) -> "AgencyPattern":
        if "{code}" not in self.code:
            raise ValueError("code must hold {code}, else every area gets the same agency")
        used = set(re.findall(r"\{(.*?)\}", f"{self.code} {self.name.vi} {self.name.en}"))
        if unknown := used - {"code", "name", "unit", "short", "kind_en"}:
            raise ValueError(f"unknown words in braces: {', '.join(sorted(unknown))}")
        return self


class AgenciesFile(Shape):
    agencies: list[AgencyShape] = Field(default_factory=list)
    for_each_area: list[AgencyPattern] = Field(default_factory=list)


# ── functions ───────────────────────────────────────────────────────────────────────────────────────────


class Territory(Shape):
    layer: Layer = "ward"
    code: str


class HolderShape(Validity):
    """Who holds a function: everywhere, in one area, or (agency with {code}) one agency in each area of a layer."""

    agency: Pattern
    area: Territory | None = None
    for_each_area: Layer | None = None

    @model_validator(mode="after")
    def _one_territory(self) -> "HolderShape":
        if self.area and self.for_each_area:
            raise ValueError("area and for_each_area exclude each other")
        if "{" in self.agency and self.for_each_area is None:
            raise ValueError("{code} needs for_each_area")
        return self


class FunctionShape(Shape):
    """A duty. `holders` is the whole list: a holder no longer named ends at the day of the import."""

    code: Code
    name: Words
    holders: list[HolderShape] = Field(min_length=1)


class FunctionsFile(Shape):
    functions: list[FunctionShape]


# ── categories ──────────────────────────────────────────────────────────────────────────────────────────


class Choice(Shape):
    code: Code
    label: Words


class AttributeShape(Shape):
    """One question asked with a report of this category."""

    code: Code
    label: Words
    type: Literal["text", "number", "boolean", "choice", "choices"] = "text"
    required: bool = False
    choices: list[Choice] = Field(default_factory=list)

    @model_validator(mode="after")
    def _choices_where_needed(self) -> "AttributeShape":
        if bool(self.choices) != self.type.startswith("choice"):
            raise ValueError("choices belong to the types choice and choices, and must be there")
        return self


class CategoryShape(Shape):
    """A kind of report. Distances in metres, periods in calendar days, severity 1 low … 4 danger."""

    code: Code
    name: Words
    icon: str = ""
    publication: Literal["always", "after_review", "never"] = "after_review"
    sensitive: bool = False
    needs_approval: bool = False
    severity: int = Field(default=2, ge=1, le=4)
    quiet_days: int = Field(default=7, ge=1, le=90)
    duplicate_radius_m: int = Field(default=50, ge=0, le=5000)
    duplicate_days: int = Field(default=7, ge=0, le=365)
    proof_radius_m: int = Field(default=100, ge=10, le=5000)
    attributes: list[AttributeShape] = Field(default_factory=list)
    active: bool = True
    order: int | None = Field(default=None, ge=0, description="Place on the screen; else the place in the file")

    @model_validator(mode="after")
    def _sensitive_is_never_public(self) -> "CategoryShape":
        if self.sensitive and self.publication != "never":
            raise ValueError("a sensitive category is never published")
        return self


class CategoryGroup(CategoryShape):
    """A group with its children, a leaf without a group, or a leaf of a group that stands elsewhere (`parent`)."""

    parent: Code | None = None
    children: list[CategoryShape] = Field(default_factory=list)


class CategoriesFile(Shape):
    categories: list[CategoryGroup]


# ── calendars ───────────────────────────────────────────────────────────────────────────────────────────


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("not an IANA time zone")
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]
HalfDay = tuple[time, time]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class DayShape(Shape):
    """One date unlike its weekday: off (no hours), or worked with these hours."""

    date: date
    hours: list[HalfDay] = Field(default_factory=list)
    name: Words


class CalendarShape(Shape):
    """Working hours. Holidays come from the `holidays` library by country code; the days here win over it."""

    code: Code
    name: Words
    timezone: Zone = "Asia/Ho_Chi_Minh"
    week: dict[Weekday, list[HalfDay]] = Field(default_factory=dict)
    around_the_clock: bool = False
    roll: Roll = Roll.CLOSE
    holidays: str | None = "VN"
    default: bool = False
    days: list[DayShape] = Field(default_factory=list)

    @model_validator(mode="after")
    def _opens_some_time(self) -> "CalendarShape":
        WorkingCalendar(
            code=self.code,
            timezone=self.timezone,
            week={WEEKDAYS.index(day): tuple(hours) for day, hours in self.week.items()},
            exceptions={day.date: tuple(day.hours) for day in self.days if day.hours},
            around_the_clock=self.around_the_clock,
        )
        if not self.around_the_clock and not any(self.week.values()):
            raise ValueError("no weekday is worked: promises could not end")
        return self


class CalendarsFile(Shape):
    calendars: list[CalendarShape]


def on_paper(hours: Any) -> list[list[str]]:
    """Half-days as stored: [["07:30", "11:30"], …]."""
    return [[opens.strftime("%H:%M"), closes.strftime("%H:%M")] for opens, closes in hours]
