"""In which area a point of an earlier system lies: all points of a batch at once, in memory.

An area that was valid on the day counts before one that is valid only today: an old case in a city whose areas were
loaded with today's dates still gets its area. Layers: ward, then district, then province; never a neighbour's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import shapely
from geoalchemy2.shape import to_shape
from sqlmodel import Session, col, select

from dispatch.tables.directory import Area
from kit.geo import SRID

_LAYERS = {"ward": 0, "district": 1, "province": 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """An area without its ground."""

    id: int
    layer: str
    code: str
    valid_from: date
    valid_to: date | None
    approximate: bool

    def rank(self, day: date) -> tuple[bool, int, date, str]:
        """Smaller is better: valid on the day, the smaller unit, the older row, the code."""
        valid = self.valid_from <= day and (self.valid_to is None or day < self.valid_to)
        return (not valid, _LAYERS[self.layer], self.valid_from, self.code)


class Places:
    """Our areas as a tree of prepared polygons."""

    def __init__(self, session: Session) -> None:
        rows = list(session.exec(select(Area).where(col(Area.layer).in_(list(_LAYERS))).order_by(col(Area.id))))
        self._areas = [
            Known(
                id=row.id or 0, layer=row.layer, code=row.code, valid_from=row.valid_from, valid_to=row.valid_to,
                approximate=row.approximate,
            )
            for row in rows
        ]  # fmt: skip
        grounds = np.array([to_shape(row.geom) for row in rows], dtype=object)
        shapely.prepare(grounds)
        self._tree = shapely.STRtree(grounds)

    def of(self, lons: Sequence[float], lats: Sequence[float], days: Sequence[date]) -> list[Known | None]:
        """The area of each point (degrees) on its local day; a point on a border belongs to the better-ranked one."""
        found: list[Known | None] = [None] * len(lons)
        points = shapely.points(lons, lats)
        for point, area in self._tree.query(points, predicate="intersects").T.tolist():
            known, best = self._areas[area], found[point]
            if best is None or known.rank(days[point]) < best.rank(days[point]):
                found[point] = known
        return found


def ewkb(lons: Sequence[float], lats: Sequence[float]) -> Any:
    """The points as the database reads them in a COPY: EWKB in hexadecimal, SRID 4326."""
    return shapely.to_wkb(shapely.set_srid(shapely.points(lons, lats), SRID), hex=True, include_srid=True)


def local_days(instants: Sequence[datetime], zone: Any) -> list[date]:
    return [instant.astimezone(zone).date() for instant in instants]
