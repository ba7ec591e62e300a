"""Facts follow events: whatever happens to a report, its facts are written anew from its rows."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session

from admin.indicators.loading import refresh
from admin.indicators.rollups import DAYS_AT_ONCE, sum_up
from kit.clock import utc_now
from kit.db import unit_of_work
from kit.events import Event
from kit.jobs import Queue, task, tick
from kit.outbox import emit
from kit.settings import get_settings

CHANGED = ("received", "resolved", "backlog", "on_time_strict", "resolve_km_median", "satisfied_rate")


def today() -> date:
    """The local day by our clock: it decides which areas and agencies are "today's"."""
    return utc_now().astimezone(ZoneInfo(get_settings().timezone)).date()


@task("figures.refresh", queue=Queue.FIGURES)
def refresh_report(session: Session, event: Event) -> None:
    """The subject of every report event is its report; whoever watches figures hears when they are new."""
    refresh(session, [event.subject], today=today())
    keys = {name: event.data.get(name) for name in ("agency", "area", "category")}
    news = Event(
        name="figure.changed", subject=event.subject, occurred_at=utc_now(), data={"indicator": "*", "keys": keys}
    )
    emit(session, news)


@tick("figures.sums", every_s=2.0)
def keep_sums() -> None:
    """Sum the days that changed; a long list (an import, a rebuild) is worked off in pieces, each its own commit.

    Whoever listens hears of it once, when it is done: facts and sums are then as new as the news.
    """
    summed, any_day = DAYS_AT_ONCE, False
    while summed == DAYS_AT_ONCE:
        with unit_of_work() as session:
            summed = sum_up(session)
            any_day = any_day or summed > 0
            if any_day and summed < DAYS_AT_ONCE:
                tell_changed(session)


def tell_changed(session: Session) -> None:
    """One event per part of a panel, named by an indicator it shows; keys are left open: anything may have moved."""
    now = utc_now()
    for code in CHANGED:
        data = {"indicator": code, "keys": {}}
        emit(session, Event(name="figure.changed", subject=UUID(int=0), occurred_at=now, data=data))
