"""The rulebook in force: one snapshot per process, compared with the stored version, never used stale.

Intake compares inside its own INSERT (no extra round trip); everything else asks `current`.
"""

import threading

from sqlalchemy import text
from sqlmodel import Session

from dispatch.snapshot import Snapshot, load_snapshot
from kit.clock import utc_now

_lock = threading.Lock()
_cached: Snapshot | None = None


def cached(session: Session) -> Snapshot:
    """The snapshot this process holds, possibly old: the caller compares `version` in its own statement."""
    return _cached or current(session)


def current(session: Session) -> Snapshot:
    """The snapshot of the directory as this transaction sees it."""
    version = session.execute(text("SELECT version FROM directory_version")).scalar_one()
    if _cached is not None and _cached.version == version:
        return _cached
    return reload(session)


def reload(session: Session) -> Snapshot:
    """Read the directory again; one thread reads, the others wait for it."""
    global _cached
    with _lock:
        version = session.execute(text("SELECT version FROM directory_version")).scalar_one()
        if _cached is None or _cached.version != version:
            _cached = load_snapshot(session, _cached)
        return _cached


def bump_version(session: Session, *, areas: bool = False) -> int:
    """Every edit of the directory ends with this; `areas` when polygons changed. Returns the new version."""
    statement = text(
        "UPDATE directory_version SET version = version + 1, changed_at = :now,"
        " areas_version = areas_version + :areas RETURNING version"
    )
    return int(session.execute(statement, {"now": utc_now(), "areas": int(areas)}).scalar_one())
