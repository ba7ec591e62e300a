"""Points on the ground: WGS 84, always (lon, lat); metres between; the geometry column type."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Any

from geoalchemy2 import Geometry

SRID = 4326
EARTH_M = 6_371_008.8  # mean radius, IUGG


@dataclass(frozen=True)
class Point:
    """Degrees, (lon, lat) order."""

    lon: float
    lat: float

    @property
    def ewkt(self) -> str:
        return f"SRID={SRID};POINT({self.lon!r} {self.lat!r})"


def metres_between(a: Point, b: Point) -> float:
    """Great-circle distance in metres (haversine)."""
    half_lat, half_lon = radians(b.lat - a.lat) / 2, radians(b.lon - a.lon) / 2
    chord = sin(half_lat) ** 2 + cos(radians(a.lat)) * cos(radians(b.lat)) * sin(half_lon) ** 2
    return 2 * EARTH_M * asin(sqrt(chord))


def geometry(kind: str, *, index: bool = True) -> Any:
    """A PostGIS column type of this kind (POINT, MULTIPOLYGON), SRID 4326."""
    return Geometry(kind, srid=SRID, spatial_index=index)
