"""Figures: the values of indicators over populations, with intervals, and hidden where too few stand behind them."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row
from sqlmodel import Session

from admin.indicators.calendars import working_positions
from admin.indicators.catalogue import Indicator, Kind
from admin.indicators.fast import fast_rows
from admin.indicators.names import names_of
from admin.indicators.question import Question, refused
from admin.indicators.statements import Population, population
from kit.db import raw

Z_95 = 1.959963984540054
PUBLIC_MINIMUM = 5
MOST_ITEMS = 20_000
CELLS_PER_GROUP = 50
# Survival after each answer: Π(1 − answers/at risk), as a sum of logarithms; whoever is censored then is still at risk.
_SURVIVAL = """
WITH p AS (SELECT {groups} {measure} AS t, f.answered_at IS NOT NULL AS answered {body}),
risk AS (SELECT *, count(*) OVER (PARTITION BY {keys} ORDER BY t DESC RANGE UNBOUNDED PRECEDING) AS at_risk FROM p),
steps AS (SELECT {own} t, at_risk, count(*) FILTER (WHERE answered) AS ended FROM risk GROUP BY {own} t, at_risk),
falling AS (
    SELECT *, sum(CASE WHEN ended = at_risk THEN -1e6 ELSE ln(1 - ended::float8 / at_risk) END)
        OVER (PARTITION BY {keys} ORDER BY t) AS log_s FROM steps
)
SELECT {own} max(at_risk) AS n, min(t) FILTER (WHERE log_s <= ln(0.5::float8) + 1e-9) AS value FROM falling {grouped}
"""
_CELLS = """
SELECT * FROM (
    SELECT told.*, row_number() OVER (PARTITION BY {keys} ORDER BY n DESC, cell_lat_e3, cell_lon_e3) AS place
    FROM ({select}) told
) ranked WHERE place <= %(cells)s ORDER BY {order} n DESC, cell_lat_e3, cell_lon_e3
"""


def wilson(numerator: int, n: int) -> tuple[float, float]:
    """The Wilson interval of a share at 95 %; n must be positive."""
    share, square = numerator / n, Z_95 * Z_95
    middle = share + square / (2 * n)
    spread = Z_95 * math.sqrt(share * (1 - share) / n + square / (4 * n * n))
    low, high = (middle - spread) / (1 + square / n), (middle + spread) / (1 + square / n)
    return max(0.0, min(low, share)), min(1.0, max(high, share))


def figures(session: Session, indicators: Iterable[Indicator], question: Question) -> list[dict[str, Any]]:
    """One answer per indicator: `{indicator, definition_version, as_of, items}`."""
    connection = raw(session)
    found = []
    for indicator in indicators:
        rows = _rows(connection, indicator, question, working_positions(session, question.instant))
        items = [_item(indicator, question, row) for row in rows]
        names_of(connection, items, question.groups, question.locale)
        found.append(
            {
                "indicator": indicator.code,
                "definition_version": indicator.version,
                "as_of": question.instant,
                "unit": indicator.unit,
                "items": items,
            }
        )
    return found


def _rows(
    connection: psycopg.Connection[Any], indicator: Indicator, question: Question, positions: dict[str, Any]
) -> list[dict[str, Any]]:
    quick = fast_rows(connection, indicator, question)
    if quick is not None:
        return quick
    found = population(indicator, question)
    params = found.params | positions | {"most": MOST_ITEMS + 1, "cells": CELLS_PER_GROUP}
    statement = statement_of(indicator, question, found)
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement, params).fetchall()
    if len(rows) > MOST_ITEMS:
        raise refused("group_by", "too-many-groups")
    return rows


def statement_of(indicator: Indicator, question: Question, found: Population) -> str:
    """The one statement that counts this figure from the facts; parameters besides `found`'s: most, cells."""
    groups = "".join(f"{expression} AS {name}, " for name, expression in found.groups.items())
    numbers = ", ".join(str(number) for number in range(1, len(found.groups) + 1))
    grouped = f" GROUP BY {numbers}" if numbers else ""
    if indicator.kind is Kind.SURVIVAL_MEDIAN:
        keys = ", ".join(found.groups)
        return _SURVIVAL.format(
            groups=groups, measure=found.measure, body=found.body, keys=keys or "1",
            own=f"{keys}, " if keys else "", grouped=f"GROUP BY {keys} ORDER BY {keys}" if keys else "",
        )  # fmt: skip
    select = f"SELECT {groups}count(*) AS n, {_value(indicator, found)} {found.body}{grouped}"
    if indicator.kind is Kind.HOTSPOTS:
        own = ", ".join(question.groups)
        return _CELLS.format(select=select, keys=own or "1", order=f"{own}, " if own else "")
    order = f" ORDER BY n DESC, {numbers} LIMIT {int(question.top)}" if question.top and numbers else ""
    return select + (order or (f" ORDER BY {numbers} LIMIT %(most)s" if numbers else ""))


def _value(indicator: Indicator, found: Population) -> str:
    if indicator.kind is Kind.PERCENTILE:
        return f"percentile_cont({indicator.quantile}) WITHIN GROUP (ORDER BY {found.measure}) AS value"
    if indicator.kind is Kind.MEAN:
        return f"avg({found.measure}) AS value"
    if indicator.numerator:
        return f"count(*) FILTER (WHERE {found.late_at(indicator.numerator)}) AS numerator"
    return "count(*) AS value"


def _item(indicator: Indicator, question: Question, row: dict[str, Any]) -> dict[str, Any]:
    """Group keys, n, value; a share with its numerator and interval; hidden under the minimum count."""
    n = int(row["n"] or 0)
    item: dict[str, Any] = {name: row[name] for name in _keys(indicator, question)}
    item |= {"n": n, "value": row.get("value", n)}
    if indicator.kind is Kind.RATE:
        numerator = int(row["numerator"])
        item |= {"value": numerator / n if n else None, "numerator": numerator}
        if n:
            item["low"], item["high"] = wilson(numerator, n)
    elif indicator.kind is Kind.HOTSPOTS:
        item |= {"value": n, "numerator": int(row["numerator"])}
    return _hidden(item, indicator, question)


def _keys(indicator: Indicator, question: Question) -> Sequence[str]:
    return (*question.groups, "cell_lat_e3", "cell_lon_e3") if indicator.kind is Kind.HOTSPOTS else question.groups


def _hidden(item: dict[str, Any], indicator: Indicator, question: Question) -> dict[str, Any]:
    """Strangers see nothing of fewer than five; nobody sees a share of fewer than the indicator's own minimum."""
    minimum = max(indicator.minimum, PUBLIC_MINIMUM if question.viewer.public else 0)
    if item["n"] >= minimum:
        return item
    item |= {"value": None, "suppressed": True, "minimum": minimum}
    for name in ("numerator", "low", "high"):
        item.pop(name, None)
    if question.viewer.public:
        item["n"] = None
    return item
