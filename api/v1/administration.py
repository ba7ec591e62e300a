"""The directory by HTTP: rules, promises, calendars and functions to read, and one entry at a time to put in."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import ValidationError
from sqlmodel import SQLModel, col, select

from admin.directory import as_json, edit
from admin.imports.directory_files import FILES, schema_of
from admin.imports.shapes import AgencyShape, CalendarShape, CategoryGroup, FunctionShape
from admin.imports.shapes_rules import PolicyShape, RuleShape
from api.body import describes, load_json, refused
from api.deps import AdminDep, BodyDep, SessionDep, StaffDep
from api.v1.answers import json_answer
from dispatch.tables.directory import DutyFunction, FunctionHolder, RoutingRule, SlaPolicy, WorkCalendar
from kit.clock import utc_now
from kit.problems import Malformed, NotFound

router = APIRouter(prefix="/v1", tags=["directory"])


def _put(session: SessionDep, raw: bytes, kind: str, actor: AdminDep) -> Response:
    """One entry, as it would stand in `{kind}.yaml`: checked against the whole directory, applied or refused."""
    item = load_json(raw)
    if not isinstance(item, dict):
        raise Malformed()
    try:
        plan = edit(session, kind, item, at=utc_now(), actor=actor.id)
    except ValidationError as error:
        raise refused(error) from error
    return json_answer({"changes": as_json(plan)})


@router.post("/agencies", openapi_extra=describes(AgencyShape))
def put_agency(raw: BodyDep, session: SessionDep, actor: AdminDep) -> Response:
    return _put(session, raw, "agencies", actor)


@router.post("/functions", openapi_extra=describes(FunctionShape))
def put_function(raw: BodyDep, session: SessionDep, actor: AdminDep) -> Response:
    return _put(session, raw, "functions", actor)


@router.post("/categories", openapi_extra=describes(CategoryGroup))
def put_category(raw: BodyDep, session: SessionDep, actor: AdminDep) -> Response:
    return _put(session, raw, "categories", actor)


@router.post("/routing-rules", openapi_extra=describes(RuleShape))
def put_rule(raw: BodyDep, session: SessionDep, actor: AdminDep) -> Response:
    """A rule; an edit of a known code is a new version, and the one before ends now."""
    return _put(session, raw, "rules", actor)


@router.post("/sla-policies", openapi_extra=describes(PolicyShape))
def put_policy(raw: BodyDep, session: SessionDep, actor: AdminDep) -> Response:
    """A promise; an edit is a new version and touches no running clock."""
    return _put(session, raw, "policies", actor)


@router.post("/calendars", openapi_extra=describes(CalendarShape))
def put_calendar(raw: BodyDep, session: SessionDep, actor: AdminDep) -> Response:
    """A working calendar. Open promises follow within a minute."""
    return _put(session, raw, "calendars", actor)


def _rows(session: SessionDep, table: type[SQLModel]) -> Response:
    rows = session.exec(select(table).order_by(col(table.code)))  # type: ignore[attr-defined]
    return json_answer({"items": [row.model_dump(mode="json") for row in rows], "next": None})


@router.get("/functions")
def functions(session: SessionDep, actor: StaffDep) -> Response:
    """Duties, and which agency holds each for which territory and time."""
    held: dict[str, list[dict[str, Any]]] = {}
    for holder in session.exec(select(FunctionHolder).order_by(col(FunctionHolder.id))):
        held.setdefault(holder.function_code, []).append(
            holder.model_dump(mode="json", exclude={"id", "function_code"})
        )
    rows = session.exec(select(DutyFunction).order_by(DutyFunction.code))
    items = [row.model_dump(mode="json") | {"holders": held.get(row.code, [])} for row in rows]
    return json_answer({"items": items, "next": None})


@router.get("/routing-rules")
def routing_rules(session: SessionDep, actor: StaffDep) -> Response:
    """Every version of every rule, with its validity."""
    return _rows(session, RoutingRule)


@router.get("/sla-policies")
def sla_policies(session: SessionDep, actor: StaffDep) -> Response:
    """Every version of every promise, with its validity."""
    return _rows(session, SlaPolicy)


@router.get("/calendars")
def calendars(session: SessionDep, actor: StaffDep) -> Response:
    return _rows(session, WorkCalendar)


@router.get("/schemas/{name}.json")
def schema(name: str) -> Response:
    """The JSON Schema (2020-12) of one directory file: agencies, functions, categories, rules, policies, calendars."""
    if name not in FILES:
        raise NotFound()
    return json_answer(schema_of(name), cache="public, max-age=3600")
