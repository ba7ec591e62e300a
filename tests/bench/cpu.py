"""CPU seconds from /proc: the web processes, the PostgreSQL backends that serve them, and everything behind the scenes.

A backend belongs to the process whose socket it answers, found through the connection's port; so the load generator,
the worker and the relay never count as the front.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psycopg

TICK = os.sysconf("SC_CLK_TCK")


def cpu_of(pid: int) -> float:
    """User and system seconds of a process and the children it has already waited for; 0 where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def children_of(pid: int) -> list[int]:
    """Direct children."""
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def family_of(pid: int) -> list[int]:
    """The process and all its descendants."""
    return [pid, *(member for child in children_of(pid) for member in family_of(child))]


def _ports_of(pids: Iterable[int]) -> set[int]:
    """Local TCP ports (IPv4) of the sockets these processes hold."""
    inodes = set()
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            for handle in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    target = os.readlink(handle)
                    if target.startswith("socket:["):
                        inodes.add(target[8:-1])
    ports = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[9] in inodes:
            ports.add(int(words[1].rpartition(":")[2], 16))
    return ports


class Meter:
    """CPU seconds of one instance by group since `start`."""

    def __init__(self, database_url: str, pids: dict[str, int]) -> None:
        self._database_url = database_url
        self._web = [pid for name, pid in pids.items() if name.startswith("web")]
        self._behind = [member for name in ("worker", "relay", "beat", "redis") for member in family_of(pids[name])]
        self._postgres = pids["postgres"]
        self._begun: dict[int, float] = {}

    def start(self) -> None:
        self._begun = {pid: cpu_of(pid) for pid in self._everyone()}

    def read(self) -> dict[str, float]:
        """`web`, `backends` (of the web), `behind` (worker, relay, beat, their backends, Redis), `server` (WAL, …)."""
        backends, others = self._backends()
        helpers = set(children_of(self._postgres)) - backends - others
        spent = {
            "web": self._sum(self._web),
            "backends": self._sum(backends),
            "behind": self._sum([*self._behind, *others]),
            "server": self._sum([self._postgres, *helpers]),
        }
        spent["front"] = spent["web"] + spent["backends"]
        return spent

    def _sum(self, pids: Iterable[int]) -> float:
        return sum(cpu_of(pid) - self._begun.get(pid, 0.0) for pid in pids)

    def _everyone(self) -> list[int]:
        return [*self._web, *self._behind, self._postgres, *children_of(self._postgres)]

    def _backends(self) -> tuple[set[int], set[int]]:
        """Backends of the web, and those of the programs behind."""
        fronts, behind = _ports_of(self._web), _ports_of(self._behind)
        with psycopg.connect(self._database_url, autocommit=True) as connection:
            rows = connection.execute(
                "SELECT pid, client_port FROM pg_stat_activity WHERE client_port IS NOT NULL"
            ).fetchall()
        return ({pid for pid, port in rows if port in fronts}, {pid for pid, port in rows if port in behind})
