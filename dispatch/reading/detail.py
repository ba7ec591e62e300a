"""One report, whole for those who handle or sent it, as its public projection for strangers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from dispatch import rulebook
from dispatch.domain.actors import Actor, Role
from dispatch.domain.errors import ReportNotFound
from dispatch.domain.masking import masked
from dispatch.domain.report import OPEN, Status
from dispatch.people.tables import Person
from dispatch.reading.clocks import promises, shown
from dispatch.reading.times import iso
from dispatch.sight import handles, sees
from dispatch.snapshot import Snapshot
from dispatch.tables.directory import FieldWorker
from dispatch.tables.promise import SlaClock
from dispatch.tables.report import Assignment, Report
from dispatch.words import WORDS
from kit.ids import read_code, show_code
from media.links import photos_of

AT_RISK = timedelta(hours=4)  # working hours before the promise in force
COARSE = 3  # decimals of a degree for strangers: about 100 m
SEALED_FLAGS = frozenset({"denunciation"})


@dataclass(frozen=True)
class View:
    """A report with how much of it the caller may see."""

    report: Report
    whole: bool


def find(session: Session, named: str, actor: Actor | None, *, by_secret: bool = False) -> View:
    """The report of this id or code; ReportNotFound when it is missing or not for this caller."""
    code = read_code(named)
    if code:
        which = col(Report.code) == code
    else:
        try:
            which = col(Report.id) == UUID(named)
        except ValueError as error:
            raise ReportNotFound() from error
    statement = select(Report, handles(actor).label("whole")).where(which)
    if not by_secret:
        statement = statement.where(sees(actor))
    row = session.exec(statement).one_or_none()
    if row is None:
        raise ReportNotFound()
    return View(row[0], by_secret or bool(row[1]))


def text_is_sealed(report: Report, actor: Actor | None) -> bool:
    """The words of a denunciation are read by its sender, the desk and the auditor alone."""
    if not SEALED_FLAGS.intersection(report.text_flags):
        return False
    if actor is None:
        return True
    reads = actor.role in (Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR)
    return not (reads or actor.id == report.reporter_id)


def words_for(view: View, actor: Actor | None, text: str) -> str:
    """Free text as this caller reads it: whole for its sender, else with personal numbers covered."""
    is_sender = view.whole and (actor is None or actor.id == view.report.reporter_id)
    return text if is_sender else masked(text)


def summary(report: Report, snapshot: Snapshot, locale: str, now: datetime) -> dict[str, Any]:
    """What every list row and every answer shows. Instants with offset; no personal data."""
    agency = snapshot.agencies[report.agency_code]
    category = snapshot.categories[report.category_code]
    return {
        "id": str(report.id),
        "code": show_code(report.code),
        "status": report.status,
        "category": report.category_code,
        "category_name": category.name_vi if locale == "vi" else category.name_en,
        "agency": {"code": agency.code, "name": agency.name_vi if locale == "vi" else agency.name_en},
        "area": area_of(report, snapshot.area_names),
        "severity": report.severity,
        "ambiguous": report.ambiguous,
        "support": list(report.supporting),
        "received_at": iso(report.received_at),
        "version": report.version,
        "overdue": is_overdue(report, now),
        "at_risk": is_at_risk(report, snapshot, now),
        "promises": {"acknowledge_by": iso(report.ack_due_at), "resolve_by": iso(report.lenient_due_at)},
        "imported": report.imported,
        "external_id": report.external_id,
    }


def detail(session: Session, view: View, actor: Actor | None, locale: str, now: datetime) -> dict[str, Any]:
    """The answer of GET /v1/reports/{id or code}."""
    report, snapshot = view.report, rulebook.current(session)
    clocks = list(
        session.exec(
            select(SlaClock).where(SlaClock.report_id == report.id).order_by(col(SlaClock.started_at), col(SlaClock.id))
        )
    )
    staff = actor is not None and actor.is_staff
    body = summary(report, snapshot, locale, now)
    lead = session.get(Report, report.lead_id) if report.lead_id else None
    body |= {
        "because": because(report, locale),
        "promises": promises(report, clocks),
        "location": _location(report, whole=view.whole),
        "occurred_at": iso(report.occurred_at),
        "agency_since": iso(report.agency_since),
        "supporting": list(report.supporting),
        "clocks": [shown(clock) for clock in clocks],
        "photos": photos_of(session, [report.id], now=now)[report.id],
        "answer": report.answer if report.status in ("resolved", "closed") or (view.whole and staff) else None,
        "rating": report.rating,
        "lead": show_code(lead.code) if lead else None,
        "notices": notices(report, locale),
        "description": "" if text_is_sealed(report, actor) else words_for(view, actor, report.description),
    }
    body |= {"cycle": report.cycle, "hops": report.hops, "is_public": report.is_public}
    return body | (_for_insiders(session, report, staff=staff) if view.whole else _FOR_STRANGERS)


_FOR_STRANGERS: dict[str, Any] = {
    "assignment": None, "reporter": None, "address": "", "attributes": {}, "text_flags": []
}  # fmt: skip


def _for_insiders(session: Session, report: Report, *, staff: bool) -> dict[str, Any]:
    return {
        "assignment": _assignment(session, report, staff=staff),
        "reporter": {"alias": _alias(session, report)},
        "address": report.address,
        "attributes": report.attributes,
        "text_flags": report.text_flags,
    }


def because(report: Report, locale: str) -> dict[str, Any]:
    """Why this agency: the rule, a sentence and the kind of reason, from the stored trace."""
    route = report.route.get("route") if report.route else None
    if not route:
        return {"rule": None, "text": WORDS.say("route-imported", locale), "reason": "imported"}
    rule, said = route["rule"], route["because"]
    return {
        "rule": f"{rule['code']}/{rule['version']}" if rule else None,
        "text": WORDS.say(said["key"], locale, **said["args"]),
        "reason": route["reason"],
    }


def area_of(report: Report, names: Mapping[int, str]) -> dict[str, Any] | None:
    """The unit that acts, by the name it had then; `names` are those of area versions by row id."""
    if report.area_code is None:
        return None
    traced = next((hit["name"] for hit in _areas_of_trace(report) if hit["code"] == report.area_code), None)
    name = traced or names.get(report.area_id or 0, report.area_code)
    return {"code": report.area_code, "name": name, "approximate": report.approximate}


def _areas_of_trace(report: Report) -> list[dict[str, Any]]:
    route = (report.route or {}).get("route") or {}
    return [*(hit["area"] for hit in route.get("areas", [])), *filter(None, [route.get("area")])]


def notices(report: Report, locale: str) -> list[dict[str, str]]:
    """What the sender must know at once: an emergency number, the right address, an approximate border."""
    slugs: list[str] = [flag for flag in ("emergency", "complaint", "denunciation") if flag in report.text_flags]
    if report.approximate:
        slugs.append("approximate")
    return [{"slug": slug, "text": WORDS.say(f"notice-{slug}", locale)} for slug in slugs]


def is_overdue(report: Report, now: datetime) -> bool:
    """Past the promise in force; at the due instant itself it is not."""
    return report.lenient_due_at is not None and now > report.lenient_due_at


def is_at_risk(report: Report, snapshot: Snapshot, now: datetime) -> bool:
    """Due within four working hours and not late yet."""
    if report.lenient_due_at is None or Status(report.status) not in OPEN or now > report.lenient_due_at:
        return False
    return report.lenient_due_at <= risk_limit(snapshot, now)


def risk_limit(snapshot: Snapshot, now: datetime) -> datetime:
    """Promises due at or before this instant are at risk."""
    return snapshot.calendars[snapshot.default_calendar].add(now, AT_RISK)


def _location(report: Report, *, whole: bool) -> dict[str, Any]:
    """The place as sent for insiders, rounded to about 100 m for strangers."""
    place = {"source": report.location_source, "coarse": not whole}
    if whole:
        return place | {"lat": report.lat, "lon": report.lon, "accuracy_m": report.accuracy_m}
    return place | {"lat": round(report.lat, COARSE), "lon": round(report.lon, COARSE), "accuracy_m": 100.0}


def _assignment(session: Session, report: Report, *, staff: bool) -> dict[str, Any] | None:
    """The crew on it; its people are named to colleagues only."""
    statement = (
        select(Assignment)
        .where(Assignment.report_id == report.id)
        .order_by(col(Assignment.offered_at).desc(), col(Assignment.id).desc())
    )
    assignment = session.exec(statement).first()
    if assignment is None or assignment.state == "cancelled":
        return None
    worker = session.get(FieldWorker, assignment.worker_id) if staff and assignment.worker_id else None
    return {
        "worker": {"id": str(worker.id), "name": worker.name} if worker else None,
        "team": assignment.team_code,
        "offered_at": iso(assignment.offered_at),
        "state": assignment.state,
    }


def _alias(session: Session, report: Report) -> str:
    person = session.get(Person, report.reporter_id)
    return person.alias if person else ""
