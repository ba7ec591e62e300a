"""Metres on a small patch of ground: an equirectangular plane laid at the point's latitude.

The scale is that of the WGS 84 ellipsoid at that latitude. Within 5 km the plane is off by less than 0.1 %, which
is far below what a phone or a drawn border knows; it is not meant for longer distances.
"""

from math import cos, radians, sin, sqrt
from typing import Any

import numpy as np
import shapely

EQUATOR_M = 6_378_137.0  # WGS 84 semi-major axis
ECCENTRICITY_2 = 0.006_694_379_990_14  # WGS 84 first eccentricity, squared


def metres_per_degree(lat: float) -> tuple[float, float]:
    """(metres per degree of longitude, metres per degree of latitude) at this latitude in degrees."""
    bend = 1.0 - ECCENTRICITY_2 * sin(radians(lat)) ** 2
    along = EQUATOR_M / sqrt(bend)
    up = EQUATOR_M * (1.0 - ECCENTRICITY_2) / (bend * sqrt(bend))
    return radians(along * cos(radians(lat))), radians(up)


def square_around(lon: float, lat: float, radius_m: float) -> Any:
    """A box in degrees that holds every point within `radius_m` metres of (lon, lat)."""
    east, north = metres_per_degree(lat)
    dx, dy = radius_m / east * 1.01, radius_m / north * 1.01
    return shapely.box(lon - dx, lat - dy, lon + dx, lat + dy)


def circle_around(lon: float, lat: float, radius_m: float) -> Any:
    """A 64-cornered circle in degrees, for shares of an accuracy radius in metres."""
    east, north = metres_per_degree(lat)
    turn = np.linspace(0.0, 2.0 * np.pi, 65)[:-1]
    ring = np.column_stack((lon + radius_m / east * np.cos(turn), lat + radius_m / north * np.sin(turn)))
    return shapely.polygons(ring)


def border_segments(geometry: Any, lon: float, lat: float) -> tuple[Any, Any]:
    """Start and end points (n × 2 arrays, metres east and north of (lon, lat)) of every side of a polygon's border."""
    corners, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(geometry)), return_index=True)
    corners = (corners - (lon, lat)) * metres_per_degree(lat)
    joined = ring[1:] == ring[:-1]
    return corners[:-1][joined], corners[1:][joined]


def metres_to_segments(starts: Any, ends: Any) -> Any:
    """Distance in metres from the origin to each segment (array)."""
    along = ends - starts
    length_2 = np.einsum("ij,ij->i", along, along)
    dot = -np.einsum("ij,ij->i", starts, along)
    step = np.clip(np.divide(dot, length_2, out=np.zeros_like(dot), where=length_2 > 0), 0.0, 1.0)
    foot = starts + along * step[:, None]
    return np.hypot(foot[:, 0], foot[:, 1])


def metres_to_border(geometry: Any, lon: float, lat: float) -> float:
    """Metres from a point to the border of a polygon, inside or outside; rounded to centimetres."""
    return round(float(metres_to_segments(*border_segments(geometry, lon, lat)).min()), 2)


def near_border(geometry: Any, lon: float, lat: float, reach_m: float) -> Any:
    """The part of a border that can be nearest to any point within `reach_m` of (lon, lat), as lines in metres.

    A side farther from the centre than the nearest side plus twice the reach can never win, so it is left out;
    neighbouring sides are joined to keep the lines few.
    """
    starts, ends = border_segments(geometry, lon, lat)
    away = metres_to_segments(starts, ends)
    kept = np.flatnonzero(away <= away.min() + 2.0 * reach_m)
    broken = np.diff(kept) > 1
    broken |= (ends[kept[:-1]] != starts[kept[1:]]).any(axis=1)
    runs = np.split(kept, np.flatnonzero(broken) + 1)
    lines = [shapely.linestrings(np.vstack((starts[run], ends[run[-1:]]))) for run in runs]
    return shapely.multilinestrings(lines) if len(lines) > 1 else lines[0]
