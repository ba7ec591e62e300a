"""Keeping the sums: days whose facts changed are summed anew, each from its facts alone; months from their days.

Every counter is written with the predicates of the catalogue, so a sum and a count of the facts cannot differ.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import psycopg
from sqlmodel import Session

from admin.indicators.catalogue import ANSWERED, INDICATORS, LENIENT, STRICT, VALID
from admin.indicators.rollup_tables import COUNTERS
from kit.db import raw

DIMS = ("agency", "agency_strict", "agency_lenient", "area", "category", "channel", "team")
DAYS_AT_ONCE = 64
_PROMISED = INDICATORS["on_time_strict"].population
_EVER = INDICATORS["reopen_rate"].population
_LATE_766 = f"f.rating IS NOT DISTINCT FROM 'not_satisfied' OR f.reopened > 0 OR NOT coalesce({LENIENT}, true)"
_FILTERS: Mapping[str, str] = {
    "received": "true",
    "valid": VALID,
    "answered": ANSWERED,
    "rejected": INDICATORS["rejected"].population,
    "referred": INDICATORS["referred"].population,
    "duplicate": INDICATORS["duplicate"].population,
    "withdrawn": INDICATORS["withdrawn"].population,
    "no_promise": INDICATORS["no_promise"].population,
    "promised": _PROMISED,
    "strict_hits": f"{_PROMISED} AND {STRICT}",
    "lenient_hits": f"{_PROMISED} AND {LENIENT}",
    "ever_answered": _EVER,
    "reopened": f"{_EVER} AND f.reopened > 0",
    "rated": INDICATORS["satisfied_rate"].population,
    "satisfied": "f.rating = 'satisfied'",
    "answered_rated": f"{ANSWERED} AND f.rating IS NOT NULL",
    "timed": f"{VALID} AND f.resolve_s IS NOT NULL",
    "due_766": f"{VALID} AND f.has_promise",
    "hits_766": f"{VALID} AND f.has_promise AND {LENIENT}",
    "content_766": f"{VALID} AND NOT ({_LATE_766})",
}
_SUMS: Mapping[str, str] = {
    "hops": f"coalesce(sum(f.hops) FILTER (WHERE {VALID}), 0)",
    "seconds": f"coalesce(sum(f.resolve_s) FILTER (WHERE {VALID}), 0)",
    "work_seconds": f"coalesce(sum(f.resolve_work_s) FILTER (WHERE {VALID}), 0)",
}
COUNTED: Mapping[str, str] = {
    name: _SUMS.get(name) or f"count(*) FILTER (WHERE {_FILTERS[name]})" for name in COUNTERS
}  # in the order of the table
_DAY_OF = {"r": "received_on", "a": "answered_on"}


def mark_dirty(connection: psycopg.Connection[Any], days: Iterable[date]) -> None:
    """These days' sums are old from the commit of this transaction on."""
    wanted = sorted(set(days))
    if wanted:
        connection.execute("INSERT INTO figure_dirty (on_day) SELECT unnest(%s::date[])", (wanted,))


def sum_up(session: Session, *, at_most: int = DAYS_AT_ONCE) -> int:
    """Sum the dirty days anew, oldest first; returns how many. Only one process at a time may do this."""
    connection = raw(session)
    found = connection.execute(
        "SELECT DISTINCT on_day FROM figure_dirty ORDER BY on_day LIMIT %s", (at_most,)
    ).fetchall()
    days = [row[0] for row in found]
    if not days:
        return 0
    # Marks go first: facts committed after this moment bring their own marks.
    connection.execute("DELETE FROM figure_dirty WHERE on_day = ANY(%s)", (days,))
    months = sorted({day.replace(day=1) for day in days})
    connection.execute("DELETE FROM figure_rollup WHERE span = 'day' AND on_day = ANY(%s)", (days,))
    connection.execute("DELETE FROM figure_rollup WHERE span = 'month' AND on_day = ANY(%s)", (months,))
    for basis in _DAY_OF:
        connection.execute(_sum_days(basis), (days,))
    connection.execute(_SUM_MONTHS, (months, months[-1], months[0]))
    return len(days)


def _sum_days(basis: str) -> str:
    """One pass over the days' facts, all dimensions at once (grouping sets)."""
    day = f"f.{_DAY_OF[basis]}"
    dims = ", ".join(f"f.{dim}" for dim in DIMS)
    sets = ", ".join(f"({day}, f.{dim})" for dim in DIMS)
    which = " ".join(
        f"WHEN grouping({dims}) = {((1 << len(DIMS)) - 1) ^ (1 << (len(DIMS) - 1 - place))} THEN '{dim}'"
        for place, dim in enumerate(DIMS)
    )
    key = " ".join(f"WHEN grouping(f.{dim}) = 0 THEN coalesce(f.{dim}, '')" for dim in DIMS)
    return (
        f"INSERT INTO figure_rollup (basis, dim, span, on_day, key, {', '.join(COUNTERS)})"  # noqa: S608 - own names
        f" SELECT '{basis}', CASE {which} ELSE 'all' END, 'day', {day}, CASE {key} ELSE '' END,"
        f" {', '.join(COUNTED[name] for name in COUNTERS)}"
        f" FROM report_fact f WHERE {day} = ANY(%s) GROUP BY GROUPING SETS (({day}), {sets})"
    )


_SUM_MONTHS = (
    f"INSERT INTO figure_rollup (basis, dim, span, on_day, key, {', '.join(COUNTERS)})"  # noqa: S608 - own names
    f" SELECT basis, dim, 'month', date_trunc('month', on_day)::date AS month, key,"
    f" {', '.join(f'sum({name})' for name in COUNTERS)}"
    " FROM figure_rollup WHERE span = 'day' AND date_trunc('month', on_day)::date = ANY(%s)"
    " AND on_day < %s::date + interval '1 month' AND on_day >= %s"
    " GROUP BY basis, dim, month, key"
)


def days_of(rows: Sequence[Mapping[str, Any]]) -> set[date]:
    """The days whose sums these fact rows touch."""
    return {row["received_on"] for row in rows} | {row["answered_on"] for row in rows if row["answered_on"]}
