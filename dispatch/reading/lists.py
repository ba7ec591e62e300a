"""Lists of reports: filtered, paged by key, one statement each; what the caller may see is in the WHERE clause."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import cos, radians
from typing import Any, Literal
from uuid import UUID

from geoalchemy2 import functions as geo
from sqlalchemy import ColumnElement, and_, case, func, or_, select, tuple_
from sqlmodel import Session, col
from sqlmodel import select as entities

from dispatch import rulebook
from dispatch.domain.actors import Actor
from dispatch.domain.masking import masked
from dispatch.domain.report import OPEN
from dispatch.reading.detail import COARSE, risk_limit, summary
from dispatch.sight import handles, sees
from dispatch.snapshot import Snapshot
from dispatch.tables.report import Report
from kit.db import InvalidCursor, from_cursor, to_cursor
from kit.ids import read_code
from media.links import photos_of

Sort = Literal["received_at", "due_at"]


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Every member narrows. `bbox`: (west, south, east, north) degrees; `start`, `end`: half-open, of receipt."""

    mine: bool = False
    status: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    agency: tuple[str, ...] = ()
    area: tuple[str, ...] = ()
    assigned_to: UUID | None = None
    overdue: bool | None = None
    at_risk: bool | None = None
    q: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    start: datetime | None = None
    end: datetime | None = None
    external_id: str | None = None
    sort: Sort = "received_at"
    order: Literal["asc", "desc"] = "desc"
    limit: int = 50
    cursor: str | None = None
    extra: tuple[ColumnElement[bool], ...] = field(default=())


def list_reports(session: Session, actor: Actor | None, filters: Filters, locale: str, now: datetime) -> dict[str, Any]:
    """One page: `{items, next}`. A stranger's rows carry a coarse place."""
    snapshot = rulebook.current(session)
    key = col(Report.received_at) if filters.sort == "received_at" else col(Report.lenient_due_at)
    descending = filters.order == "desc"
    statement = (
        entities(Report, handles(actor).label("whole"))
        .where(sees(actor), *_conditions(filters, actor, snapshot, now))
        .order_by(key.desc() if descending else key, col(Report.id).desc() if descending else col(Report.id))
        .limit(filters.limit + 1)
    )
    if filters.sort == "due_at":
        statement = statement.where(key.is_not(None))
    if filters.cursor:
        at, last_id = _after(filters)
        place, seen = tuple_(key, col(Report.id)), tuple_(at, last_id)
        statement = statement.where(place < seen if descending else place > seen)
    rows = list(session.exec(statement))
    page = rows[: filters.limit]
    photos = photos_of(session, [report.id for report, whole in page], now=now)
    items = [_row(report, whole, snapshot, locale, now, photos.get(report.id, [])) for report, whole in page]
    more = len(rows) > filters.limit
    return {"items": items, "next": _cursor(page[-1][0], filters) if more else None}


def _row(
    report: Report, whole: bool, snapshot: Snapshot, locale: str, now: datetime, photos: list[dict[str, Any]]
) -> dict[str, Any]:
    digits = 6 if whole else COARSE
    thumb = next((photo["urls"].get("thumb") for photo in photos if photo.get("urls")), None)
    return summary(report, snapshot, locale, now) | {
        "location": {"lat": round(report.lat, digits), "lon": round(report.lon, digits)},
        "description": masked(report.description)[:140] if whole and not report.text_flags else "",
        "thumb": thumb,
        "hops": report.hops,
        "worker": str(report.worker_id) if whole and report.worker_id else None,
        "team": report.team_code if whole else None,
    }


def _conditions(filters: Filters, actor: Actor | None, snapshot: Snapshot, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = list(filters.extra)
    if filters.mine and actor is not None:
        mine = or_(col(Report.reporter_id) == actor.id, col(Report.worker_id) == actor.id)
        found.append(or_(mine, col(Report.agency_code) == actor.agency) if actor.agency else mine)
    for column, values in (
        (col(Report.status), filters.status),
        (col(Report.agency_code), filters.agency),
        (col(Report.area_code), filters.area),
    ):
        if values:
            found.append(column.in_(values))
    if filters.category:
        wanted = [c for c in snapshot.categories if set(snapshot.tree.path(c)) & set(filters.category)]
        found.append(col(Report.category_code).in_(wanted or filters.category))
    if filters.assigned_to:
        found.append(col(Report.worker_id) == filters.assigned_to)
    if filters.overdue is not None:
        late = and_(col(Report.lenient_due_at).is_not(None), col(Report.lenient_due_at) < now)
        found.append(late if filters.overdue else ~late)
    if filters.at_risk is not None:
        limit = risk_limit(snapshot, now)
        soon = and_(
            col(Report.lenient_due_at).is_not(None),
            col(Report.lenient_due_at) >= now,
            col(Report.lenient_due_at) <= limit,
            col(Report.status).in_([str(status) for status in OPEN]),
        )
        found.append(soon if filters.at_risk else ~soon)
    if filters.start:
        found.append(col(Report.received_at) >= filters.start)
    if filters.end:
        found.append(col(Report.received_at) < filters.end)
    if filters.external_id:
        found.append(col(Report.external_id) == filters.external_id)
    if filters.bbox:
        found.append(geo.ST_Intersects(col(Report.point), geo.ST_MakeEnvelope(*filters.bbox, 4326)))
    if filters.q:
        found.append(_matching(filters.q, actor))
    return found


def _matching(q: str, actor: Actor | None) -> ColumnElement[bool]:
    """By code, or words without regard to accents in what the caller may read.

    The address is for those who see the report whole; a flagged text is not searched.
    """
    code = read_code(q)
    if code:
        return col(Report.code) == code
    pattern = "%" + q.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
    wanted = func.fold(pattern)
    text = case((col(Report.text_flags) == [], col(Report.description)), else_="")
    told = and_(func.fold(col(Report.description)).like(wanted), func.fold(text).like(wanted))
    return or_(told, and_(handles(actor), func.fold(col(Report.address)).like(wanted)))


def _cursor(report: Report, filters: Filters) -> str:
    at = report.received_at if filters.sort == "received_at" else report.lenient_due_at
    return to_cursor(filters.sort, filters.order, at.isoformat() if at else None, str(report.id))


def _after(filters: Filters) -> tuple[datetime, UUID]:
    sort, order, at, last_id = from_cursor(filters.cursor or "", parts=4)
    if (sort, order) != (filters.sort, filters.order):
        raise InvalidCursor()
    try:
        return datetime.fromisoformat(at), UUID(last_id)
    except (ValueError, TypeError) as error:
        raise InvalidCursor() from error


def nearby(
    session: Session,
    actor: Actor | None,
    *,
    lon: float,
    lat: float,
    category: str | None,
    words: str,
    locale: str,
    now: datetime,
) -> list[dict[str, Any]]:
    """Open reports of this category around (lon, lat): "already reported, follow it?". Nearest first, at most ten.

    Radius (metres) and days are the category's own. `likeness`: 0 to 1, trigrams of `words` and the description
    without accents; null when nothing was typed. Only what the caller may see is shown.
    """
    snapshot = rulebook.current(session)
    known = snapshot.categories.get(category or "")
    radius_m, days = (known.duplicate_radius_m, known.duplicate_days) if known else (50, 7)
    here = geo.ST_SetSRID(geo.ST_MakePoint(lon, lat), 4326)
    distance = func.ST_DistanceSphere(col(Report.point), here).label("distance_m")
    open_text = case((col(Report.text_flags) == [], col(Report.description)), else_="")  # likeness would tell the words
    likeness = func.similarity(func.fold(open_text), func.fold(words))
    # Degrees around the point for the index (a degree of longitude shrinks towards the pole); metres decide.
    reach = radius_m / (111_000 * max(0.05, cos(radians(lat))))
    statement = (
        select(Report, distance, likeness)
        .where(
            sees(actor),
            col(Report.status).in_([str(status) for status in OPEN]),
            col(Report.received_at) >= now - timedelta(days=days),
            geo.ST_DWithin(col(Report.point), here, reach),
            func.ST_DistanceSphere(col(Report.point), here) <= radius_m,
            *([col(Report.category_code) == category] if category else []),
        )
        .order_by(distance)
        .limit(10)
    )
    rows = session.execute(statement).all()
    photos = photos_of(session, [report.id for report, _, _ in rows], now=now)
    return [
        _row(report, False, snapshot, locale, now, photos.get(report.id, []))
        | {"distance_m": round(metres, 1), "likeness": round(alike, 3) if words.strip() else None}
        for report, metres, alike in rows
    ]
