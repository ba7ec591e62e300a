"""What runs in the background: making renditions, and the sweeps. The work itself lies in `process` and `sweep`."""

from kit.clock import utc_now
from kit.events import Event
from kit.jobs import Queue, RetryLater, errand, machine_now, tick
from kit.problems import Unavailable
from media import sweep
from media.process import process_photo
from media.store import the_store

PROCESS_PHOTO = "media.process"  # the table of subscriptions says: photo.kept → this


@errand(PROCESS_PHOTO, queue=Queue.PHOTOS)
def process_kept_photo(event: Event) -> None:
    """A store that is away costs no try: the photo waits for it."""
    try:
        process_photo(the_store(), event.subject, now=utc_now())
    except Unavailable as away:
        raise RetryLater(away.retry_after or 10, "store or decoder not available", free=True) from away


@tick("media.sweep", every_s=900)
def sweep_media() -> None:
    store = the_store()
    sweep.drop_loose(store, now=utc_now())
    sweep.drop_sealed(store, now=utc_now())


@tick("media.orphans", every_s=6 * 3600)
def sweep_orphans() -> None:
    """Lists the whole store: rarely."""
    sweep.drop_orphans(the_store(), machine_now=machine_now())
