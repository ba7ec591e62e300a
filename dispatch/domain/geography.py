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

import shapely

from dispatch.domain.geography_metres import metres_per_degree, near_border
from dispatch.domain.geography_places import (
    ACCURACY_CAP_M,
    NEAR_M,
    NEAREST_M,
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
BORDER_M = 1.0  # Maps drawn to five decimals put a border a metre off; this close to ours, the neighbour is asked too.


class _Cell:
    """What is known about one small square: areas that cover all of it, areas that may cover part, their borders."""

    __slots__ = ("borders", "east", "lat", "lon", "north", "partly", "wholly")

    def __init__(self, lon: float, lat: float, wholly: tuple[int, ...], partly: tuple[int, ...]) -> None:
        self.lon, self.lat, self.wholly, self.partly = lon, lat, wholly, partly
        self.east, self.north = metres_per_degree(lat)
        self.borders: dict[int, Any] = {}


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
        if accuracy_m > 0 or not hits or any(hit.distance_inside_m < BORDER_M for hit in hits):
            return self._weigh(lon, lat, accuracy_m, on, hits)
        if len(hits) > 1:
            hits = lead_by_layer(hits)
        return Placement(lon=lon, lat=lat, accuracy_m=accuracy_m, on=on, verdict="inside", hits=tuple(hits))

    # -- the fast path: one point, our areas ------------------------------------------------------------------

    def _covering(self, lon: float, lat: float, on: date) -> list[AreaHit]:
        """Our areas that cover the bare point, each with its distance to the border."""
        key = floor(lon * CELLS_PER_DEGREE), floor(lat * CELLS_PER_DEGREE)
        cell = self._cells.get(key) or self._survey(key)
        found = cell.wholly
        if cell.partly:
            point, geometries = shapely.Point(lon, lat), self._ours.geometries
            found += tuple(i for i in cell.partly if shapely.covers(geometries[i], point))
        if not found:
            return []
        here = shapely.Point((lon - cell.lon) * cell.east, (lat - cell.lat) * cell.north)
        hits = []
        for i in found:
            shape = self._ours.shapes[i]
            if valid_on(shape.valid_from, shape.valid_to, on):
                border = cell.borders.get(i)
                if border is None:
                    border = cell.borders[i] = self._border(cell, i)
                inside_m = round(float(shapely.distance(border, here)), 2)
                hits.append(AreaHit(self._ours.area(i, on), 1.0, inside_m))
        return hits

    def _survey(self, key: tuple[int, int]) -> _Cell:
        """Look at one square for the first time. Under the lock, since GEOS builds its indexes on first use."""
        size = 1.0 / CELLS_PER_DEGREE
        west, south = key[0] * size, key[1] * size
        square, corner = shapely.box(west, south, west + size, south + size), shapely.Point(west, south)
        wholly, partly = [], []
        with self._lock:
            for i in self._ours.meeting(square):
                geometry = self._ours.geometries[i]
                shapely.covers(geometry, corner)  # Readies the index that later lookups share between threads.
                if shapely.contains_properly(geometry, square):
                    wholly.append(i)
                elif shapely.intersects(geometry, square):
                    partly.append(i)
            cell = _Cell(west + size / 2, south + size / 2, tuple(wholly), tuple(partly))
            self._cells[key] = cell
            while len(self._cells) > CELLS_KEPT:
                self._cells.pop(next(iter(self._cells)))
        return cell

    def _border(self, cell: _Cell, i: int) -> Any:
        half_diagonal_m = (cell.east**2 + cell.north**2) ** 0.5 / CELLS_PER_DEGREE / 2
        return near_border(self._ours.geometries[i], cell.lon, cell.lat, half_diagonal_m * 1.001)

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
