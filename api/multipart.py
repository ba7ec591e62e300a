"""One file and a few short fields out of a multipart body (RFC 7578), refused as soon as a limit is passed.

The file lies in a spool that moves to disk beyond 1 MB, so that slow senders of large photos do not fill the memory.
Names and types that the sender gives the file are ignored: the content decides.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from dataclasses import dataclass
from typing import BinaryIO

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from api.body import UnknownField
from kit.problems import FieldError, Invalid, Malformed, TooLarge, Unavailable, Unsupported

OVERHEAD = 16 * 1024  # bytes for boundaries, headers and fields around the file
MAX_FIELD = 200
MAX_CONTENT_TYPE = 200
STALL_S = 20  # nothing for so long: the sender is gone, or means harm
WHOLE_S = 600


@dataclass(frozen=True)
class Form:
    """The spooled file, at its beginning; its owner closes it. Fields are text, at most 200 bytes each."""

    file: BinaryIO
    fields: dict[str, str]


async def read_form(request: Request, *, file_field: str, fields: Collection[str], max_bytes: int) -> Form:
    """Read the body. Raises Unsupported, TooLarge (also by Content-Length alone), Malformed, UnknownField, Invalid."""
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data") or len(kind) > MAX_CONTENT_TYPE:
        raise Unsupported()
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Unsupported()
    declared = request.headers.get("content-length", "0")
    if not declared.isascii() or not declared.isdigit():
        raise Malformed()
    if int(declared) > max_bytes + OVERHEAD:
        raise TooLarge(facts={"max_bytes": max_bytes})
    try:
        async with asyncio.timeout(WHOLE_S), aclosing(_counted(request, max_bytes)) as stream:
            parser = MultiPartParser(
                request.headers, stream, max_files=1, max_fields=len(fields), max_part_size=MAX_FIELD
            )
            items = (await parser.parse()).multi_items()
    except (MultiPartException, ClientDisconnect, TimeoutError) as garbled:
        raise Malformed() from garbled
    except OSError as disk_full:
        raise Unavailable(retry_after=30) from disk_full
    return _sorted_out(items, file_field, fields)


async def _counted(request: Request, max_bytes: int) -> AsyncGenerator[bytes, None]:
    """The body's chunks, until it is too long or stalls."""
    seen, chunks = 0, request.stream()
    async with aclosing(chunks):
        while True:
            async with asyncio.timeout(STALL_S):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            seen += len(chunk)
            if seen > max_bytes + OVERHEAD:
                raise TooLarge(facts={"max_bytes": max_bytes})
            yield chunk


def _sorted_out(items: list[tuple[str, UploadFile | str]], file_field: str, fields: Collection[str]) -> Form:
    files = [(name, value.file) for name, value in items if isinstance(value, UploadFile)]
    texts = [(name, value) for name, value in items if isinstance(value, str)]
    try:
        strange = [name for name, _ in files if name != file_field] + [name for name, _ in texts if name not in fields]
        if strange:
            raise UnknownField(errors=tuple(FieldError(f"/{_short(name)}", "extra-forbidden") for name in strange))
        if len(dict(texts)) != len(texts):
            raise Malformed()
        if not files:
            raise Invalid(errors=(FieldError(f"/{file_field}", "missing"),))
    except (Invalid, Malformed):
        for _, file in files:
            file.close()
        raise
    return Form(files[0][1], dict(texts))


def _short(name: str) -> str:
    return name[:64].encode("utf-8", "replace").decode()
