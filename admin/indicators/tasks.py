"""Facts follow events: whatever happens to a report, its facts are written anew from its rows."""

from datetime import date
from zoneinfo import ZoneInfo

from sqlmodel import Session

from admin.indicators.loading import refresh
from kit.clock import utc_now
from kit.events import Event
from kit.jobs import Queue, task
from kit.settings import get_settings


def today() -> date:
    """The local day by our clock: it decides which areas and agencies are "today's"."""
    return utc_now().astimezone(ZoneInfo(get_settings().timezone)).date()


@task("figures.refresh", queue=Queue.FIGURES)
def refresh_report(session: Session, event: Event) -> None:
    """The subject of every report event is its report."""
    refresh(session, [event.subject], today=today())
