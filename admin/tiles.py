"""Vector tiles (Mapbox Vector Tile 2.1) straight from PostGIS: areas, reports one may see, and where they crowd.

Tile addresses are those of web maps (z, x, y from the north-west, Web Mercator). A report's exact place is drawn only
for those who handle it; sensitive reports are never drawn.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, func, literal_column, or_, select, text
from sqlmodel import Session, col

from dispatch.domain.actors import Actor
from dispatch.domain.report import OPEN, Status
from dispatch.reading.detail import COARSE
from dispatch.sight import handles, sees
from dispatch.tables.report import Report

MAX_ZOOM = 18
REPORTS_FROM = 8  # below this zoom single reports would only be noise
MOST_REPORTS = 10_000
RECENT = timedelta(days=30)
EXTENT, MARGIN = 4096, 64
PUBLIC_MINIMUM = 5
# Half a screen pixel (256 to a tile) in degrees: what nobody sees is not sent.
_AREAS = """
SELECT ST_AsMVT(t, 'areas', 4096, 'geom') FROM (
    SELECT code, name, layer, approximate, parent_code AS parent, ST_AsMVTGeom(
        ST_Transform(CASE WHEN :z < 13 THEN ST_SimplifyPreserveTopology(geom, 0.7 / 2 ^ :z) ELSE geom END, 3857),
        ST_TileEnvelope(:z, :x, :y), 4096, 64, true) AS geom
    FROM area
    WHERE layer <> 'neighbour' AND valid_from <= :today AND (valid_to IS NULL OR valid_to > :today)
      AND geom && ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.015625), 4326)
    ORDER BY layer, code
) t WHERE t.geom IS NOT NULL
"""
_HEAT = """
SELECT ST_AsMVT(t, 'heat', 4096, 'geom') FROM (
    SELECT n, ST_AsMVTGeom(ST_Transform(ST_SetSRID(ST_MakePoint(
        (lon_step + 0.5) * :step / 1000.0, (lat_step + 0.5) * :step / 1000.0), 4326), 3857),
        ST_TileEnvelope(:z, :x, :y), 4096, 64, true) AS geom
    FROM (
        SELECT floor(cell_lon::float8 / :step) AS lon_step, floor(cell_lat::float8 / :step) AS lat_step, count(*) AS n
        FROM report_fact
        WHERE placed AND NOT sensitive AND exit_kind IS NULL AND received_on > :since
          AND cell_lon BETWEEN :west AND :east AND cell_lat BETWEEN :south AND :north
        GROUP BY 1, 2 HAVING count(*) >= :least
    ) cells
) t WHERE t.geom IS NOT NULL
"""
_BOUNDS = text(
    "SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b)"
    " FROM ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.015625), 4326) b"
)


def areas_tile(session: Session, z: int, x: int, y: int, *, today: date) -> bytes:
    """Our areas of this day: code, name, layer, approximate, parent; outlines as fine as the zoom shows."""
    found = session.execute(text(_AREAS), {"z": z, "x": x, "y": y, "today": today})
    return bytes(found.scalar_one() or b"")


def reports_tile(session: Session, z: int, x: int, y: int, *, actor: Actor | None, now: datetime) -> bytes:
    """Open reports and those answered lately that the caller may see: code, status, category, agency; newest first."""
    if z < REPORTS_FROM:
        return b""
    envelope = func.ST_TileEnvelope(z, x, y)
    shown = select(
        col(Report.code),
        col(Report.status),
        col(Report.category_code).label("category"),
        col(Report.agency_code).label("agency"),
        func.ST_AsMVTGeom(func.ST_Transform(_place(actor), 3857), envelope, EXTENT, MARGIN, True).label("geom"),
    ).where(
        sees(actor),
        ~col(Report.sensitive),
        col(Report.point).op("&&")(func.ST_Transform(func.ST_Expand(envelope, _margin_m(z)), 4326)),
        _on_the_map(now),
    )
    rows = shown.order_by(col(Report.received_at).desc()).limit(MOST_REPORTS).subquery("t")
    tile = select(func.ST_AsMVT(literal_column("t"), "reports", EXTENT, "geom")).select_from(rows)
    return bytes(session.execute(tile.where(rows.c.geom.is_not(None))).scalar_one() or b"")


def heat_tile(session: Session, z: int, x: int, y: int, *, public: bool, today: date) -> bytes:
    """Reports of the last 30 days per cell (`n`), cells growing as the zoom falls; strangers see none below five."""
    west, south, east, north = session.execute(_BOUNDS, {"z": z, "x": x, "y": y}).one()
    step = max(1, 2 ** (12 - z))
    edges = {"west": west, "south": south, "east": east, "north": north}
    limits = {name: int(degrees * 1000) for name, degrees in edges.items()}
    params = {"z": z, "x": x, "y": y, "step": step, "since": today - RECENT, "least": PUBLIC_MINIMUM if public else 1}
    return bytes(session.execute(text(_HEAT), {**params, **limits}).scalar_one() or b"")


def _place(actor: Actor | None) -> ColumnElement[object]:
    """The point for those who handle the report; a coarse one, rounded as in lists, for everybody else."""
    coarse = func.ST_SetSRID(
        func.ST_MakePoint(
            func.round(literal_column("report.lon::numeric"), COARSE),
            func.round(literal_column("report.lat::numeric"), COARSE),
        ),
        4326,
    )
    return case((handles(actor), col(Report.point)), else_=coarse)


def _on_the_map(now: datetime) -> ColumnElement[bool]:
    still_open = col(Report.status).in_([str(status) for status in OPEN])
    answered = and_(
        col(Report.status).in_([Status.RESOLVED.value, Status.CLOSED.value]), col(Report.resolved_at) > now - RECENT
    )
    return or_(still_open, answered)


def _margin_m(z: int) -> float:
    """How far outside the tile (Web Mercator metres) a report may lie and be drawn: its mark, and its coarse place."""
    return float(40_075_016.7 / 2**z * MARGIN / EXTENT) + 100.0
