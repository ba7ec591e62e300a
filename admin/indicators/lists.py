"""The reports behind a figure: exactly its population, newest first, so that their number is the figure's n."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row
from sqlmodel import Session

from admin.indicators.calendars import working_positions
from admin.indicators.catalogue import Indicator, Kind
from admin.indicators.question import Question
from admin.indicators.statements import population
from kit.db import InvalidCursor, from_cursor, raw, to_cursor

MOST = 1_000


def figure_reports(
    session: Session, indicator: Indicator, question: Question, *, limit: int = 50, cursor: str | None = None
) -> dict[str, Any]:
    """A page `{items: [{id, code, in_numerator, value_s, …}], next, total}`; `total` is the figure's n."""
    found = population(indicator, question)
    params = found.params | working_positions(session, question.instant) | {"limit": limit + 1}
    after = ""
    if cursor:
        params["after_at"], params["after_id"] = _read_cursor(cursor)
        after = " AND (f.received_at, f.report_id) < (%(after_at)s, %(after_id)s)"
    numerator = found.late_at(indicator.numerator) if indicator.numerator else "true"
    if indicator.kind is Kind.SURVIVAL_MEDIAN:
        numerator = "f.answered_at IS NOT NULL"
    value = found.measure if indicator.timed else "NULL::float8"
    rows_of = (
        f"SELECT f.report_id AS id, f.code, coalesce({numerator}, false) AS in_numerator, {value} AS value_s,"
        f" f.received_at, f.category, f.agency, f.area {found.body}{after}"
        " ORDER BY f.received_at DESC, f.report_id DESC LIMIT %(limit)s"
    )
    with raw(session).cursor(row_factory=dict_row) as reader:
        rows = reader.execute(rows_of, params).fetchall()
        total = reader.execute(f"SELECT count(*) AS n {found.body}", params).fetchone()
    following = to_cursor(rows[limit - 1]["received_at"].isoformat(), rows[limit - 1]["id"]) if rows[limit:] else None
    return {"items": rows[:limit], "next": following, "total": total["n"] if total else 0}


def all_reports(session: Session, indicator: Indicator, question: Question) -> Iterator[dict[str, Any]]:
    """Every report behind a figure, page by page."""
    cursor: str | None = None
    while True:
        page = figure_reports(session, indicator, question, limit=5_000, cursor=cursor)
        yield from page["items"]
        cursor = page["next"]
        if cursor is None:
            return


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    at, report = from_cursor(cursor, parts=2)
    try:
        return datetime.fromisoformat(at), UUID(report)
    except (TypeError, ValueError) as error:
        raise InvalidCursor() from error
