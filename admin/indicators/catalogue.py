"""Every figure by one entry: its population, its value, the day it is counted on. Panel, lists and exports render it.

Predicates are SQL over `f`, a row of the facts at the instant asked for (`%(instant)s`). A change of meaning is a new
version; names and definitions for people stand in `locales/` under `<code>-name` and `<code>-definition`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kit.words import Catalogue

WORDS = Catalogue(Path(__file__).parent / "locales")


class Kind(StrEnum):
    """How a value is made from a population."""

    COUNT = "count"
    RATE = "rate"  # numerator / n, with a Wilson interval
    MEAN = "mean"
    PERCENTILE = "percentile"  # linear interpolation, as SQL's percentile_cont
    SURVIVAL_MEDIAN = "survival_median"  # Kaplan–Meier: open reports count as censored
    HOTSPOTS = "hotspots"


class Moment(StrEnum):
    """Which instant of a report `basis=resolved` counts by."""

    ANSWERED = "answered"
    FIRST_ANSWERED = "first_answered"
    EXIT = "exit"


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One definition. `measure` names a duration column without its unit's suffix, or a plain column."""

    code: str
    kind: Kind
    population: str
    version: int = 1
    unit: str = "reports"  # reports, share, seconds, hops
    numerator: str | None = None
    measure: str | None = None
    quantile: float | None = None
    moment: Moment = Moment.ANSWERED
    agency: str = "agency"  # the fact column that says whom it is charged to
    at_instant: bool = False  # a stock at an instant, not a flow of a period
    minimum: int = 0  # below this n the value is hidden from everybody

    @property
    def timed(self) -> bool:
        """True if the measure exists in calendar and in working time."""
        return self.unit == "seconds"

    def name(self, locale: str) -> str:
        return WORDS.say(f"{self.code}-name", locale)

    def definition(self, locale: str) -> str:
        return WORDS.say(f"{self.code}-definition", locale)


VALID = "f.exit_kind IS NULL"
ANSWERED = "f.answered_at IS NOT NULL"
OVERDUE_STRICT = "(f.is_open AND NOT f.paused AND f.strict_due_at < %(instant)s)"
OVERDUE = "(f.is_open AND NOT f.paused AND f.lenient_due_at < %(instant)s)"
STRICT = "f.answered_at <= f.strict_due_at"
LENIENT = "f.answered_at <= f.lenient_due_at"
# A comparison with a missing due time is unknown in SQL; nobody misses a promise that was not made.
MISSED_766 = (
    "(f.rating IS NOT DISTINCT FROM 'not_satisfied' OR f.reopened > 0"
    f" OR coalesce({OVERDUE}, false) OR NOT coalesce({LENIENT}, true))"
)
# The cells only narrow the search (500 m and more); the radius of the category decides.
RECURRED = """EXISTS (
    SELECT 1 FROM report_fact o
    JOIN category c ON c.code = f.category
    JOIN report here ON here.id = f.report_id JOIN report there ON there.id = o.report_id
    WHERE o.category = f.category AND o.report_id <> f.report_id AND o.placed AND f.placed
      AND o.cell_lat BETWEEN f.cell_lat - 5 AND f.cell_lat + 5 AND o.cell_lon BETWEEN f.cell_lon - 6 AND f.cell_lon + 6
      AND o.received_at > f.answered_at AND o.received_at < %(instant)s
      AND o.received_at <= f.answered_at + interval '30 days'
      AND ST_DistanceSphere(here.point, there.point) <= c.duplicate_radius_m)"""


def _exit(kind: str) -> Indicator:
    return Indicator(code=kind, kind=Kind.COUNT, population=f"f.exit_kind = '{kind}'", moment=Moment.EXIT)


def _on_time(code: str, numerator: str, agency: str, more: str = "") -> Indicator:
    population = f"f.has_promise AND ({ANSWERED}{more})"
    return Indicator(code=code, kind=Kind.RATE, unit="share", population=population, numerator=numerator, agency=agency)


def _lasting(code: str, kind: Kind, measure: str, quantile: float | None = None, population: str = VALID) -> Indicator:
    return Indicator(code=code, kind=kind, unit="seconds", population=population, measure=measure, quantile=quantile)


def _rate(code: str, population: str, numerator: str, minimum: int = 0, moment: Moment = Moment.ANSWERED) -> Indicator:
    return Indicator(
        code=code, kind=Kind.RATE, unit="share", population=population, numerator=numerator, minimum=minimum,
        moment=moment,
    )  # fmt: skip


def _count(code: str, population: str, *, at_instant: bool = False) -> Indicator:
    return Indicator(code=code, kind=Kind.COUNT, population=population, at_instant=at_instant)


_ALL = (
    _count("received", "true"),
    _count("valid", VALID),
    _count("resolved", ANSWERED),
    _exit("rejected"),
    _exit("referred"),
    _exit("duplicate"),
    _exit("withdrawn"),
    _count("backlog", "f.is_open", at_instant=True),
    _count("backlog_overdue", OVERDUE, at_instant=True),
    _count("no_promise", f"{VALID} AND NOT f.has_promise"),
    _on_time("on_time_strict", STRICT, "agency_strict"),
    _on_time("on_time_lenient", LENIENT, "agency_lenient"),
    _on_time("on_time_due", STRICT, "agency_strict", f" OR {OVERDUE_STRICT}"),
    _lasting("ack_p50", Kind.PERCENTILE, "ack", 0.5),
    _lasting("ack_p90", Kind.PERCENTILE, "ack", 0.9),
    _lasting("resolve_p50", Kind.PERCENTILE, "resolve", 0.5),
    _lasting("resolve_p90", Kind.PERCENTILE, "resolve", 0.9),
    _lasting("resolve_mean", Kind.MEAN, "resolve"),
    _lasting("resolve_km_median", Kind.SURVIVAL_MEDIAN, "resolve"),
    _rate(
        "reopen_rate", f"f.first_answered_at IS NOT NULL AND {VALID}", "f.reopened > 0", moment=Moment.FIRST_ANSWERED
    ),
    Indicator(code="hops_mean", kind=Kind.MEAN, unit="hops", population=VALID, measure="hops"),
    _rate("recurrence_rate", ANSWERED, RECURRED),
    _rate("satisfied_rate", "f.rating IS NOT NULL", "f.rating = 'satisfied'", minimum=10),
    _rate("response_rate", ANSWERED, "f.rating IS NOT NULL"),
    _rate("qd766_on_time", f"{VALID} AND f.has_promise", f"coalesce({LENIENT}, false)"),
    _rate("qd766_satisfied", VALID, f"NOT {MISSED_766}"),
    Indicator(code="hotspots", kind=Kind.HOTSPOTS, population="f.placed", numerator="f.is_open"),
)
INDICATORS: Mapping[str, Indicator] = {indicator.code: indicator for indicator in _ALL}
