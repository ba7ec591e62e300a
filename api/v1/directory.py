"""Reading the directory: categories, agencies, areas, reasons, crews."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from sqlalchemy.orm import defer
from sqlmodel import col, select

from api.deps import LocaleDep, SessionDep, StaffDep
from api.v1.answers import json_answer
from dispatch import rulebook
from dispatch.domain.report import REASON_CODES
from dispatch.tables.directory import Area, FieldWorker, Team
from dispatch.words import WORDS
from kit.clock import utc_now
from kit.problems import NotFound

router = APIRouter(prefix="/v1", tags=["directory"])
_KEPT = "public, max-age=60"


@router.get("/categories")
def categories(
    session: SessionDep, locale: LocaleDep, known: Annotated[str | None, Header(alias="If-None-Match")] = None
) -> Response:
    """What can be reported, two levels, in the order of the pictures. ETag changes with the directory."""
    snapshot = rulebook.current(session)
    etag = f'"d{snapshot.version}-{locale}"'
    if known == etag:
        return Response(status_code=304, headers={"ETag": etag})
    shown = [c for c in snapshot.categories.values() if c.active and not c.imported]
    items = [
        {
            "code": category.code,
            "parent": category.parent_code,
            "name": category.name_vi if locale == "vi" else category.name_en,
            "public": category.publication != "never" and not category.sensitive,
            "sensitive": category.sensitive,
            "needs_approval": category.needs_approval,
            "icon": category.icon,
            "attributes": category.attributes,
            "leaf": category.code in snapshot.leaves,
        }
        for category in sorted(shown, key=lambda c: (c.sort, c.code))
    ]
    return json_answer({"items": items, "next": None}, etag=etag, cache=_KEPT)


@router.get("/agencies")
def agencies(session: SessionDep, locale: LocaleDep) -> Response:
    """Who answers for reports today."""
    snapshot = rulebook.current(session)
    today = snapshot.local_date(utc_now())
    items = [
        {
            "code": agency.code,
            "name": agency.name_vi if locale == "vi" else agency.name_en,
            "kind": agency.kind,
            "is_desk": agency.is_desk,
        }
        for agency in snapshot.agencies.values()
        if agency.valid_from <= today and (agency.valid_to is None or today < agency.valid_to)
    ]
    return json_answer({"items": sorted(items, key=lambda item: item["code"]), "next": None}, cache=_KEPT)


@router.get("/areas")
def areas(
    session: SessionDep,
    layer: Annotated[str, Query(pattern="^(ward|province|district|neighbour)$")] = "ward",
    on: date | None = None,
) -> Response:
    """Areas of a layer on a day (today), without their shapes."""
    day = on or rulebook.current(session).local_date(utc_now())
    rows = session.exec(
        select(Area)
        .options(defer(Area.geom))
        .where(Area.layer == layer, Area.valid_from <= day, (col(Area.valid_to).is_(None)) | (col(Area.valid_to) > day))
        .order_by(Area.code)
    )
    items = [
        {
            "code": row.code,
            "name": row.name,
            "parent": row.parent_code,
            "valid_from": row.valid_from.isoformat(),
            "valid_to": row.valid_to.isoformat() if row.valid_to else None,
            "approximate": row.approximate,
        }
        for row in rows
    ]
    return json_answer({"items": items, "next": None}, cache=_KEPT)


@router.get("/areas/at")
def areas_at(
    session: SessionDep,
    lat: Annotated[float, Query(ge=-180, le=180)],
    lon: Annotated[float, Query(ge=-180, le=180)],
    on: date | None = None,
    layer: Annotated[str | None, Query(pattern="^(ward|province|district|neighbour)$")] = None,
) -> Response:
    """Which areas cover a point (lon, lat) on a day; a border point belongs to both sides."""
    snapshot = rulebook.current(session)
    placement = snapshot.atlas.locate(lon, lat, 0.0, on or snapshot.local_date(utc_now()))
    hits = [*placement.hits, *(placement.neighbours if layer == "neighbour" else ())]
    items = [_hit(hit) for hit in hits if layer in (None, hit.area.layer)]
    nearest = placement.near[0] if placement.near else None
    near = {"code": nearest.area.code, "distance_m": round(nearest.distance_m, 1)} if nearest else None
    return json_answer({"items": items, "nearest": near, "hint": placement.hint})


def _hit(hit: Any) -> dict[str, Any]:
    area = hit.area
    return {
        "code": area.code,
        "name": area.name,
        "layer": area.layer,
        "parent": area.ancestors[0].code if area.ancestors else None,
        "valid_from": area.valid_from.isoformat(),
        "valid_to": area.valid_to.isoformat() if area.valid_to else None,
        "approximate": area.approximate,
        "distance_inside_m": hit.distance_inside_m,
    }


@router.get("/reasons")
def reasons(locale: LocaleDep) -> Response:
    """Reason codes and referral targets by action, with their words."""
    items = [
        {"action": str(action), "code": code, "text": WORDS.say(f"reason-{code}", locale)}
        for action, codes in REASON_CODES.items()
        for code in codes
    ]
    return json_answer({"items": items, "next": None}, cache=_KEPT)


@router.get("/workers")
def workers(session: SessionDep, actor: StaffDep, agency: str | None = None) -> Response:
    """Crews and workers: an officer's own agency, or any for those who see all."""
    wanted = actor.agency if not actor.sees_all else agency
    if wanted is None and not actor.sees_all:
        raise NotFound()
    statement = select(FieldWorker).order_by(FieldWorker.name)
    teams = select(Team).order_by(Team.code)
    if wanted is not None:
        statement, teams = statement.where(FieldWorker.agency_code == wanted), teams.where(Team.agency_code == wanted)
    items = [
        {
            "id": str(worker.id),
            "name": worker.name,
            "agency": worker.agency_code,
            "team": worker.team_code,
            "skills": worker.skills,
            "on_duty": worker.on_duty,
        }
        for worker in session.exec(statement)
    ]
    crews = [{"code": team.code, "name": team.name, "agency": team.agency_code} for team in session.exec(teams)]
    return json_answer({"items": items, "teams": crews, "next": None})
