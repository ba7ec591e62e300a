"""The demo's own doors: moving the clock. Not mounted outside the demo and test profiles."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from api.body import Wire, describes, parse
from api.deps import AdminDep, BodyDep
from api.v1.answers import json_answer
from dispatch.escalate import sweep
from kit.clock import advance, offset_s, utc_now

router = APIRouter(prefix="/v1/demo", tags=["demo"])


class ClockIn(Wire):
    advance_s: Annotated[float, Field(ge=0, le=400 * 86400)]


@router.post("/clock", openapi_extra=describes(ClockIn))
def move_clock(raw: BodyDep, actor: AdminDep) -> Response:
    """Advance our clock and run what is due by then before answering."""
    now = advance(parse(ClockIn, raw).advance_s)
    swept = sweep(now)
    return json_answer({"now": utc_now().isoformat(), "offset_s": offset_s(), "swept": swept})
