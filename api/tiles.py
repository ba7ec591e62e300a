"""`/tiles/{layer}/{z}/{x}/{y}.mvt`: compressed, with an ETag; outlines of areas are kept until they change."""

import gzip
import hashlib
import threading
import time
from collections import OrderedDict
from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Header, Response
from sqlalchemy import text
from sqlmodel import Session

from admin.tiles import MAX_ZOOM, areas_tile, heat_tile, reports_tile
from api.deps import OptionalActorDep, SessionDep
from dispatch.domain.actors import Actor
from kit.clock import utc_now
from kit.problems import NotFound
from kit.settings import get_settings

router = APIRouter(tags=["tiles"])
MVT = "application/vnd.mapbox-vector-tile"
KEPT_BYTES = 64 * 1024 * 1024
FRESH_S = 5.0  # how old a tile of public reports may be


class Kept:
    """Compressed tiles by key, the least used forgotten first; `fresh_s` None = good until the key changes."""

    def __init__(self, limit: int) -> None:
        self._limit, self._size = limit, 0
        self._tiles: OrderedDict[object, tuple[float, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: object, fresh_s: float | None) -> bytes | None:
        with self._lock:
            found = self._tiles.get(key)
            if found is None or (fresh_s is not None and time.monotonic() - found[0] > fresh_s):
                return None
            self._tiles.move_to_end(key)
            return found[1]

    def put(self, key: object, packed: bytes) -> None:
        with self._lock:
            before = self._tiles.pop(key, None)
            self._tiles[key] = (time.monotonic(), packed)
            self._size += len(packed) - (len(before[1]) if before else 0)
            while self._size > self._limit:
                self._size -= len(self._tiles.popitem(last=False)[1][1])


KEPT = Kept(KEPT_BYTES)


@router.get("/tiles/{layer}/{z}/{x}/{y}.mvt")
def tile(
    layer: str,
    z: str,
    x: str,
    y: str,
    session: SessionDep,
    actor: OptionalActorDep,
    known: Annotated[str | None, Header(alias="If-None-Match")] = None,
    encodings: Annotated[str, Header(alias="Accept-Encoding")] = "",
) -> Response:
    """One vector tile: `areas`, `reports` (only what the caller may see) or `heat`; 204 where nothing is."""
    at = _address(layer, z, x, y)
    private = actor is not None and layer != "areas"
    packed = _areas(session, *at) if layer == "areas" else _reports(session, layer, at, actor)
    etag = f'"{hashlib.sha256(packed).hexdigest()[:20]}"'
    lasts = "public, max-age=300" if layer == "areas" else "public, max-age=15"
    headers = {
        "ETag": etag,
        "Cache-Control": "private, max-age=5" if private else lasts,
        "Vary": "Accept-Encoding" if layer == "areas" else "Accept-Encoding, Authorization",
    }
    if known and etag in known:
        return Response(status_code=304, headers=headers)
    if not packed:
        return Response(status_code=204, headers=headers)
    if "gzip" in encodings:
        return Response(packed, media_type=MVT, headers=headers | {"Content-Encoding": "gzip"})
    return Response(gzip.decompress(packed), media_type=MVT, headers=headers)


def _address(layer: str, z: str, x: str, y: str) -> tuple[int, int, int]:
    """Whole numbers inside the pyramid; NotFound for everything else."""
    parts = (z, x, y)
    if layer not in {"areas", "reports", "heat"} or not all(p.isascii() and p.isdigit() and len(p) < 7 for p in parts):
        raise NotFound()
    zoom, column, row = map(int, parts)
    if zoom > MAX_ZOOM or column >= 2**zoom or row >= 2**zoom:
        raise NotFound()
    return zoom, column, row


def _areas(session: Session, z: int, x: int, y: int) -> bytes:
    version = session.execute(text("SELECT areas_version FROM directory_version")).scalar()
    key = ("areas", get_settings().database_url, version, _today(), z, x, y)
    packed = KEPT.get(key, None)
    if packed is None:
        packed = _packed(areas_tile(session, z, x, y, today=_today()))
        KEPT.put(key, packed)
    return packed


def _reports(session: Session, layer: str, at: tuple[int, int, int], actor: Actor | None) -> bytes:
    """Strangers share what was drawn in the last seconds; everybody else gets his own."""
    key = (layer, get_settings().database_url, at)
    packed = KEPT.get(key, FRESH_S) if actor is None else None
    if packed is not None:
        return packed
    if layer == "heat":
        public = actor is None or not actor.is_staff
        packed = _packed(heat_tile(session, *at, public=public, today=_today()))
    else:
        packed = _packed(reports_tile(session, *at, actor=actor, now=utc_now()))
    if actor is None:
        KEPT.put(key, packed)
    return packed


def _packed(tile: bytes) -> bytes:
    return gzip.compress(tile, 5, mtime=0) if tile else b""


def _today() -> date:
    return utc_now().astimezone(ZoneInfo(get_settings().timezone)).date()
