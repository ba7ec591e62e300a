"""The day itself: what is due next, done by several people at once, until the last hour is over."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from admin.simulation.case import Case, Move
from admin.simulation.habits import next_move
from admin.simulation.line import Later, Stopped
from admin.simulation.moves import Hands, NotTaken
from admin.simulation.plan import Plan, Planned

AT_ONCE = 8  # people who act at the same moment
BATCH = 24
PAGES = 100
ANSWERS = frozenset({"submit_result", "approve_result"})
DONE = frozenset({"closed", "rejected", "referred", "duplicate", "withdrawn"})
SETTLED = DONE | {"resolved"}
Event = tuple[datetime, int, Planned | None, Case | None, Move | None]


@dataclass
class Diary:
    """What was done, by action; `sent` are new reports."""

    did: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


class Day:
    """A span of simulated days over one server. `tell(instant, diary)` is called as time passes."""

    def __init__(self, hands: Hands, plan: Plan, *, days: int, tell: Callable[[datetime, Diary], None]) -> None:
        self.hands, self.plan, self.tell = hands, plan, tell
        self.start = hands.now()
        self.end = self.start + timedelta(days=days)
        # Who acts within this time acts "at once"; longer spans are told in broader strokes.
        self.window = timedelta(minutes=max(4, min(30, 3 * days)))
        self.days = days
        self.diary = Diary()
        self._due: list[Event] = []

    def resume(self, count: int) -> tuple[int, int]:
        """Find what is there and plan what is still to be sent: (found, to send).

        Our reports come in blocks of `count`: the first block that is not complete on the server is the one to go on
        with. Open reports of others are worked on too, as desks and crews would.
        """
        known = self._on_server()
        found: list[tuple[Planned, str]] = []
        block, todo = 0, list[Planned]()
        while not todo:
            for planned in map(self.plan.report, range(block * count, (block + 1) * count)):
                there = known.get(planned.key)
                if there:
                    found.append((planned, there.pop()["id"]))
                else:
                    todo.append(planned)
            block += 1
        for planned in todo:
            self._push(self.plan.when(planned.number, self.start, self.days), planned=planned)
        others = [item for items in known.values() for item in items if item["status"] not in SETTLED]
        self._each(self._recall, found + [_of_others(item, -place) for place, item in enumerate(others, 1)])
        return len(found), len(todo)

    def run(self) -> Diary:
        """Until the span is over. Stopped when interrupted; what was done stays done."""
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="people") as pool:
            while self._due and self._due[0][0] < self.end:
                batch = self._next_batch()
                self.hands.clock.move_to(batch[-1][0])
                try:
                    self._together(pool, batch)
                except BaseException:
                    self.hands.line.stopped.set()
                    raise
                self.tell(batch[-1][0], self.diary)
        self.hands.clock.move_to(self.end)
        self.tell(self.end, self.diary)
        return self.diary

    def _on_server(self) -> dict[tuple[str, float, float], list[dict[str, Any]]]:
        """Reports that the centre sees, by category and place."""
        known: dict[tuple[str, float, float], list[dict[str, Any]]] = {}
        operator, cursor = self.hands.demo.one("operator"), None
        for _page in range(PAGES if operator else 0):
            params: dict[str, Any] = {"limit": 200, "order": "asc"} | ({"cursor": cursor} if cursor else {})
            page = self.hands.request(operator or "", "GET", "/v1/reports", params=params).json()
            for item in page["items"]:
                if not item["imported"]:
                    place = item["location"]
                    key = (item["category"], round(place["lat"], 5), round(place["lon"], 5))
                    known.setdefault(key, []).append(item)
            cursor = page["next"]
            if not cursor:
                break
        return known

    def _recall(self, found: tuple[Planned, str]) -> Case:
        return self.hands.remember(*found)

    def _each(self, work: Callable[[tuple[Planned, str]], Case], items: Iterable[tuple[Planned, str]]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for case in pool.map(work, items):
                self._plan_next(case)

    def _next_batch(self) -> list[Event]:
        first = self._due[0][0]
        until = min(first + self.window, self.end)
        batch: list[Event] = []
        while self._due and self._due[0][0] <= until and len(batch) < BATCH:
            batch.append(heapq.heappop(self._due))
        return batch

    def _together(self, pool: ThreadPoolExecutor, batch: Sequence[Event]) -> None:
        waiting: list[tuple[Event, Future[Case]]] = [(event, pool.submit(self._do, event)) for event in batch]
        for event, future in waiting:
            try:
                self._plan_next(future.result())
            except Later as later:  # asked too often: the same again when the server allows it
                at = self.hands.now() + timedelta(seconds=later.seconds)
                self._push(at, planned=event[2], case=event[3], move=event[4])
            except NotTaken as refusal:
                self.diary.did["not_taken"] += 1
                self.diary.problems.append(str(refusal))

    def _do(self, event: Event) -> Case:
        _, _, planned, case, move = event
        if planned is not None:
            case = self.hands.send(planned)
            self._count("sent")
            return case
        assert case is not None
        assert move is not None
        action = self.hands.take(case, move)
        if action:
            self._count(action)
        if action in ANSWERS and case.status == "resolved":  # else it waits for the leader
            self._count("resolved")
        return case

    def _count(self, what: str) -> None:
        with self.hands.line.guard:
            self.diary.did[what] += 1

    def _plan_next(self, case: Case) -> None:
        if self.hands.line.stopped.is_set():
            raise Stopped
        move = None if case.status in DONE else next_move(case, self.hands.now(), self.plan.seed, self.hands.demo)
        if move is not None:
            self._push(move.at, case=case, move=move)

    def _push(
        self, at: datetime, *, planned: Planned | None = None, case: Case | None = None, move: Move | None = None
    ) -> None:
        number = planned.number if planned else case.planned.number if case else 0
        heapq.heappush(self._due, (at, number, planned, case, move))


def _of_others(item: dict[str, Any], number: int) -> tuple[Planned, str]:
    """A report that somebody else sent, from its row in the centre's list."""
    place = item["location"]
    planned = Planned(
        number=number,
        category=item["category"],
        description="",
        lat=place["lat"],
        lon=place["lon"],
        accuracy_m=20.0,
        address="",
        sender="stranger",
        picture=None,
    )
    return planned, item["id"]
