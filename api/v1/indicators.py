"""Figures over HTTP: the catalogue, the figures, the reports behind each, and tables for spreadsheets.

Strangers and residents see figures with small numbers hidden; staff see them whole; the reports behind a figure are
for staff, and an officer's list holds only what his agency has.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from admin.indicators.catalogue import INDICATORS
from admin.indicators.exports import as_csv, as_xlsx
from admin.indicators.figures import figures
from admin.indicators.lists import MOST, figure_reports
from admin.indicators.question import KEYS, Basis, Question, Units, Viewer, read_indicators, read_question, refused
from api.cursors import PageDep
from api.deps import LocaleDep, OptionalActorDep, SessionDep, StaffDep
from api.v1.answers import json_answer
from dispatch.domain.actors import Actor
from kit.clock import utc_now
from kit.ids import show_code
from kit.problems import FieldError, Invalid

router = APIRouter(prefix="/v1", tags=["figures"])
READS_QUERY_ALONE = True  # group keys are parameters here, so `_question` refuses the unknown ones
Codes = Annotated[list[str], Query(max_length=30)]
Groups = Annotated[list[str] | None, Query(max_length=8)]
Edge = Annotated[str | None, Query(max_length=40)]
_ASKED = frozenset({"indicator", "from", "to", "as_of", "basis", "group_by", "units", "restate", "top"})
_REPEATABLE = frozenset({"indicator", "group_by"})
_SHEETS = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@router.get("/indicators")
def catalogue(locale: LocaleDep) -> Response:
    """Every figure with its version, unit and definition."""
    items = [
        {
            "code": indicator.code,
            "indicator": indicator.code,
            "version": indicator.version,
            "kind": str(indicator.kind),
            "unit": indicator.unit,
            "name": indicator.name(locale),
            "definition": indicator.definition(locale),
            "minimum": indicator.minimum,
        }
        for indicator in INDICATORS.values()
    ]
    return json_answer({"items": items, "next": None}, cache="public, max-age=300")


@router.get("/figures")
def ask(
    request: Request,
    session: SessionDep,
    actor: OptionalActorDep,
    locale: LocaleDep,
    indicator: Codes,
    from_: Annotated[Edge, Query(alias="from")] = None,
    to: Edge = None,
    as_of: Edge = None,
    basis: Basis = Basis.RECEIVED,
    group_by: Groups = None,
    units: Units = Units.CALENDAR,
    restate: bool = False,
    top: Annotated[int | None, Query(ge=1, le=500)] = None,
) -> Response:
    """Values of one indicator, or of several as `items`. Filters: area, agency, category, channel, team and periods."""
    found = figures(session, read_indicators(indicator), _question(request, actor, locale))
    return json_answer(found[0] if len(found) == 1 else {"items": found, "next": None})


@router.get("/figures/export")
def export(
    request: Request,
    session: SessionDep,
    actor: OptionalActorDep,
    locale: LocaleDep,
    indicator: Codes,
    format: Literal["csv", "xlsx"] = "csv",
) -> Response:
    """The same figures as a table."""
    found = figures(session, read_indicators(indicator), _question(request, actor, locale, more={"format"}))
    make, kind = _SHEETS[format]
    headers = {"Content-Disposition": f'attachment; filename="figures.{format}"', "Cache-Control": "no-store"}
    return Response(make(found), media_type=kind, headers=headers)


@router.get("/figures/reports")
def behind(
    request: Request,
    session: SessionDep,
    actor: StaffDep,
    locale: LocaleDep,
    indicator: Annotated[str, Query(max_length=40)],
    place: PageDep,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> Response:
    """Exactly the reports a figure counts, newest first; group keys (`area=…&day=…`) narrow it to one group."""
    question = _question(request, actor, locale, more={"limit", "cursor"}, own_only=True)
    page = figure_reports(session, read_indicators([indicator])[0], question, limit=limit, cursor=place.after)
    items = [item | {"code": show_code(item["code"])} for item in page["items"]]
    return json_answer(page | {"items": items, "next": place.next(page["next"])})


def _question(
    request: Request, actor: Actor | None, locale: str, *, more: set[str] | None = None, own_only: bool = False
) -> Question:
    """The question in the query string. Every endpoint here takes the same one; unknown members are refused."""
    query = request.query_params
    wrong = [name for name in query if name not in _ASKED | set(KEYS) | (more or set())]
    wrong += [name for name in query if name not in _REPEATABLE and len(query.getlist(name)) > 1]
    if wrong:
        raise Invalid(errors=tuple(FieldError(f"/{name[:64]}", "unknown-parameter") for name in dict.fromkeys(wrong)))
    return read_question(
        start=query.get("from"),
        end=query.get("to"),
        as_of=query.get("as_of"),
        basis=query.get("basis", "received"),
        groups=query.getlist("group_by"),
        units=query.get("units", "calendar_hours"),
        restate=_flag(query.get("restate", "false")),
        filters={name: query[name] for name in KEYS if name in query},
        viewer=_viewer(actor, own_only=own_only),
        now=utc_now(),
        top=_count(query.get("top")),
        locale=locale,
    )


def _viewer(actor: Actor | None, *, own_only: bool) -> Viewer:
    if actor is None or not actor.is_staff:
        return Viewer(public=True)
    return Viewer(public=False, agency=None if actor.sees_all or not own_only else actor.agency or "")


def _flag(text: str) -> bool:
    if text not in {"true", "false", "1", "0"}:
        raise refused("restate", "unknown")
    return text in {"true", "1"}


def _count(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 500:
        raise refused("top", "out-of-range")
    return int(text)
