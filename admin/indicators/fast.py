"""Figures over days and months from the sums; days whose sums are old are counted from their facts meanwhile.

`fast_rows` answers the questions it can answer exactly, and None for all others: those are counted from the facts.
"""

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from admin.indicators.catalogue import OVERDUE, OVERDUE_STRICT, Indicator
from admin.indicators.question import PERIODS, PLAIN, Basis, Question, Units
from admin.indicators.rollups import COUNTED

MOST_DIRTY = 40
_FIRST, _LAST = date(1900, 1, 1), date(9000, 1, 1)
_FORMATS = {"day": "YYYY-MM-DD", "week": 'IYYY-"W"IW', "month": "YYYY-MM"}


@dataclass(frozen=True, kw_only=True)
class Sum:
    """Counters of an indicator: n, and the numerator or total. `both`: also for what was answered in the period.

    `open_n`, `open_v`: what open reports add at the instant, which no sum can know.
    """

    n: str
    v: str | None = None
    both: bool = False
    open_n: str = "0"
    open_v: str = "0"


SUMS = {
    "received": Sum(n="received", both=True),
    "valid": Sum(n="valid", both=True),
    "resolved": Sum(n="answered", both=True),
    "rejected": Sum(n="rejected"),
    "referred": Sum(n="referred"),
    "duplicate": Sum(n="duplicate"),
    "withdrawn": Sum(n="withdrawn"),
    "no_promise": Sum(n="no_promise", both=True),
    "on_time_strict": Sum(n="promised", v="strict_hits", both=True),
    "on_time_lenient": Sum(n="promised", v="lenient_hits", both=True),
    "on_time_due": Sum(
        n="promised", v="strict_hits", open_n=f"count(*) FILTER (WHERE f.has_promise AND {OVERDUE_STRICT})"
    ),
    "resolve_mean": Sum(n="timed", v="seconds", both=True),
    "hops_mean": Sum(n="valid", v="hops", both=True),
    "reopen_rate": Sum(n="ever_answered", v="reopened"),
    "satisfied_rate": Sum(n="rated", v="satisfied", both=True),
    "response_rate": Sum(n="answered", v="answered_rated", both=True),
    "qd766_on_time": Sum(n="due_766", v="hits_766", both=True),
    "qd766_satisfied": Sum(
        n="valid", v="content_766",
        open_v=f"-count(*) FILTER (WHERE {OVERDUE} AND f.reopened = 0 AND f.rating IS DISTINCT FROM 'not_satisfied')",
    ),
}  # fmt: skip


def fast_rows(
    connection: psycopg.Connection[Any], indicator: Indicator, question: Question
) -> list[dict[str, Any]] | None:
    """Rows as the slow way gives them (group keys, n, value or numerator), or None where only the facts can tell."""
    dim = _dimension(indicator, question)
    if dim is None:
        return None
    zone = question.zone
    start = question.start.astimezone(zone).date() if question.start else _FIRST
    end = question.end.astimezone(zone).date() if question.end else _LAST
    dirty = connection.execute(
        "SELECT DISTINCT on_day FROM figure_dirty WHERE on_day >= %s AND on_day < %s LIMIT %s",
        (start, end, MOST_DIRTY + 1),
    ).fetchall()
    if len(dirty) > MOST_DIRTY:
        return None
    params = _ranges(start, end, [row[0] for row in dirty], whole_months=not _by_day(question))
    params |= {
        "instant": question.instant,
        "dim": dim or "all",
        "basis": question.basis[0] if _received(question) else "a",
    }
    params |= dict(question.filters)
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_statement(indicator, question, dim), params).fetchall()
    return [_as_asked(row, indicator, question) for row in rows if row["n"] or not question.groups]


def _received(question: Question) -> bool:
    return question.basis is Basis.RECEIVED


def _by_day(question: Question) -> bool:
    return "day" in question.groups or "week" in question.groups


def _dimension(indicator: Indicator, question: Question) -> str | None:
    """The one dimension that groups or filters ('' = none); None if the sums cannot answer."""
    summed = SUMS.get(indicator.code)
    dims = {name for name in (*question.groups, *question.filters) if name not in PERIODS}
    periods = [name for name in question.groups if name in PERIODS]
    plain = (
        summed is not None
        and question.as_of is None
        and question.basis is not Basis.OPEN_AT
        and (_received(question) or summed.both)
        and not question.restate
        and not question.top
        and question.viewer.agency is None
        and dims <= set(PLAIN)
        and len(dims) <= 1
        and len(periods) <= 1
        and not set(question.filters) & {"category", *PERIODS}  # a category stands for its subtree
        and not ("area" in dims and question.viewer.public)  # sensitive places are masked one by one
    )
    whole = all(
        edge is None or edge.astimezone(question.zone).time() == time.min for edge in (question.start, question.end)
    )
    if not plain or not whole:
        return None
    dim = next(iter(dims), "")
    return indicator.agency if dim == "agency" else dim


def _ranges(start: date, end: date, dirty: list[date], *, whole_months: bool) -> dict[str, Any]:
    """Clean months inside the interval; the clean days beside them; the dirty days."""
    first = start if start.day == 1 else (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    last = end.replace(day=1)
    if not whole_months or first >= last:
        first = last = start
    return {
        "start": start, "end": end, "first_month": first, "last_month": last, "dirty": dirty,
        "dirty_months": sorted({day.replace(day=1) for day in dirty}),
    }  # fmt: skip


def _statement(indicator: Indicator, question: Question, dim: str) -> str:
    """Months, days and facts under each other, summed by the groups asked for."""
    summed = SUMS[indicator.code]
    counters = {"n": summed.n, "v": _total(summed, question)}
    on = "f.received_on" if _received(question) else "f.answered_on"
    summed_key = f"coalesce(f.{dim}, '')" if dim else "''"
    narrow = "".join(f" AND key = %({name})s" for name in question.filters)
    narrow_facts = "".join(f" AND {summed_key} = %({name})s" for name in question.filters)
    stored = ", ".join(f"{counter} AS {name}" for name, counter in counters.items())
    counted = ", ".join(f"{COUNTED[counter]} AS {name}" for name, counter in counters.items())
    clean = f"SELECT key, on_day, {stored} FROM figure_rollup WHERE basis = %(basis)s AND dim = %(dim)s{narrow}"  # noqa: S608
    parts = [
        f"{clean} AND span = 'month' AND on_day >= %(first_month)s AND on_day < %(last_month)s"
        " AND on_day <> ALL(%(dirty_months)s::date[])",
        f"{clean} AND span = 'day' AND on_day >= %(start)s AND on_day < %(end)s AND on_day <> ALL(%(dirty)s::date[])"
        " AND (on_day < %(first_month)s OR on_day >= %(last_month)s"
        " OR date_trunc('month', on_day)::date = ANY(%(dirty_months)s::date[]))",
        f"SELECT {summed_key}, {on}, {counted} FROM report_fact f"  # noqa: S608 - our own names
        f" WHERE {on} = ANY(%(dirty)s::date[]){narrow_facts} GROUP BY 1, 2",
    ]
    if summed.open_n != "0" or summed.open_v != "0":
        parts.append(
            f"SELECT {summed_key}, {on}, {summed.open_n}, {summed.open_v} FROM report_fact f"  # noqa: S608
            f" WHERE f.is_open AND {on} >= %(start)s AND {on} < %(end)s{narrow_facts} GROUP BY 1, 2"
        )
    shown = {
        name: f"to_char(on_day, '{_FORMATS[name]}')" if name in PERIODS else "nullif(key, '')"
        for name in question.groups
    }
    names = [f"{expression} AS {name}" for name, expression in shown.items()]
    grouped = ", ".join(str(number) for number in range(1, len(names) + 1))
    select = ", ".join([*names, "coalesce(sum(n), 0)::bigint AS n, coalesce(sum(v), 0)::float8 AS v"])
    order = f" GROUP BY {grouped} ORDER BY {grouped}" if names else ""
    return f"SELECT {select} FROM ({' UNION ALL '.join(parts)}) p(key, on_day, n, v){order}"  # noqa: S608


def _total(summed: Sum, question: Question) -> str:
    if summed.v == "seconds" and question.units is Units.WORKING:
        return "work_seconds"
    return summed.v or summed.n


def _as_asked(row: dict[str, Any], indicator: Indicator, question: Question) -> dict[str, Any]:
    found = {name: row[name] for name in question.groups}
    n = int(row["n"])
    found["n"] = n
    if indicator.numerator:
        found["numerator"] = int(row["v"])
    else:
        found["value"] = (row["v"] / n if n else None) if indicator.measure else n
    return found
