"""The SQL of a figure: which facts, which population, grouped by what.

Every fragment is our own text; every value that came from outside is a parameter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from admin.indicators.catalogue import Indicator, Kind, Moment
from admin.indicators.periods import ends_of, period_of
from admin.indicators.question import PERIODS, Basis, Question, Units, refused
from admin.indicators.tables import COLUMNS

_NAMES = ", ".join(COLUMNS)
_THEN = f"""(
    SELECT {_NAMES} FROM report_fact WHERE since < %(as_of)s
    UNION ALL SELECT {_NAMES} FROM report_fact_past WHERE since < %(as_of)s AND until >= %(as_of)s
)"""  # noqa: S608 - column names of our own tables
# Stocks at the ends of periods: every way a report stood while any of these instants passed.
_AT_EACH = f"""(
    SELECT i.label, i.at, v.* FROM unnest(%(labels)s::text[], %(ends)s::timestamptz[]) AS i(label, at)
    JOIN (
        SELECT {_NAMES}, 'infinity'::timestamptz AS until FROM report_fact
        WHERE is_open AND since < %(last_end)s
        UNION ALL SELECT {_NAMES}, until FROM report_fact_past
        WHERE is_open AND since < %(last_end)s AND until >= %(first_end)s
    ) v ON v.since < i.at AND v.until >= i.at
)"""  # noqa: S608 - column names of our own tables
_MOMENTS = {
    Moment.ANSWERED: ("f.answered_at", "f.answered_on"),
    Moment.FIRST_ANSWERED: ("f.first_answered_at", None),
    Moment.EXIT: ("f.exit_at", None),
}
_FORMATS = {"day": "YYYY-MM-DD", "week": 'IYYY-"W"IW', "month": "YYYY-MM"}
_AGE = """CASE WHEN %(instant)s - f.received_at < interval '7 days' THEN '0-7d'
    WHEN %(instant)s - f.received_at < interval '30 days' THEN '7-30d'
    WHEN %(instant)s - f.received_at < interval '90 days' THEN '30-90d'
    WHEN %(instant)s - f.received_at < interval '180 days' THEN '90-180d' ELSE '180d+' END"""
# Successors of agencies, followed to their end: what `restate` counts for.
_HEIRS = """ LEFT JOIN (WITH RECURSIVE line(code, heir, depth) AS (
    SELECT code, code, 0 FROM agency
    UNION ALL SELECT line.code, agency.successor_code, depth + 1 FROM line JOIN agency ON agency.code = line.heir
    WHERE agency.successor_code IS NOT NULL AND depth < 20
) SELECT DISTINCT ON (code) code, heir FROM line ORDER BY code, depth DESC) heirs ON heirs.code = """
_PLACE = " JOIN report place ON place.id = f.report_id"
_POSITIONS = """ LEFT JOIN unnest(%(codes)s::text[], %(positions)s::float8[]) AS reached(code, s)
    ON reached.code = f.calendar"""
_NUMBERS = frozenset({"weekday", "hour", "cell_lat_e3", "cell_lon_e3"})


@dataclass(kw_only=True)
class Population:
    """`FROM … WHERE …` of one figure, the expressions of its groups, and the parameters of both."""

    source: str
    groups: Mapping[str, str]
    measure: str | None
    conditions: list[str] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)
    snapshot: bool = False

    @property
    def body(self) -> str:
        return f"FROM {self.source} WHERE {' AND '.join(self.conditions)}"

    def late_at(self, predicate: str) -> str:
        """A predicate judged at the row's own instant, where there are several."""
        return predicate.replace("%(instant)s", "f.at") if self.snapshot else predicate


def population(indicator: Indicator, question: Question) -> Population:
    """Who is counted, by the definition, the interval, the filters and the viewer's right."""
    found = _facts(indicator, question)
    found.conditions.append(found.late_at(indicator.population))
    counted = _counted_at(indicator, question)
    if question.basis is Basis.OPEN_AT:
        found.conditions.append("f.is_open")
    elif not found.snapshot:
        _interval(found, question, *counted)
    found.measure = _measure(indicator, question)
    if found.measure:
        found.conditions.append(f"{found.measure} IS NOT NULL")
    expressions = _Expressions(indicator, question, counted, found)
    found.groups = {name: expressions.of(name) for name in _shown(indicator, question)}
    for number, (name, value) in enumerate(question.filters.items()):
        if not (name in PERIODS and found.snapshot):
            _filter(found, name, expressions.of(name), value, f"key{number}")
    _restrict(found, indicator, question)
    _join(found, indicator, expressions.used)
    return found


def _shown(indicator: Indicator, question: Question) -> tuple[str, ...]:
    return (*question.groups, "cell_lat_e3", "cell_lon_e3") if indicator.kind is Kind.HOTSPOTS else question.groups


def _facts(indicator: Indicator, question: Question) -> Population:
    """Where to read: as things stand, as they stood, or as they stood at the end of each period (stocks)."""
    params: dict[str, Any] = {"instant": question.instant, "as_of": question.as_of, "zone": str(question.zone)}
    if indicator.at_instant:
        period = period_of(question)
        if period and (ends := ends_of(question, period)):
            params |= {"labels": [label for label, _ in ends], "ends": [at for _, at in ends]}
            params |= {"first_end": ends[0][1], "last_end": ends[-1][1]}
            return Population(source=f"{_AT_EACH} f", groups={}, measure=None, params=params, snapshot=True)
        past = question.end if question.basis is Basis.OPEN_AT and question.as_of is None else None
        if past and past < question.now:
            return Population(
                source=f"{_THEN} f", groups={}, measure=None, params=params | {"as_of": past, "instant": past}
            )
    source = f"{_THEN} f" if question.as_of else "report_fact f"
    return Population(source=source, groups={}, measure=None, params=params)


def _counted_at(indicator: Indicator, question: Question) -> tuple[str, str]:
    """The instant a report counts by, and its local day."""
    if question.basis is not Basis.RESOLVED or indicator.at_instant:
        return "f.received_at", "f.received_on"
    at, on = _MOMENTS[indicator.moment]
    return at, on or f"({at} AT TIME ZONE %(zone)s)::date"


def _interval(found: Population, question: Question, at: str, on: str) -> None:
    """Half-open in instants; the day's column beside it lets the index do the work."""
    if question.basis is Basis.RESOLVED:
        found.conditions.append(f"{at} IS NOT NULL")
    for name, edge, sign in (("start", question.start, ">="), ("end", question.end, "<")):
        if edge is None:
            continue
        local = edge.astimezone(question.zone)
        found.params |= {name: edge, f"{name}_on": local.date()}
        whole_day = local.time() == time.min
        found.conditions.append(f"{on} {sign if whole_day else sign[0] + '='} %({name}_on)s")
        if not whole_day:
            found.conditions.append(f"{at} {sign} %({name})s")


def _measure(indicator: Indicator, question: Question) -> str | None:
    """The measured column; for survival the time seen so far where there is no answer yet."""
    if indicator.measure is None or not indicator.timed:
        return f"f.{indicator.measure}::float8" if indicator.measure else None
    working = question.units is Units.WORKING
    column = f"f.{indicator.measure}_work_s" if working else f"f.{indicator.measure}_s"
    if indicator.kind is not Kind.SURVIVAL_MEDIAN:
        return column
    seen = "reached.s - f.received_work_s" if working else "extract(epoch FROM %(instant)s - f.received_at)::float8"
    return f"CASE WHEN f.answered_at IS NULL THEN greatest({seen}, 0) ELSE {column} END"


class _Expressions:
    """The expression of each group or filter, and which were used, so that joins are made only for them."""

    def __init__(self, indicator: Indicator, question: Question, counted: tuple[str, str], found: Population) -> None:
        at, on = counted
        local = f"({at} AT TIME ZONE %(zone)s)"
        area = "f.area_today" if question.restate else "f.area"
        self.used: set[str] = set()
        self._known = {
            # A sensitive report's place is nobody's business: strangers see it under no area.
            "area": f"CASE WHEN f.sensitive THEN NULL ELSE {area} END" if question.viewer.public else area,
            "agency": "heirs.heir" if question.restate else f"f.{indicator.agency}",
            "category": "f.category",
            "channel": "f.channel",
            "team": "f.team",
            "weekday": f"extract(isodow FROM {local})::int",
            "hour": f"extract(hour FROM {local})::int",
            "age": found.late_at(_AGE),
            "address": "place.address",
            "cell_lat_e3": "f.cell_lat",
            "cell_lon_e3": "f.cell_lon",
        } | {name: "f.label" if found.snapshot else f"to_char({on}, '{_FORMATS[name]}')" for name in PERIODS}

    def of(self, name: str) -> str:
        expression = self._known[name]
        self.used.add(expression.partition(".")[0])
        return expression


def _filter(found: Population, name: str, expression: str, value: str, key: str) -> None:
    """Narrow to one value; '' means none. A category stands for its subtree."""
    if value == "":
        found.conditions.append(f"{expression} IS NULL")
        return
    found.params[key] = value
    if name in _NUMBERS:
        if not value.removeprefix("-").isdigit() or len(value) > 9:
            raise refused(name, "not-a-number")
        found.params[key] = int(value)
    if name == "category":
        tree = f"SELECT code FROM category WHERE code = %({key})s OR parent_code = %({key})s"  # noqa: S608
        found.conditions.append(f"{expression} IN ({tree})")
    else:
        found.conditions.append(f"{expression} = %({key})s")


def _restrict(found: Population, indicator: Indicator, question: Question) -> None:
    if indicator.kind is Kind.HOTSPOTS and question.viewer.public:
        found.conditions.append("NOT f.sensitive")
    if "address" in question.groups:  # a report without one stands for no address
        found.conditions.append("place.address <> ''")
    if question.viewer.agency is not None:
        found.conditions.append("f.agency = %(own_agency)s")
        found.params["own_agency"] = question.viewer.agency


def _join(found: Population, indicator: Indicator, used: set[str]) -> None:
    if "heirs" in used:
        found.source += f"{_HEIRS}f.{indicator.agency}"
    if "place" in used:
        found.source += _PLACE
    if "reached.s" in (found.measure or ""):
        found.source += _POSITIONS
