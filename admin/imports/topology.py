"""Do polygons of one layer fit together? Measures areas, overlaps and holes on the ellipsoid. Knows no database."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

LEAST_M2 = 1.0  # below this, two surveys of one line merely round differently


@dataclass(frozen=True)
class Overlap:
    """Ground that two areas both claim; `a` < `b` are codes, `area_m2` square metres."""

    a: str
    b: str
    area_m2: float


@dataclass(frozen=True)
class Gap:
    """Ground that nobody claims, enclosed by the layer; a point inside it (degrees) and square metres."""

    lon: float
    lat: float
    area_m2: float


@lru_cache(maxsize=1)
def _ellipsoid() -> Geod:
    return Geod(ellps="WGS84")


def area_m2(ground: BaseGeometry) -> float:
    """Geodesic area in square metres of polygons in degrees (lon, lat), WGS 84; lines and points have none."""
    polygons = (part for part in shapely.get_parts(ground) if part.geom_type == "Polygon")
    if ground.geom_type == "GeometryCollection":
        return sum(area_m2(part) for part in shapely.get_parts(ground))
    return sum(abs(_ellipsoid().geometry_area_perimeter(part.normalize())[0]) for part in polygons)


def overlaps(areas: Mapping[str, BaseGeometry], *, of: Collection[str], least_m2: float = LEAST_M2) -> list[Overlap]:
    """Pairs of valid areas that share ground, at least one of them named in `of`; the largest first."""
    codes = list(areas)
    shapes = [areas[code] for code in codes]
    tree = shapely.STRtree(shapes)
    asked = [index for index, code in enumerate(codes) if code in of]
    pairs = set()
    for predicate in ("overlaps", "covers", "covered_by"):  # the last two: one lies wholly within the other
        left, right = tree.query([shapes[index] for index in asked], predicate=predicate)
        pairs |= {tuple(sorted((codes[asked[i]], codes[j]))) for i, j in zip(left, right, strict=True)}
    found = [Overlap(a, b, round(area_m2(shapely.intersection(areas[a], areas[b])), 1)) for a, b in pairs if a != b]
    return sorted((one for one in found if one.area_m2 >= least_m2), key=lambda one: (-one.area_m2, one.a, one.b))


def gaps(areas: Mapping[str, BaseGeometry], *, of: Collection[str], least_m2: float = LEAST_M2) -> list[Gap]:
    """Holes of the layer's union that touch an area named in `of`; the largest first."""
    holes = [
        shapely.Polygon(ring)
        for part in shapely.get_parts(shapely.union_all(list(areas.values())))
        for ring in part.interiors
    ]
    tree = shapely.STRtree([areas[code] for code in of if code in areas])
    touching = sorted(set(tree.query(holes, predicate="intersects")[0])) if holes else []
    found = []
    for hole in (holes[index] for index in touching):
        size, inside = round(area_m2(hole), 1), hole.representative_point()
        if size >= least_m2:
            found.append(Gap(round(inside.x, 6), round(inside.y, 6), size))
    return sorted(found, key=lambda gap: (-gap.area_m2, gap.lon, gap.lat))
