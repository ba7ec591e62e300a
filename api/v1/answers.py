"""Ready answers: bytes made once from plain values, with an ETag where a version matters."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import orjson
from fastapi import Response
from sqlmodel import Session

from dispatch import rulebook
from dispatch.intake_decision import Decision
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


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What a 201 tells, by the names of the columns: a row need not be read back that has just been written."""

    id: UUID
    code: str
    status: str
    version: int
    category_code: str
    agency_code: str
    area_id: int | None
    area_code: str | None
    approximate: bool
    ambiguous: bool
    supporting: list[str]
    text_flags: list[str]
    route: dict[str, Any]
    received_at: datetime
    ack_due_at: datetime | None
    lenient_due_at: datetime | None


def just_written(decision: Decision) -> Sent:
    """The row of a new report, from the decision that it was written from; instants as the database returns them."""
    route, draft = decision.route, decision.draft
    acknowledge, resolve = decision.due("acknowledge"), decision.due("citizen")
    return Sent(
        id=draft.id,
        code=decision.code,
        status=route.status,
        version=1,
        category_code=draft.category,
        agency_code=route.agency,
        area_id=route.area.id if route.area else None,
        area_code=decision.area_code,
        approximate=decision.approximate,
        ambiguous=route.ambiguous,
        supporting=list(route.support),
        text_flags=list(decision.flags),
        route=decision.trace,
        received_at=decision.received_at.astimezone(UTC),
        ack_due_at=acknowledge.astimezone(UTC) if acknowledge else None,
        lenient_due_at=resolve.astimezone(UTC) if resolve else None,
    )


def created_answer(
    session: Session, sent: UUID | Decision, locale: str, *, secret: str, body_sha256: str
) -> dict[str, Any]:
    """The 201 of a report and of every identical retry: from the decision just written, else from the row."""
    report = session.get_one(Report, sent) if isinstance(sent, UUID) else cast(Report, just_written(sent))
    snapshot = rulebook.cached(session)
    agency = snapshot.agencies[report.agency_code]
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
        "area": area_of(report, snapshot.area_names),
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
