"""What an actor may see is part of the query, never an `if` afterwards."""

from sqlalchemy import ColumnElement, and_, any_, false, or_, true
from sqlmodel import col, select

from dispatch.domain.actors import Actor, Role
from dispatch.tables.directory import FieldWorker
from dispatch.tables.report import Report


def handles(actor: Actor | None) -> ColumnElement[bool]:
    """Reports this actor handles or sent: he sees them whole."""
    if actor is None:
        return false()
    if actor.sees_all:
        return true()
    if actor.role is Role.OFFICER:
        return or_(col(Report.agency_code) == actor.agency, any_(col(Report.supporting)) == actor.agency)
    if actor.role is Role.FIELD_WORKER:
        crew = select(FieldWorker.team_code).where(FieldWorker.id == actor.id, col(FieldWorker.team_code).is_not(None))
        mine = or_(
            col(Report.worker_id) == actor.id,
            and_(col(Report.worker_id).is_(None), col(Report.team_code).in_(crew)),
        )
        return and_(col(Report.agency_code) == actor.agency, mine)
    return and_(col(Report.reporter_id) == actor.id, true())


def sees(actor: Actor | None) -> ColumnElement[bool]:
    """Reports this actor may read at least in their public form."""
    return or_(handles(actor), and_(col(Report.is_public), ~col(Report.sensitive)))
