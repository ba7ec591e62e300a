"""F13: the moment between PUT and COMMIT, held open from outside by a lock that the recording of a photo waits for."""

import threading
from typing import Any

from tests.outside.city import new_id
from tests.torture.faults import Strike
from tests.torture.instance import Instance, wait_for
from tests.torture.load import Phone, Traffic, picture

LOCK = "SELECT pg_advisory_lock(hashtextextended(%s, 0))"
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


def crash_before_commit(instance: Instance, traffic: Traffic, number: int) -> Strike:
    """Kill while the object is in the store and the row is not; then the phone's retry must make it whole."""
    phone = Phone(traffic, 77)
    phone.count()
    owner = phone.http.get("/v1/me", headers=phone.headers).json()["id"]
    photo, data = new_id(), picture(800, 600)
    sent: list[Any] = []
    sender = threading.Thread(target=lambda: sent.append(phone.until_known("photo", photo, data)))
    with instance.database() as link:
        link.execute(LOCK, [f"photos of {owner}"])
        sender.start()
        waits = wait_for(lambda: link.execute(WAITING).fetchone()[0], 10.0)
        webs = [instance.pid("web-1"), instance.pid("web-2")]
        gone = instance.kill(*webs)
        rows = link.execute("SELECT count(*) FROM photo WHERE id = %s", [photo]).fetchone()[0]  # type: ignore[index]
        stored = any((instance.data / "objects").glob(f"*/{photo[-2:]}/{photo}_original-*"))
    sender.join(60)
    phone.http.close()
    facts = {"stored": stored, "rows_at_kill": rows, "came_through": bool(sent and sent[0])}
    return Strike(hit=gone and waits > 0 and stored and rows == 0 and bool(sent and sent[0]), facts=facts)


def objects_without_row(instance: Instance) -> list[str]:
    """Originals in the store whose photo the database does not know (a day later `media.sweep` removes them)."""
    with instance.database() as link:
        known = {str(row[0]) for row in link.execute("SELECT id FROM photo")}
    found = (path.name.partition("_")[0] for path in (instance.data / "objects").glob("originals/*/*_original-*"))
    return [photo for photo in found if photo not in known]
