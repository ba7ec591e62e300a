"""A calendar edited under open promises: who gets more time, whose breach is lifted, who is left alone."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from dispatch.domain.sla import (
    Clock,
    EntryKind,
    Target,
    Unit,
    WorkingCalendar,
    approve_extension,
    breach,
    is_on_time_strict,
    meet,
    pause,
    recompute,
    resume,
    start_clock,
)

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
OFFICE = ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 30)))
VIETNAM = WorkingCalendar(code="vn", timezone="Asia/Ho_Chi_Minh", week=dict.fromkeys(range(5), OFFICE))
EIGHT_HOURS = Target(unit=Unit.WORKING_HOURS, amount=8)


def on(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """An instant of December 2026 in Hà Nội; the 7th is a Monday."""
    return datetime(2026, 12, day, hour, minute, tzinfo=HANOI)


def clock_of() -> Clock:
    return start_clock("citizen", EIGHT_HOURS, VIETNAM, at=on(7, 8), agency="ward-07900", policy="roads/1")


def kinds(clock: Clock) -> list[str]:
    return [str(entry.kind) for entry in clock.entries]


def with_days_off(*days: int) -> WorkingCalendar:
    off = {date(2026, 12, day): () for day in days}
    return WorkingCalendar(code="vn", timezone="Asia/Ho_Chi_Minh", week=VIETNAM.week, exceptions=off)


def test_a_new_holiday_moves_open_promises_and_lifts_the_breach_it_undoes():
    late = breach(clock_of(), VIETNAM, at=on(8, 9))
    eased = recompute(late, with_days_off(8), at=on(8, 10), reason="storm")
    assert (eased.due_at, eased.breach_stands, eased.breach_lifted_at) == (on(9, 8), False, on(8, 10))
    assert kinds(eased) == ["started", "breached", "recomputed", "lifted"]
    answered = meet(eased, with_days_off(8), at=on(9, 8))
    assert (answered.state, is_on_time_strict(answered)) == ("met", True)
    late_again = breach(eased, with_days_off(8), at=on(9, 9))
    assert (late_again.breach_stands, late_again.breached_at) == (True, on(9, 8))


def test_a_holiday_that_comes_too_late_only_dates_the_breach_anew():
    late = recompute(breach(clock_of(), VIETNAM, at=on(8, 9)), with_days_off(8), at=on(9, 11))
    assert (late.breach_stands, late.breached_at) == (True, on(9, 8))
    extended = approve_extension(late, with_days_off(8), EIGHT_HOURS, at=on(9, 12), reason="r")
    assert recompute(extended, with_days_off(8), at=on(9, 13)) is extended


def test_a_calendar_edit_leaves_finished_and_untouched_clocks_alone():
    done = meet(clock_of(), VIETNAM, at=on(7, 9))
    assert recompute(done, with_days_off(8), at=on(7, 10)) is done
    running = clock_of()
    assert recompute(running, with_days_off(25), at=on(7, 10)) is running
    waiting = pause(running, VIETNAM, at=on(7, 10), reason="w")
    moved = recompute(waiting, with_days_off(8), at=on(7, 11))
    assert (moved.due_at, moved.entries[-1].kind, moved.entries[-1].due_at) == (None, EntryKind.RECOMPUTED, on(9, 8))
    assert resume(moved, with_days_off(8), at=on(7, 11)).due_at == on(9, 9)


def test_a_breach_is_lifted_in_a_pause_that_began_before_the_new_due_however_long_it_lasts():
    waiting = pause(breach(clock_of(), VIETNAM, at=on(8, 9)), VIETNAM, at=on(8, 10), reason="w")
    moved = recompute(waiting, with_days_off(8), at=on(10, 9))
    assert not moved.breach_stands
    assert resume(moved, with_days_off(8), at=on(10, 9)).due_at == on(10, 9, 30)  # half an hour was left


def test_recomputing_twice_changes_nothing_more():
    once = recompute(breach(clock_of(), VIETNAM, at=on(8, 9)), with_days_off(8), at=on(8, 10))
    assert recompute(once, with_days_off(8), at=on(8, 11)) is once
