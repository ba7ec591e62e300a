"""One side of the map: the polygons of our areas, or of the neighbours', searched by point and by circle.

Slow, exact paths; the fast path for a bare point stands in `geography`. Callers hold the atlas's lock.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import shapely

from dispatch.domain.geography_metres import circle_around, metres_to_border, square_around
from dispatch.domain.geography_places import Area, AreaHit, AreaShape, NearArea, valid_on

NEAR_KEPT = 5  # How many areas are named when none covers the point.
MEMORY = 50_000  # (area, day) pairs whose ancestors are remembered.


class Register:
    """Areas by code, with or without polygons: who stands above whom on a day."""

    def __init__(self, shapes: Sequence[AreaShape]) -> None:
        self._shapes = shapes
        self._by_code: dict[str, list[AreaShape]] = {}
        for shape in shapes:
            self._by_code.setdefault(shape.code, []).append(shape)

    def leaves(self) -> list[AreaShape]:
        """Areas of the layers that are nobody's parent: only these are asked where a point is."""
        parents = {parent.layer for shape in self._shapes for parent in self._above(shape)}
        return [shape for shape in self._shapes if shape.layer not in parents]

    def _above(self, shape: AreaShape) -> list[AreaShape]:
        named = self._by_code.get(shape.parent_code or "", [])
        return [parent for parent in named if parent.depth < shape.depth]

    def area(self, shape: AreaShape, on: date) -> Area:
        """The area as a value, with its ancestors valid on that day, nearest first."""
        ancestors: tuple[Area, ...] = ()
        above = [parent for parent in self._above(shape) if valid_on(parent.valid_from, parent.valid_to, on)]
        if above:
            parent = self.area(max(above, key=lambda p: (p.depth, p.layer, p.valid_from, p.id)), on)
            ancestors = (parent, *parent.ancestors)
        return Area(
            id=shape.id,
            layer=shape.layer,
            code=shape.code,
            name=shape.name,
            depth=shape.depth,
            valid_from=shape.valid_from,
            valid_to=shape.valid_to,
            approximate=shape.approximate,
            ancestors=ancestors,
        )


class Sheet:
    """Polygons with their search tree; shapes without a polygon are left out."""

    def __init__(self, shapes: Iterable[AreaShape], register: Register) -> None:
        drawn = [shape for shape in shapes if shape.geometry is not None and not shape.geometry.is_empty]
        self.shapes = sorted(drawn, key=lambda s: (-s.depth, s.layer, s.code, s.valid_from, s.id))
        self.geometries = [shape.geometry for shape in self.shapes]
        shapely.prepare(self.geometries)
        self._tree = shapely.STRtree(self.geometries)
        self._register = register
        self._areas: dict[tuple[int, date], Area] = {}

    def area(self, i: int, on: date) -> Area:
        """The i-th shape as a value; built once per day asked for."""
        area = self._areas.get((i, on))
        if area is None:
            if len(self._areas) >= MEMORY:
                self._areas.clear()
            area = self._areas[i, on] = self._register.area(self.shapes[i], on)
        return area

    def meeting(self, geometry: Any) -> list[int]:
        """Positions of shapes whose bounding box meets the geometry, in a fixed order."""
        found: list[int] = sorted(self._tree.query(geometry).tolist())
        return found

    def _meeting_on(self, geometry: Any, on: date) -> list[int]:
        shapes = self.shapes
        return [i for i in self.meeting(geometry) if valid_on(shapes[i].valid_from, shapes[i].valid_to, on)]

    def hits(self, lon: float, lat: float, radius_m: float, on: date) -> list[AreaHit]:
        """Areas that cover the point or, with a radius in metres, that its circle reaches by at least 0.01 %."""
        point = shapely.Point(lon, lat)
        circle = circle_around(lon, lat, radius_m) if radius_m else point
        found = []
        for i in self._meeting_on(circle, on):
            geometry = self.geometries[i]
            covers = bool(shapely.covers(geometry, point))
            share = share_of(circle, geometry) if radius_m else float(covers)
            if share > 0 or covers:
                away_m = metres_to_border(geometry, lon, lat)
                found.append(AreaHit(self.area(i, on), share, away_m if covers else -max(away_m, 0.01)))
        return found

    def near(self, lon: float, lat: float, reach_m: float, on: date) -> tuple[NearArea, ...]:
        """The closest areas within `reach_m` metres of a point that none of them covers, nearest first."""
        found = []
        for i in self._meeting_on(square_around(lon, lat, reach_m), on):
            away_m = metres_to_border(self.geometries[i], lon, lat)
            if away_m <= reach_m:
                found.append(NearArea(self.area(i, on), away_m))
        found.sort(key=lambda n: (n.distance_m, n.area.code, n.area.id))
        return tuple(found[:NEAR_KEPT])


def share_of(circle: Any, geometry: Any) -> float:
    """The part of the circle that lies in the geometry, 0 to 1, rounded to 0.01 %."""
    if shapely.covers(geometry, circle):
        return 1.0
    if not shapely.intersects(geometry, circle):
        return 0.0
    # Published borders cross themselves here and there; only the few met by a circle are worth mending.
    whole = geometry if shapely.is_valid(geometry) else shapely.make_valid(geometry)
    common = shapely.area(shapely.intersection(whole, circle))
    return round(float(common / shapely.area(circle)), 4)
