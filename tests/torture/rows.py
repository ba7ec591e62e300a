"""The rows of the matrix: which fault, under which load, and what has to be true within which time."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from tests.torture import faults, races
from tests.torture.books import Books, check
from tests.torture.faults import Fault, Strike
from tests.torture.instance import Instance, wait_for
from tests.torture.ledger import Account, Ledger
from tests.torture.load import Traffic
from tests.torture.photos import crash_before_commit, objects_without_row

MISSES_ALLOWED = 3  # for each hit that is wanted: a strike may meet nobody, but not most of the time
UNDONE = "SELECT count(*) FROM job WHERE state <> 'done'"
UNSTAMPED = "SELECT count(*) FROM outbox WHERE stream_no IS NULL"
Limits = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Row:
    """`limits`: the most that a fact of any strike may be. `share`: of the asked kills (slow ones do fewer)."""

    name: str
    about: str
    fault: Fault
    limits: Limits = field(default_factory=dict)
    photographers: int = 0
    share: float = 1.0
    settle_s: float = 180.0
    failures_allowed: float | None = None  # share of the posts; None: the fault takes down what they need


@dataclass(kw_only=True)
class Result:
    """One line of the table."""

    row: str
    about: str
    wanted: int
    hits: int = 0
    misses: int = 0
    acknowledged: int = 0
    lost_answers: int = 0
    settled_s: float = 0.0
    took_s: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.findings and self.hits >= self.wanted

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "passed": self.passed}


@dataclass(kw_only=True)
class Torture:
    """One instance, its ledger, and the rows done on it one after the other."""

    instance: Instance
    ledger: Ledger
    since: datetime
    kills_so_far: int = 0
    between: int = 6  # acknowledgements between two strikes

    def kill_row(self, row: Row, kills: int) -> Result:
        """Strike under load until `kills` strikes have hit; then let it settle and compare the books."""
        begun, wanted = time.monotonic(), max(1, round(kills * row.share))
        result = Result(row=row.name, about=row.about, wanted=wanted)
        before = self.ledger.acknowledged
        with Traffic(self.instance, self.ledger, photographers=row.photographers) as traffic:
            while result.hits < wanted and result.misses < MISSES_ALLOWED * wanted + 2:
                self._wait_for_progress(traffic)
                strike = row.fault(self.instance, traffic, result.hits + result.misses)
                self.kills_so_far += 1
                _add(result, strike, row.limits)
            self._wait_for_progress(traffic)
        result.acknowledged = self.ledger.acknowledged - before
        result.lost_answers = len(traffic.losses) + len(traffic.refusals)
        posts = len(traffic.took) + len(traffic.losses)
        if row.failures_allowed is not None and result.lost_answers > row.failures_allowed * posts:
            result.findings.append(f"{result.lost_answers} of {posts} posts failed")
        if result.hits < wanted:
            result.findings.append(f"only {result.hits} of {wanted} kills hit: {result.facts}")
        return self._close(result, row.settle_s, begun)

    def race_row(self, name: str, about: str, race: Callable[..., list[str]], **size: int) -> Result:
        """Everybody at once, without a fault; `hits` are the rounds."""
        begun, (rounds,) = time.monotonic(), size.values()
        before = self.ledger.acknowledged
        result = Result(row=name, about=about, wanted=rounds)
        result.findings = race(self.instance, self.ledger, **size)
        result.hits = rounds - len(result.findings)
        result.acknowledged = self.ledger.acknowledged - before
        return self._close(result, 120.0, begun)

    def durability_row(self) -> Result:
        """F6: what the application's role gets on a connection, and that nothing per role or database undoes it."""
        result = Result(row="F6", about="fsync, synchronous_commit", wanted=1, hits=1)
        with self.instance.database() as link:
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                result.facts[name] = link.execute(f"SHOW {name}").fetchone()[0]  # type: ignore[index, arg-type]
            result.facts["overrides"] = link.execute("SELECT count(*) FROM pg_db_role_setting").fetchone()[0]  # type: ignore[index]
        if result.facts != {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "overrides": 0}:
            result.findings.append(f"not durable: {result.facts}")
        return result

    def _wait_for_progress(self, traffic: Traffic) -> None:
        """New acknowledgements before the next strike: the system is up and under load again."""
        goal = self.ledger.acknowledged + self.between
        if not wait_for(lambda: self.ledger.acknowledged >= goal or traffic.failures, 90.0):
            raise RuntimeError("nothing is acknowledged any more")

    def _close(self, result: Result, settle_s: float, begun: float) -> Result:
        result.settled_s = round(self._settle(settle_s), 1)
        result.findings += self._check()
        loose = objects_without_row(self.instance)
        if loose:
            result.facts["objects_without_row"] = len(loose)  # allowed for a day (I4)
        result.took_s = round(time.monotonic() - begun, 1)
        return result

    def _settle(self, within_s: float) -> float:
        """Seconds until every event is stamped and every job done; the books complain about what is left."""
        begun = time.monotonic()
        with self.instance.database() as link:

            def quiet() -> bool:
                left = link.execute(f"SELECT ({UNDONE}) + ({UNSTAMPED})").fetchone()  # type: ignore[arg-type]
                return bool(left) and left[0] == 0

            # Twice, because a job that is done may just have written the next event.
            wait_for(lambda: quiet() and not time.sleep(0.3) and quiet(), within_s, step_s=0.2)
        return time.monotonic() - begun

    def _check(self) -> list[str]:
        with self.instance.database() as link:
            books = Books(
                link=link,
                account=Account(self.ledger),
                data=self.instance.data,
                since=self.since,
                pushes_may_repeat=self.kills_so_far,
            )
            return check(books)


def _add(result: Result, strike: Strike, limits: Limits) -> None:
    """Count the strike; keep the worst of each figure; a figure over its limit is a finding."""
    result.hits += strike.hit
    result.misses += not strike.hit
    for name, value in strike.facts.items():
        known = result.facts.get(name)
        numbers = isinstance(value, int | float) and isinstance(known, int | float)
        result.facts[name] = max(known, value) if numbers else value  # type: ignore[type-var]
        if name in limits and value > limits[name]:
            result.findings.append(f"{name} = {value}, at most {limits[name]} is allowed")


AGAIN: Limits = {"consumes_again_s": 30.0}
DATABASE: Limits = {"slowest_5xx_s": 5.5, "first_201_after_s": 10.0}
KILL_ROWS: tuple[Row, ...] = (
    Row(name="F1", about="web process kill -9", fault=faults.kill_web, limits={"lost_later": 0}),
    Row(name="F1m", about="supervisor kill -9", fault=faults.kill_master, limits={"down_s": 15.0}, share=0.2),
    Row(
        name="F2",
        about="Celery worker kill -9 with a lease",
        fault=faults.kill_worker,
        photographers=2,
        failures_allowed=0.001,
    ),
    Row(name="F3r", about="relay kill -9 with events waiting", fault=faults.kill_relay, failures_allowed=0.001),
    Row(name="F4", about="PostgreSQL immediate stop", fault=faults.stop_postgres, limits=DATABASE),
    Row(name="F5", about="one backend kill -9", fault=faults.kill_backend, limits=DATABASE),
    Row(name="F7", about="Redis kill -9", fault=faults.kill_redis, limits=AGAIN, failures_allowed=0.001),
    Row(name="F8", about="Redis emptied", fault=faults.empty_redis, limits=AGAIN, failures_allowed=0.001),
    Row(
        name="F9",
        about="Redis hung",
        fault=faults.hang_redis,
        limits={"p99_s": 2.0, **AGAIN},
        share=0.1,
        failures_allowed=0.001,
    ),
    Row(name="F13", about="crash between PUT and COMMIT", fault=crash_before_commit),
)
RACES: dict[str, tuple[str, Callable[..., list[str]], str]] = {
    "F27": ("the same report 2-10 times at once", races.duplicates, "keys"),
    "F31": ("one step, 2-20 officers at once", races.same_step, "rounds"),
}
