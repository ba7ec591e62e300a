"""Ready answers: bytes made once from plain values, with an ETag where a version matters."""

from typing import Any
from uuid import UUID

import orjson
from fastapi import Response
from sqlmodel import Session

from dispatch import rulebook
from dispatch.reading.detail import area_of, because, notices
from dispatch.tables.report import Report
from kit.ids import show_code
from kit.tokens import sign_receipt


def json_answer(body: Any, *, etag: str | None = None, status: int = 200, cache: str = "no-store") -> Response:
    """JSON that FastAPI does not look at again. Private answers are never cached."""
    headers = {"Cache-Control": cache}
    if etag:
        headers["ETag"] = etag
    return Response(orjson.dumps(body), status, media_type="application/json", headers=headers)


def created_answer(session: Session, report_id: UUID, locale: str, *, secret: str, body_sha256: str) -> dict[str, Any]:
    """The 201 of a report and of every identical retry: read back from the row just written."""
    report = session.get_one(Report, report_id)
    agency = rulebook.cached(session).agencies[report.agency_code]
    token = sign_receipt(
        {
            "id": str(report.id),
            "code": report.code,
            "received_at": report.received_at.isoformat(),
            "body_sha256": body_sha256,
        }
    )
    return {
        "id": str(report.id),
        "code": show_code(report.code),
        "status": report.status,
        "category": report.category_code,
        "agency": {"code": agency.code, "name": agency.name_vi if locale == "vi" else agency.name_en},
        "area": area_of(report),
        "because": because(report, locale),
        "ambiguous": report.ambiguous,
        "support": list(report.supporting),
        "promises": {
            "acknowledge_by": report.ack_due_at.isoformat() if report.ack_due_at else None,
            "resolve_by": report.lenient_due_at.isoformat() if report.lenient_due_at else None,
        },
        "received_at": report.received_at.isoformat(),
        "version": report.version,
        "notices": notices(report, locale),
        "receipt": {"token": token, "secret": secret},
    }
