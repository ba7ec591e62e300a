"""Facts follow events: whatever happens to a report, its facts are written anew from its rows."""

from datetime import date
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
    """Sum the days that changed; a long list (an import, a rebuild) is worked off in pieces, each its own commit."""
    summed = DAYS_AT_ONCE
    while summed == DAYS_AT_ONCE:
        with unit_of_work() as session:
            summed = sum_up(session)
