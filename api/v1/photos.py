"""Photos: the one-shot upload of simple clients, and serving what was made of them.

Both wait for a store that may be slow, so they pass outside the gate, on threads of their own: when the store hangs,
reports without photos are taken as if nothing had happened.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import BinaryIO, TypeVar
from uuid import UUID

import anyio
import anyio.to_thread
import orjson
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from api.deps import ActorDep
from api.multipart import read_form
from api.v1 import reports
from dispatch.domain.actors import Actor, Role
from dispatch.domain.errors import ReportNotFound
from kit.clock import utc_now
from kit.db import reading, unit_of_work
from kit.ids import is_uuid7
from kit.problems import FieldError, Forbidden, Invalid
from media.header import MAX_BYTES
from media.keep import Kept, Upload, keep_photo
from media.links import Permit, permit_public, permit_signed
from media.store import the_store
from media.tables import PhotoKind

router = APIRouter(tags=["photos"])
Result = TypeVar("Result")
UPLOAD_THREADS, SERVING_THREADS = 6, 8  # each upload holds one photo (≤ 15 MiB) in memory
_limiters: dict[int, anyio.CapacityLimiter] = {}
_FIELDS = ("id", "kind", "report_id")
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-site",
    "Content-Disposition": "inline",
}


class PhotoOut(BaseModel):
    id: UUID
    width: int
    height: int
    status: str


async def on_threads(count: int, work: Callable[[], Result]) -> Result:
    """Blocking work on at most `count` threads, apart from those of the other endpoints."""
    limiter = _limiters.setdefault(count, anyio.CapacityLimiter(count))
    return await anyio.to_thread.run_sync(work, limiter=limiter)


_FORM = {
    "type": "object",
    "required": ["file", "id", "kind"],
    "additionalProperties": False,
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "JPEG, PNG or WebP, at most 15 MiB"},
        "id": {"type": "string", "format": "uuid", "description": "UUIDv7 made by the client, lower case"},
        "kind": {"type": "string", "enum": [kind.value for kind in PhotoKind]},
        "report_id": {"type": "string", "format": "uuid"},
    },
}
_DESCRIBED = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}}


@router.post("/v1/photos", status_code=201, response_model=PhotoOut, openapi_extra=_DESCRIBED)
async def send_photo(request: Request, actor: ActorDep) -> Response:
    """Keep a photo; the same id and bytes again get the same answer. With `report_id` it joins that report at once,
    if the sender may add to it and it is here; else the report names the photo when it comes."""
    if actor.role is Role.AUDITOR:
        raise Forbidden()
    form = await read_form(request, file_field="file", fields=_FIELDS, max_bytes=MAX_BYTES)
    with form.file:
        photo_id, kind, report_id = _fields(form.fields)
        keep = partial(_keep, form.file, actor, photo_id, kind, report_id)
        kept = await on_threads(UPLOAD_THREADS, keep)
    body = {"id": str(kept.id), "width": kept.width, "height": kept.height, "status": kept.status}
    headers = {"Idempotent-Replayed": "true"} if kept.replayed else {}
    return Response(orjson.dumps(body), 201, headers | {"Cache-Control": "no-store"}, "application/json")


def _fields(fields: dict[str, str]) -> tuple[UUID, PhotoKind, UUID | None]:
    """Strictly what the contract says, with a pointer per wrong place."""
    wrong = [FieldError(f"/{name}", "missing") for name in ("id", "kind") if name not in fields]
    for name in ("id", "report_id"):
        if name in fields and not is_uuid7(fields[name]):
            wrong.append(FieldError(f"/{name}", "uuid7"))
    if "kind" in fields and fields["kind"] not in set(PhotoKind):
        wrong.append(FieldError("/kind", "enum"))
    if wrong:
        raise Invalid(errors=tuple(wrong))
    report_id = UUID(fields["report_id"]) if "report_id" in fields else None
    return UUID(fields["id"]), PhotoKind(fields["kind"]), report_id


def _keep(file: BinaryIO, actor: Actor, photo_id: UUID, kind: PhotoKind, report_id: UUID | None) -> Kept:
    now = utc_now()
    upload = Upload(id=photo_id, owner=actor.id, kind=kind, data=file.read(MAX_BYTES + 1))
    kept = keep_photo(the_store(), upload, now=now)
    if report_id is not None:
        _join(report_id, actor, photo_id, now)
    return kept


def _join(report_id: UUID, actor: Actor, photo_id: UUID, now: datetime) -> None:
    """A report that is not here yet, or not the sender's to add to, makes no difference that could be seen."""
    with unit_of_work() as session:
        try:
            view = reports.view_of(session, str(report_id), actor, None)
        except ReportNotFound:
            return
        if view.whole:
            reports._attach(session, view.report.id, actor, [photo_id], now)


@router.head("/media/private/{token}", include_in_schema=False, response_class=Response)
@router.get("/media/private/{token}", response_class=Response)
async def private_photo(request: Request, token: str) -> Response:
    """A photo by its signed address, which works for ten minutes and is never cached."""
    return await _served(request, partial(permit_signed, token, now=utc_now()))


@router.head("/media/{photo_id}/{name}", include_in_schema=False, response_class=Response)
@router.get("/media/{photo_id}/{name}", response_class=Response)
async def public_photo(request: Request, photo_id: str, name: str) -> Response:
    """A rendition of a published photo; caches may keep it for an hour."""
    return await _served(request, partial(_published, f"{photo_id}/{name}"))


def _published(key: str) -> Permit:
    with reading() as session:
        return permit_public(session, key)


async def _served(request: Request, permitted: Callable[[], Permit]) -> Response:
    """May it be seen, has the caller it already, else its bytes."""
    permit = await on_threads(SERVING_THREADS, permitted)
    etag = f'"{permit.key.rpartition("-")[2]}"'
    headers = {"ETag": etag, "Cache-Control": permit.cache_control, **_SAFE}
    if etag in request.headers.get("if-none-match", ""):
        return Response(None, 304, headers)
    data = await on_threads(SERVING_THREADS, partial(the_store().get, permit.key))
    return Response(data, 200, headers, permit.content_type)
