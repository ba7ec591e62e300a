"""What beat starts: the sweep of clocks, anchors of the timelines, housekeeping."""

from dispatch.anchors import anchor
from dispatch.escalate import sweep
from dispatch.people.limits import forget_old
from dispatch.recalculate import recalculate
from kit.clock import utc_now
from kit.db import unit_of_work
from kit.events import Event
from kit.jobs import Queue, errand, machine_now, tick
from kit.partitions import drop_old, make_ahead


@errand("dispatch.recalculate", queue=Queue.FIGURES)
def follow_calendar(event: Event) -> None:
    """Open promises follow an edited calendar; run again after a crash, it goes over them once more."""
    recalculate(event.data["calendar"], now=utc_now())


@tick("dispatch.sweep", every_s=5)
def sweep_clocks() -> None:
    sweep(utc_now())


@tick("dispatch.anchor", every_s=3600)
def anchor_timelines() -> None:
    anchor(utc_now())


@tick("kit.housekeeping", every_s=1800)
def keep_house() -> None:
    """Partitions ahead and behind, counters whose window is over."""
    with unit_of_work() as session:
        make_ahead(session, machine_now().date())
        drop_old(session, machine_now().date())
        forget_old(session, now=utc_now())
