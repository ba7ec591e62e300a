"""The map in memory: which areas a point, or an accuracy circle, belongs to on a given day.

`covers`, not `contains`: a point on a border belongs to both sides. Borders of real maps overlap, gape and stop at
the sea, so the answer is a `Placement` with a verdict, never just an area. A province is derived from its ward
through `parent_code`, not from its own polygon, because published layers disagree along their rims.
"""

from collections.abc import Iterable
from datetime import date
from math import floor, isfinite
from threading import Lock
from typing import Any

import numpy as np
import shapely

from dispatch.domain.geography_metres import metres_per_degree, near_border
from dispatch.domain.geography_places import (
    ACCURACY_CAP_M,
    NEAR_M,
    NEAREST_M,
    Area,
    AreaHit,
    AreaShape,
    Hint,
    NearArea,
    Placement,
    Verdict,
    lead_by_layer,
    lead_first,
    valid_on,
)
from dispatch.domain.geography_sheet import Register, Sheet

CELLS_PER_DEGREE = 256  # Cells of about 430 m; a power of two, so that cell edges are exact in binary.
CELLS_KEPT = 20_000
DAYS_KEPT = 4
BORDER_M = 1.0  # Maps drawn to five decimals put a border a metre off; this close to ours, the neighbour is asked too.


# (polygon to ask, or None where the area covers the whole square; the area; its nearby border in the square's metres)
_Entry = tuple[Any, Area, Any]


class _Cell:
    """What is known about one small square: areas that cover all of it, areas that may cover part of it."""

    __slots__ = ("days", "east", "lat", "lon", "north", "partly", "wholly")

    def __init__(self, lon: float, lat: float, wholly: list[int], partly: list[int]) -> None:
        self.lon, self.lat, self.wholly, self.partly = lon, lat, wholly, partly
        self.east, self.north = metres_per_degree(lat)
        self.days: dict[date, tuple[_Entry, ...]] = {}


class Atlas:
    """An immutable map; safe to share between threads (small caches are filled under a lock)."""

    def __init__(self, shapes: Iterable[AreaShape]) -> None:
        shapes = list(shapes)
        ours = [shape for shape in shapes if shape.layer != "neighbour"]
        others = [shape for shape in shapes if shape.layer == "neighbour"]
        if any(shape.depth < 1 for shape in ours):
            raise ValueError("an area's depth starts at 1 (the province)")
        register = Register(ours)
        self._ours = Sheet(register.leaves(), register)
        self._others = Sheet(others, Register(others))
        self._cells: dict[tuple[int, int], _Cell] = {}
        self._lock = Lock()

    @classmethod
    def build(cls, areas: Iterable[AreaShape]) -> "Atlas":
        """Index the areas of one map version; ValueError for one of ours with a depth below 1."""
        return cls(areas)

    def locate(self, lon: float, lat: float, accuracy_m: float, on: date) -> Placement:
        """Where (lon, lat), degrees WGS 84, lies on that day; `accuracy_m` > 0 asks for shares of a circle.

        Any finite numbers are accepted (swapped ones are recognised); ValueError for NaN or infinity.
        """
        if not (isfinite(lon) and isfinite(lat) and 0 <= accuracy_m < float("inf")):
            raise ValueError("a place needs finite coordinates and an accuracy of 0 m or more")
        hits = self._covering(lon, lat, on)
        if len(hits) > 1:
            hits = lead_by_layer(hits)
            edge_m = min(hit.distance_inside_m for hit in hits)
        else:
            edge_m = hits[0].distance_inside_m if hits else 0.0
        if accuracy_m > 0 or edge_m < BORDER_M:
            return self._weigh(lon, lat, accuracy_m, on, hits)
        return Placement(lon=lon, lat=lat, accuracy_m=accuracy_m, on=on, verdict="inside", hits=tuple(hits))

    # -- the fast path: one point, our areas ------------------------------------------------------------------

    def _covering(self, lon: float, lat: float, on: date) -> list[AreaHit]:
        """Our areas that cover the bare point, each with its distance to the border."""
        key = floor(lon * CELLS_PER_DEGREE), floor(lat * CELLS_PER_DEGREE)
        cell = self._cells.get(key) or self._survey(key)
        entries = cell.days.get(on)
        if entries is None:
            entries = self._open(cell, on)
        if not entries:
            return []
        x, y = (lon - cell.lon) * cell.east, (lat - cell.lat) * cell.north
        if not cell.partly:
            here = shapely.points(np.array((x, y)))
            return [AreaHit(area, 1.0, round(border.distance(here), 2)) for _, area, border in entries]
        # Both points in one call: the degrees for the polygons, the square's own metres for the borders.
        point, here = shapely.points(np.array(((lon, lat), (x, y))))
        return [
            AreaHit(area, 1.0, round(border.distance(here), 2))
            for polygon, area, border in entries
            if polygon is None or polygon.covers(point)
        ]

    def _open(self, cell: _Cell, on: date) -> tuple[_Entry, ...]:
        """The square's areas valid on a day, with the part of their borders that can be nearest to a point in it."""
        half_diagonal_m = (cell.east**2 + cell.north**2) ** 0.5 / CELLS_PER_DEGREE / 2
        ours, entries = self._ours, []
        for i in (*cell.wholly, *cell.partly):
            if valid_on(ours.shapes[i].valid_from, ours.shapes[i].valid_to, on):
                polygon = ours.geometries[i]
                border = near_border(polygon, cell.lon, cell.lat, half_diagonal_m * 1.001)
                entries.append((None if i in cell.wholly else polygon, ours.area(i, on), border))
        if len(cell.days) >= DAYS_KEPT:
            cell.days.clear()
        cell.days[on] = opened = tuple(entries)
        return opened

    def _survey(self, key: tuple[int, int]) -> _Cell:
        """Look at one square for the first time. Under the lock, since GEOS builds its indexes on first use."""
        size = 1.0 / CELLS_PER_DEGREE
        west, south = key[0] * size, key[1] * size
        square = shapely.box(west, south, west + size, south + size)
        wholly, partly = [], []
        with self._lock:
            for i in self._ours.meeting(square):
                geometry = self._ours.geometries[i]
                # Readies the index that later lookups share between threads; a point outside the box would not.
                geometry.covers(shapely.envelope(geometry).centroid)
                if shapely.contains_properly(geometry, square):
                    wholly.append(i)
                elif shapely.intersects(geometry, square):
                    partly.append(i)
            cell = _Cell(west + size / 2, south + size / 2, wholly, partly)
            self._cells[key] = cell
            while len(self._cells) > CELLS_KEPT:
                self._cells.pop(next(iter(self._cells)))
        return cell

    # -- everything else: circles, gaps, neighbours, places far away -------------------------------------------

    def _weigh(self, lon: float, lat: float, accuracy_m: float, on: date, covering: list[AreaHit]) -> Placement:
        if abs(lat) > 90 or abs(lon) > 180:
            off_globe = self._hint(lon, lat, on)
            return Placement(lon=lon, lat=lat, accuracy_m=accuracy_m, on=on, verdict="outside", hint=off_globe)
        radius_m = min(accuracy_m, ACCURACY_CAP_M)
        next_door = None
        with self._lock:
            hits = self._ours.hits(lon, lat, radius_m, on) if radius_m else covering
            neighbours = self._others.hits(lon, lat, radius_m, on)
            inside = any(hit.covers_point for hit in hits)
            abroad = not inside and any(hit.covers_point for hit in neighbours)
            near = () if inside else self._ours.near(lon, lat, NEAREST_M if abroad else NEAR_M, on)
            if not inside and not abroad:
                next_door = next(iter(self._others.near(lon, lat, NEAR_M, on)), None)
        verdict = _verdict(inside, abroad, near)
        hint: Hint | None = None
        if verdict in ("neighbour", "outside"):
            hint = "outside" if abroad else self._hint(lon, lat, on)
        return Placement(
            lon=lon,
            lat=lat,
            accuracy_m=accuracy_m,
            on=on,
            verdict=verdict,
            hits=tuple(lead_by_layer(hits)),
            near=near,
            neighbours=lead_first(neighbours),
            nearest_neighbour=next_door,
            hint=hint,
            too_uncertain=accuracy_m > ACCURACY_CAP_M,
        )

    def _hint(self, lon: float, lat: float, on: date) -> Hint:
        """Why a place far from us was probably sent: an unset position, coordinates the wrong way round, or neither."""
        if abs(lon) < 1 and abs(lat) < 1:
            return "null-island"
        swapped_lon, swapped_lat = lat, lon
        if abs(swapped_lon) > 180 or abs(swapped_lat) > 90:
            return "outside"
        ours = self._covering(swapped_lon, swapped_lat, on)
        with self._lock:
            ours_nearly = ours or self._ours.near(swapped_lon, swapped_lat, NEAR_M, on)
        return "swapped" if ours_nearly else "outside"


def _verdict(inside: bool, abroad: bool, near: tuple[NearArea, ...]) -> Verdict:
    if inside:
        return "inside"
    if abroad:
        return "neighbour_border" if near else "neighbour"
    if not near:
        return "outside"
    return "nearest" if near[0].distance_m <= NEAREST_M else "near"
