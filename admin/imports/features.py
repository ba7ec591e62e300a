"""GeoJSON (RFC 7946) in, drafts of areas out. A feature that cannot be a place is refused alone, with its reason."""

import gzip
import json
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from admin.imports.topology import area_m2

# Names of WGS 84 in old GeoJSON `crs` members; anything else would put every ward somewhere else.
_WGS84 = ("CRS84", "EPSG::4326", "EPSG:4326")


class UnreadableFile(ValueError):
    """The file is not a GeoJSON feature collection in WGS 84; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """Which property of a feature holds what."""

    code: str = "code"
    name: str = "name"
    parent: str = "province_code"


@dataclass(frozen=True, kw_only=True)
class AreaDraft:
    """A readable, valid feature. `ground` is a MultiPolygon in degrees (lon, lat)."""

    code: str
    name: str
    parent: str | None
    ground: BaseGeometry

    @cached_property
    def content_hash(self) -> str:
        """The same for the same name, parent and ground, however the file writes its rings."""
        text = f"{self.name}\0{self.parent or ''}\0".encode()
        return sha256(text + shapely.to_wkb(self.ground.normalize(), byte_order=1)).hexdigest()

    @cached_property
    def area_m2(self) -> float:
        """Geodesic square metres."""
        return round(area_m2(self.ground), 1)


@dataclass(frozen=True)
class Refused:
    """A feature that was left out; `problem` is a message key, `detail` what was found where."""

    code: str
    problem: str
    detail: str = ""


class _Bad(ValueError):
    """(problem, detail) of one feature."""


def read_features(path: Path, names: Names) -> Iterator[AreaDraft | Refused]:
    """Each feature of the file (.json, .geojson, also .gz); UnreadableFile when there is nothing to read."""
    for number, feature in enumerate(_features(path), start=1):
        code = _code_of(feature, names.code) or f"#{number}"
        try:
            yield _draft(feature, code, names)
        except _Bad as bad:
            yield Refused(code, *bad.args)


def unique(found: Iterable[AreaDraft | Refused]) -> Iterator[AreaDraft | Refused]:
    """The same features, but a code that comes a second time is refused."""
    seen: set[str] = set()
    for one in found:
        if isinstance(one, AreaDraft) and one.code in seen:
            yield Refused(one.code, "code-twice")
        else:
            if isinstance(one, AreaDraft):
                seen.add(one.code)
            yield one


def _features(path: Path) -> list[Any]:
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        parsed = json.loads(data)
    except (OSError, EOFError, ValueError) as error:
        raise UnreadableFile(f"{path.name}: {error}") from error
    if not isinstance(parsed, dict) or not isinstance(parsed.get("features"), list):
        raise UnreadableFile(f"{path.name}: not a FeatureCollection")
    crs = json.dumps(parsed.get("crs"))
    if parsed.get("crs") is not None and not any(name in crs for name in _WGS84):
        raise UnreadableFile(f"{path.name}: coordinates must be WGS 84, not {crs[:80]}")
    return list(parsed["features"])


def _code_of(feature: Any, field: str) -> str:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    code = properties.get(field) if isinstance(properties, dict) else None
    return str(code).strip() if isinstance(code, str | int) and not isinstance(code, bool) else ""


def _draft(feature: Any, code: str, names: Names) -> AreaDraft:
    if code.startswith("#"):
        raise _Bad("no-code", names.code)
    name = feature["properties"].get(names.name)
    if not isinstance(name, str) or not name.strip():
        raise _Bad("no-name", names.name)
    parent = feature["properties"].get(names.parent)
    return AreaDraft(
        code=code,
        name=unicodedata.normalize("NFC", name.strip()),
        parent=str(parent) if parent not in (None, "") else None,
        ground=_ground(feature.get("geometry")),
    )


def _ground(geometry: Any) -> BaseGeometry:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in ("Polygon", "MultiPolygon"):
        raise _Bad("not-a-polygon", str(kind))
    coordinates = geometry.get("coordinates")
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(polygons, list) or not polygons:
        raise _Bad("empty")
    built = [_polygon(rings) for rings in polygons]
    ground = shapely.MultiPolygon(built)
    if not ground.is_valid:
        raise _Bad("invalid-ring", shapely.is_valid_reason(ground))
    return ground


def _polygon(rings: Any) -> shapely.Polygon:
    if not isinstance(rings, list) or not rings:
        raise _Bad("empty")
    outer, *inner = [_ring(ring) for ring in rings]
    return shapely.Polygon(outer, inner)


def _ring(positions: Any) -> list[tuple[float, float]]:
    """A closed ring of at least four positions; a third number (height) is left out."""
    try:
        ring = [(float(position[0]), float(position[1])) for position in positions]
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise _Bad("not-a-position", str(error)) from error
    if len(ring) < 4:
        raise _Bad("short-ring", str(len(ring)))
    if ring[0] != ring[-1]:
        raise _Bad("open-ring", f"{ring[0]} … {ring[-1]}")
    for lon, lat in ring:
        if not (isfinite(lon) and isfinite(lat) and -180 <= lon <= 180 and -90 <= lat <= 90):
            raise _Bad("out-of-range", f"{lon} {lat}")
    return ring
