"""The demo province's wards, drawn from an open package because its exact borders may not be shipped.

`vietnamadminunits` (MIT) knows every commune of before July 2025 with one point inside it, every present ward, and
which old communes each ward was made of. Each old point takes the ground nearest to it (its Voronoi cell); a ward is
the union of its communes' cells. All provinces around take part, so the province border falls between our points and
theirs. The result covers the province without gap or overlap and puts about four of five places into the right ward:
good enough to show, marked `approximate`, replaced by one `import areas`.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from math import cos, dist, radians
from pathlib import Path
from statistics import median
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

SOURCE = "vietnamadminunits 1.0.4 (MIT): Voronoi cells of the communes of before 2025-07-01"
PROVINCE = "25"  # Phú Thọ, made of Phú Thọ, Vĩnh Phúc and Hòa Bình
MARGIN_DEG = 1.0  # how far around the province old communes take part, so that no cell at its border is cut open
RING_DEG = 0.25  # neighbouring units that come nearer than this (about 27 km) are kept
ASTRAY_DEG = 0.4  # a point this far from the middle of its old district is a geocoder's error, not a place
DECIMALS = 6  # about 0.1 m; shared corners are rounded alike, so the cover stays whole


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One present ward or province with its drawn ground, WGS 84 (lon, lat)."""

    code: str
    name: str
    province: str  # code of the province it belongs to
    geometry: BaseGeometry


@dataclass(frozen=True)
class _Seed:
    """One old commune: its point in degrees, and (province key, ward key) of the ward it is part of today."""

    lon: float
    lat: float
    ward: tuple[str, str]


def draw_units(province: str = PROVINCE) -> tuple[list[Unit], list[Unit]]:
    """(wards of the province, wards of its neighbours near the border); about half a second."""
    data = _package_data()
    with sqlite3.connect(f"file:{data / 'dataset.db'}?mode=ro", uri=True) as base:
        present = _present_wards(base)
        own = {key for key, (_, _, code) in present.items() if code == province}
        seeds = _seeds(base, _today(data), own)
    shapes = _grounds(seeds)
    units = [
        Unit(code=code, name=name, province=home, geometry=shapes[key])
        for key, (code, name, home) in present.items()
        if key in shapes
    ]
    wards = [unit for unit in units if unit.province == province]
    near = shapely.buffer(shapely.coverage_union_all([ward.geometry for ward in wards]), RING_DEG)
    shapely.prepare(near)
    ring = [unit for unit in units if unit.province != province and near.intersects(unit.geometry)]
    return _sorted(wards), _sorted(_within(ring, near))


def province_name(province: str = PROVINCE) -> str:
    """The full name of a province, e.g. "Tỉnh Phú Thọ"."""
    with sqlite3.connect(f"file:{_package_data() / 'dataset.db'}?mode=ro", uri=True) as base:
        row = base.execute("SELECT province FROM admin_units WHERE provinceCode = ?", (province,)).fetchone()
    if row is None:
        raise LookupError(f"no province with the code {province}")
    return str(row[0])


def _package_data() -> Path:
    spec = find_spec("vietnamadminunits")  # its own import would load every table at once
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("vietnamadminunits is not installed")
    return Path(spec.origin).parent / "data"


def _present_wards(base: sqlite3.Connection) -> dict[tuple[str, str], tuple[str, str, str]]:
    """(province key, ward key) → (ward code, full name, province code)."""
    rows = base.execute("SELECT provinceKey, wardKey, wardCode, ward, provinceCode FROM admin_units")
    return {(province, ward): (code, name, home) for province, ward, code, name, home in rows}


def _today(data: Path) -> dict[str, tuple[str, str]]:
    """Old commune key → the ward it is in today; a commune that was divided counts to its main successor."""
    tables: dict[str, Any] = json.loads((data / "converter_2025.json").read_text(encoding="utf-8"))
    today: dict[str, tuple[str, str]] = {}
    for province, wards in tables["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        today |= {old: (province, ward) for ward, olds in wards.items() for old in olds}
    for province, divided in tables["DICT_PROVINCE_WARD_DIVIDED"].items():
        for old, parts in divided.items():
            main = next((part for part in parts if part["isDefaultNewWard"]), parts[0])
            today[old] = (province, main["newWardKey"])
    return today


def _seeds(base: sqlite3.Connection, today: dict[str, tuple[str, str]], own: set[tuple[str, str]]) -> list[_Seed]:
    """The old communes in and around the province; of two on the same spot the first one counts."""
    rows = base.execute(
        "SELECT provinceKey || '_' || districtKey, wardKey, wardLon, wardLat FROM admin_units_legacy"
        " WHERE wardLon IS NOT NULL ORDER BY wardCode"
    ).fetchall()
    middle = _middles((district, lon, lat) for district, _, lon, lat in rows)
    found = [
        _Seed(lon, lat, today[old])
        for district, ward, lon, lat in rows
        if (old := f"{district}_{ward}") in today and dist((lon, lat), middle[district]) < ASTRAY_DEG
    ]
    ours = [seed for seed in found if seed.ward in own]
    west, east = (edge(seed.lon for seed in ours) for edge in (min, max))
    south, north = (edge(seed.lat for seed in ours) for edge in (min, max))
    around = {
        (seed.lon, seed.lat): seed
        for seed in reversed(found)
        if west - MARGIN_DEG < seed.lon < east + MARGIN_DEG and south - MARGIN_DEG < seed.lat < north + MARGIN_DEG
    }
    return list(around.values())


def _middles(places: Iterable[tuple[str, float, float]]) -> dict[str, tuple[float, float]]:
    """District → the median of its communes' points."""
    of_district: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for district, lon, lat in places:
        of_district[district].append((lon, lat))
    return {
        district: (median(lon for lon, _ in points), median(lat for _, lat in points))
        for district, points in of_district.items()
    }


def _grounds(seeds: list[_Seed]) -> dict[tuple[str, str], BaseGeometry]:
    """Ward → union of the Voronoi cells of its communes, measured where a degree east is as long as one north."""
    squeeze = cos(radians(sum(seed.lat for seed in seeds) / len(seeds)))
    points = shapely.MultiPoint([(seed.lon * squeeze, seed.lat) for seed in seeds])
    cells = shapely.get_parts(shapely.voronoi_polygons(points, ordered=True))
    parts: dict[tuple[str, str], list[BaseGeometry]] = defaultdict(list)
    for seed, cell in zip(seeds, cells, strict=True):
        parts[seed.ward].append(shapely.transform(cell, lambda corners: (corners / [squeeze, 1.0]).round(DECIMALS)))
    return {ward: shapely.coverage_union_all(of_ward) for ward, of_ward in parts.items()}


def _within(units: list[Unit], ground: BaseGeometry) -> list[Unit]:
    """Neighbours cut to the ring: what lies farther out is drawn from too few points to be worth showing."""
    return [
        Unit(code=u.code, name=u.name, province=u.province, geometry=cut)
        for u in units
        if not (cut := shapely.intersection(u.geometry, ground)).is_empty
    ]


def _sorted(units: list[Unit]) -> list[Unit]:
    return sorted(units, key=lambda unit: unit.code)
