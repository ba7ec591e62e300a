"""Who stands in which part to a report now. Reads; decides nothing about channels or words."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from dispatch.domain.actors import Role
from dispatch.people.tables import Account, Person
from dispatch.tables.directory import Agency, FieldWorker
from dispatch.tables.report import Follower, Report
from notifications.addresses import reach_of_people, reach_of_staff
from notifications.hearings import Part
from notifications.plan import Listener

LEADER = "leader"  # scope of an account that leads its agency or team

Data = Mapping[str, Any]


def audience(session: Session, report: Report, parts: Iterable[Part], data: Data) -> list[Listener]:
    """Everybody who may hear of this event, in the asked parts only; `data` is the event's."""
    wanted = frozenset(parts)
    people = {part: find(session, report) for part, find in _PEOPLE.items() if part in wanted}
    staff = {part: find(session, report, data) for part, find in _STAFF.items() if part in wanted}
    return [*_residents(session, report, people), *_accounts(session, staff)]


def _residents(session: Session, report: Report, people: Mapping[Part, list[UUID]]) -> list[Listener]:
    ids = {person for found in people.values() for person in found}
    rows = {row.id: row for row in session.exec(select(Person).where(col(Person.id).in_(ids)))} if ids else {}
    heirs = {row.merged_into for row in rows.values() if row.merged_into} - rows.keys()
    if heirs:
        rows |= {row.id: row for row in session.exec(select(Person).where(col(Person.id).in_(heirs)))}
    reach = reach_of_people(session, rows.keys(), report.id) if rows else {}
    listeners = []
    for part, found in people.items():
        for person_id in found:
            person = rows.get(person_id)
            person = rows.get(person.merged_into) if person and person.merged_into else person
            if person and not person.disabled_at:
                ways = reach[person.id]
                listeners.append(Listener(kind="person", id=person.id, part=part, locale=person.locale, **vars(ways)))
    return listeners


def _accounts(session: Session, staff: Mapping[Part, list[Account]]) -> list[Listener]:
    everybody = {account.id: account for found in staff.values() for account in found}
    reach = reach_of_staff(session, everybody.values()) if everybody else {}
    return [
        Listener(kind="account", id=account.id, part=part, locale=account.locale, **vars(reach[account.id]))
        for part, found in staff.items()
        for account in found
    ]


# ── residents ───────────────────────────────────────────────────────────────────────────────────────


def _reporter(_session: Session, report: Report) -> list[UUID]:
    return [report.reporter_id]


def _merged(session: Session, report: Report) -> list[UUID]:
    return list(session.exec(select(Report.reporter_id).where(Report.lead_id == report.id).distinct()))


def _followers(session: Session, report: Report) -> list[UUID]:
    """Followers hear of public reports only: what was public when they followed may not be any more."""
    if not report.is_public or report.sensitive:
        return []
    return list(session.exec(select(Follower.person_id).where(Follower.report_id == report.id)))


# ── staff ───────────────────────────────────────────────────────────────────────────────────────────


def _enabled(session: Session, *roles: Role, agency: str | None = None) -> list[Account]:
    query = select(Account).where(col(Account.role).in_(roles), col(Account.disabled_at).is_(None))
    return list(session.exec(query.where(Account.agency_code == agency) if agency else query))


def _officers(session: Session, report: Report, data: Data) -> list[Account]:
    return _enabled(session, Role.OFFICER, agency=data.get("agency") or report.agency_code)


def _former_officers(session: Session, report: Report, data: Data) -> list[Account]:
    former = data.get("previous_agency")
    same = former == (data.get("agency") or report.agency_code)
    return _enabled(session, Role.OFFICER, agency=former) if former and not same else []


def _supporters(session: Session, report: Report, _data: Data) -> list[Account]:
    """Officers of every supporting agency: who was asked first hears twice, nobody is forgotten."""
    query = select(Account).where(col(Account.agency_code).in_(report.supporting), Account.role == Role.OFFICER)
    return list(session.exec(query.where(col(Account.disabled_at).is_(None))))


def _workers(session: Session, report: Report, data: Data) -> list[Account]:
    """The worker, or everybody of the crew while no worker was named."""
    worker = data.get("worker") or data.get("previous_worker") or report.worker_id
    team = data.get("team") or report.team_code
    if worker:
        ids = [UUID(str(worker))]
    elif team:
        ids = list(session.exec(select(FieldWorker.id).where(FieldWorker.team_code == team)))
    else:
        return []
    return list(session.exec(select(Account).where(col(Account.id).in_(ids), col(Account.disabled_at).is_(None))))


def _operators(session: Session, _report: Report, _data: Data) -> list[Account]:
    desk = session.exec(select(Agency.code).where(Agency.is_desk)).first()
    found = _enabled(session, Role.OPERATOR)
    return found + (_enabled(session, Role.OFFICER, agency=desk) if desk else [])


def _supervisors(session: Session, report: Report, data: Data) -> list[Account]:
    """Supervisors of the agency and those above all agencies."""
    agency = data.get("agency") or report.agency_code
    return [one for one in _enabled(session, Role.SUPERVISOR) if one.agency_code in (None, agency)]


def _agency_leaders(session: Session, report: Report, data: Data) -> list[Account]:
    """Accounts that lead the agency; where nobody is marked as leader, all its officers."""
    officers = _officers(session, report, data)
    return [one for one in officers if LEADER in one.scopes] or officers


def _team_leaders(session: Session, report: Report, data: Data) -> list[Account]:
    """Crew members marked as leader, else the worker and the agency's leaders."""
    team = data.get("team") or report.team_code
    crew = _workers(session, report, {"team": team}) if team else []
    led = [one for one in crew if LEADER in one.scopes]
    return led or [*_workers(session, report, data), *_agency_leaders(session, report, data)]


def _province_office(session: Session, _report: Report, _data: Data) -> list[Account]:
    return [one for one in _enabled(session, Role.SUPERVISOR) if one.agency_code is None]


_RUNGS: Mapping[str, Callable[[Session, Report, Data], list[Account]]] = {
    "worker": _workers,
    "worker_leader": _team_leaders,
    "team_leader": _team_leaders,
    "officer": _officers,
    "agency": _officers,
    "agency_leader": _agency_leaders,
    "leader": _agency_leaders,
    "supervisor": _supervisors,
    "ioc": _operators,
    "desk": _operators,
    "province": _province_office,
    "province_office": _province_office,
}


def _escalated(session: Session, report: Report, data: Data) -> list[Account]:
    """The rung's addressees; an addressee nobody knows, or one without people, falls to the desk: never to nobody."""
    find = _RUNGS.get(str(data.get("whom", "")), _operators)
    return find(session, report, data) or _operators(session, report, data)


_PEOPLE: Mapping[Part, Callable[[Session, Report], list[UUID]]] = {
    Part.REPORTER: _reporter,
    Part.MERGED: _merged,
    Part.FOLLOWER: _followers,
}
_STAFF: Mapping[Part, Callable[[Session, Report, Data], list[Account]]] = {
    Part.WORKER: _workers,
    Part.ESCALATED: _escalated,
    Part.OFFICER: _officers,
    Part.FORMER_OFFICER: _former_officers,
    Part.SUPPORT: _supporters,
    Part.DESK: _operators,
    Part.SUPERVISOR: _supervisors,
}
