"""Random lives of a promise against a bookkeeper who counts every working minute on paper."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dispatch.domain.sla import (
    Clock,
    ClockState,
    EntryKind,
    Rung,
    Target,
    WorkingCalendar,
    approve_extension,
    breach,
    cancel,
    elapsed,
    is_late,
    is_on_time_lenient,
    is_on_time_strict,
    meet,
    next_sweep_at,
    pause,
    recategorised,
    recompute,
    reinstate,
    remaining,
    resume,
    rung_instants,
    start_clock,
    transfer,
)
from dispatch.domain.sla_errors import ClockAlreadyPaused, ClockFinished, ClockNotPaused
from tests.paper_promises import MINUTE, SWAPS, Bookkeeper, calendar_of, instant

MOVE_BOTH = {EntryKind.RESUMED, EntryKind.RECOMPUTED}
MOVE_ANY = MOVE_BOTH | {EntryKind.EXTENDED, EntryKind.TIGHTENED}
LADDER = tuple(Rung(at_percent=percent, whom="ioc", channel="push") for percent in (50, 80, 100, 150))


class Lives(RuleBasedStateMachine):
    """Every step the product takes with a clock, in any order, with the calendar edited under it."""

    clock: Clock

    @initialize(start=st.integers(15 * 1440, 22 * 1440), hours=st.integers(1, 40))
    def begin(self, start: int, hours: int) -> None:
        self.now, self.book = start, Bookkeeper(start, hours)
        self.seen: tuple = ()
        target = Target(unit="working_hours", amount=hours)
        self.clock = start_clock("citizen", target, self.calendar, at=instant(start), agency="a", policy="p")

    @property
    def calendar(self) -> WorkingCalendar:
        return calendar_of(self.book.edition)

    @rule(minutes=st.one_of(st.integers(0, 300), st.integers(0, 4000)))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes

    @precondition(lambda self: self.clock.state is ClockState.RUNNING)
    @rule()
    def ask_the_citizen(self) -> None:
        self.clock = pause(self.clock, self.calendar, at=instant(self.now), reason="waiting")
        self.book.paused_at = self.now
        with pytest.raises(ClockAlreadyPaused):
            pause(self.clock, self.calendar, at=instant(self.now), reason="again")

    @precondition(lambda self: self.clock.state is ClockState.PAUSED)
    @rule()
    def the_citizen_answers(self) -> None:
        self.clock = resume(self.clock, self.calendar, at=instant(self.now))
        self._pause_over()
        with pytest.raises(ClockNotPaused):
            resume(self.clock, self.calendar, at=instant(self.now))

    @precondition(lambda self: self.clock.is_open)
    @rule(hours=st.integers(1, 16))
    def an_extension_is_approved(self, hours: int) -> None:
        by = Target(unit="working_hours", amount=hours)
        self.clock = approve_extension(self.clock, self.calendar, by, at=instant(self.now), reason="r")
        self.book.events.append(("extend", hours, 0))

    @precondition(lambda self: self.clock.is_open)
    @rule(hours=st.integers(1, 60), later=st.booleans())
    def the_category_changes(self, hours: int, later: bool) -> None:
        before, target = self.clock, Target(unit="working_hours", amount=hours)
        self.clock = recategorised(
            before, self.calendar, target, at=instant(self.now), reason="r", later_approved=later
        )
        last = self.clock.entries[-1].kind
        if len(self.clock.entries) > len(before.entries) and last is not EntryKind.BREACHED:
            self.book.events.append(("tighten" if last is EntryKind.TIGHTENED else "ease", hours, 0))

    @precondition(lambda self: self.clock.is_open)
    @rule(edition=st.integers(0, len(SWAPS) - 1))
    def the_government_swaps_days(self, edition: int) -> None:
        self.book.edition = edition
        self.clock = recompute(self.clock, self.calendar, at=instant(self.now))
        if self.clock.breach_stands:
            assert self.clock.breached_at < (self.clock.paused_at or instant(self.now))

    @precondition(lambda self: is_late(self.clock, instant(self.now)))
    @rule()
    def the_sweep_comes_by(self) -> None:
        self.clock = breach(self.clock, self.calendar, at=instant(self.now))
        assert self.clock.breach_stands

    @precondition(lambda self: self.clock.is_open)
    @rule()
    def merged_and_unmerged(self) -> None:
        merged = cancel(self.clock, self.calendar, at=instant(self.now), reason="duplicate")
        self._pause_over()
        self.now += 90
        self.clock = reinstate(merged, self.calendar, at=instant(self.now), reason="unmerged")

    @precondition(lambda self: self.clock.is_open and len(self.clock.entries) > 5)  # not before it has lived
    @rule(way=st.sampled_from([meet, cancel, transfer]))
    def it_ends(self, way) -> None:
        self.clock = way(self.clock, self.calendar, at=instant(self.now), reason="end")
        self._pause_over()
        strict, lenient = (due >= self.now for due in self.book.dues())
        answered = way is meet
        assert is_on_time_strict(self.clock) == (strict if answered else None)
        assert is_on_time_lenient(self.clock) == (lenient if answered else None)
        if answered:
            assert (self.clock.state is ClockState.MET) == (lenient and not self.clock.breach_stands)
        for step in (meet, cancel, transfer, pause):
            with pytest.raises(ClockFinished):
                step(self.clock, self.calendar, at=instant(self.now), reason="again")
        assert recompute(self.clock, calendar_of(1), at=instant(self.now)) is self.clock

    def _pause_over(self) -> None:
        if self.book.paused_at is not None:
            self.book.events.append(("pause", self.book.paused_at, self.now))
            self.book.paused_at = None

    @invariant()
    def the_time_used_is_the_time_on_paper(self) -> None:
        if self.clock.is_open:
            used = self.book.ran(self.now) * MINUTE
            assert elapsed(self.clock, self.calendar, instant(self.now)) == used

    @invariant()
    def both_promises_stand_where_paper_has_them(self) -> None:
        strict, lenient = (instant(due) for due in self.book.dues())
        last = self.clock.entries[-1]
        assert (last.due_at, last.lenient_due_at) == (strict, lenient)
        paused = self.clock.state is ClockState.PAUSED
        assert (self.clock.due_at, self.clock.lenient_due_at) == ((None, None) if paused else (strict, lenient))

    @invariant()
    def the_ledger_only_grows_and_only_some_entries_move_a_promise(self) -> None:
        entries = self.clock.entries
        assert entries[: len(self.seen)] == self.seen
        self.seen = entries
        assert self.clock.started_at == entries[0].at == instant(self.book.start)
        for before, after in pairwise(entries):
            assert after.seq == before.seq + 1
            assert after.at >= before.at
            assert after.due_at == before.due_at or after.kind in MOVE_BOTH
            assert after.lenient_due_at == before.lenient_due_at or after.kind in MOVE_ANY

    @invariant()
    def the_ladder_meets_the_promise(self) -> None:
        clock, now = self.clock, instant(self.now)
        at = [step.at for step in rung_instants(clock, self.calendar, LADDER)]
        reached = [rung for rung in at if rung is not None]
        assert reached == sorted(reached)
        if clock.state is not ClockState.RUNNING:
            assert next_sweep_at(clock, self.calendar, LADDER, ()) is None
            return
        assert at[2] == clock.lenient_due_at
        left = remaining(clock, self.calendar, now)
        assert (left < timedelta(0)) <= is_late(clock, now)
        if left > timedelta(0):
            assert self.calendar.add(now, left) == clock.lenient_due_at


Lives.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestLives = Lives.TestCase
