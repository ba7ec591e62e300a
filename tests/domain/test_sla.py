"""Promises in the city's words: what moves them, what never does, and who was late."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain import sla_errors as refused
from dispatch.domain.sla import (
    Clock,
    ClockKind,
    ClockState,
    Target,
    Unit,
    WorkingCalendar,
    approve_extension,
    breach,
    cancel,
    check_extension_request,
    elapsed,
    end_expired_pause,
    is_on_time_lenient,
    is_on_time_strict,
    meet,
    pause,
    pause_ends_at,
    pause_expired,
    recategorised,
    reinstate,
    remaining,
    resume,
    start_clock,
    transfer,
)

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
OFFICE = ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 30)))
VIETNAM = WorkingCalendar(code="vn", timezone="Asia/Ho_Chi_Minh", week=dict.fromkeys(range(5), OFFICE))
THREE_DAYS = Target(unit=Unit.WORKING_DAYS, amount=3)
EIGHT_HOURS = Target(unit=Unit.WORKING_HOURS, amount=8)
HOUR = timedelta(hours=1)


def on(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """An instant of December 2026 in Hà Nội; the 7th and the 14th are Mondays."""
    return datetime(2026, 12, day, hour, minute, tzinfo=HANOI)


def clock_of(target: Target = EIGHT_HOURS, at: datetime | None = None, kind=ClockKind.CITIZEN) -> Clock:
    return start_clock(kind, target, VIETNAM, at=at or on(7, 8), agency="ward-07900", policy="roads/1")


def kinds(clock: Clock) -> list[str]:
    return [str(entry.kind) for entry in clock.entries]


@pytest.mark.parametrize(
    ("target", "received", "due"),
    [
        (EIGHT_HOURS, on(7, 8), on(8, 8)),
        (EIGHT_HOURS, on(5, 22), on(7, 17, 30)),  # Saturday night: counts from Monday 07:30
        (THREE_DAYS, on(7, 8), on(10, 17, 30)),  # Monday itself is not counted
        (THREE_DAYS, on(5, 22), on(9, 17, 30)),  # nor the Saturday
        (Target(unit="working_days", amount=3, day_rule="same_time"), on(7, 8), on(10, 8)),
        (Target(unit="calendar_hours", amount=3), on(5, 22), on(6, 1)),  # an emergency
        (Target(unit="working_minutes", amount=5), on(7, 11, 28), on(7, 13, 33)),
        (Target(unit="calendar_minutes", amount=5), on(7, 11, 28), on(7, 11, 33)),
    ],
)
def test_a_promise_ends_when_its_unit_says(target, received, due):
    assert clock_of(target, received).due_at == due


def test_an_answer_at_the_due_instant_is_on_time_and_a_moment_later_is_not():
    clock = clock_of()
    in_time = meet(clock, VIETNAM, at=on(8, 8))
    assert (in_time.state, is_on_time_strict(in_time), is_on_time_lenient(in_time)) == ("met", True, True)
    late = meet(clock, VIETNAM, at=on(8, 8) + timedelta(microseconds=1))
    assert (late.state, is_on_time_strict(late), late.breached_at) == ("breached", False, on(8, 8))
    assert kinds(late) == ["started", "breached", "missed"]


def test_waiting_for_the_citizen_moves_the_promise_by_working_time_only():
    waiting = pause(clock_of(), VIETNAM, at=on(7, 10), reason="waiting for the citizen")
    assert (waiting.state, waiting.due_at, waiting.lenient_due_at) == ("paused", None, None)
    assert waiting.pause_reason == "waiting for the citizen"
    assert elapsed(waiting, VIETNAM, on(8, 17)) == 2 * HOUR
    assert remaining(waiting, VIETNAM, on(8, 17)) == 6 * HOUR
    again = resume(waiting, VIETNAM, at=on(8, 9))
    assert again.due_at == again.lenient_due_at == on(8, 17)  # 7 working hours of waiting after 08:00
    assert (again.paused_at, again.pause_reason) == (None, None)


def test_a_pause_wholly_out_of_hours_adds_nothing():
    for target in (EIGHT_HOURS, THREE_DAYS):
        clock = clock_of(target)
        slept = resume(pause(clock, VIETNAM, at=on(7, 18), reason="w"), VIETNAM, at=on(8, 7))
        assert slept.due_at == clock.due_at
    by_the_clock = clock_of(Target(unit="calendar_hours", amount=24))
    slept = resume(pause(by_the_clock, VIETNAM, at=on(7, 18), reason="w"), VIETNAM, at=on(8, 7))
    assert slept.due_at == on(8, 21)


def test_pausing_twice_and_resuming_what_runs_are_refused():
    waiting = pause(clock_of(), VIETNAM, at=on(7, 10), reason="w")
    with pytest.raises(refused.ClockAlreadyPaused):
        pause(waiting, VIETNAM, at=on(7, 11), reason="again")
    with pytest.raises(refused.ClockNotPaused):
        resume(clock_of(), VIETNAM, at=on(7, 10))


def test_a_forgotten_pause_ends_after_five_working_days_even_if_the_sweep_is_late():
    waiting = pause(clock_of(), VIETNAM, at=on(7, 10), reason="w")
    assert pause_ends_at(waiting, VIETNAM, max_days=5) == on(14, 10)
    assert not pause_expired(waiting, VIETNAM, at=on(14, 9, 59), max_days=5)
    assert end_expired_pause(waiting, VIETNAM, at=on(14, 9, 59), max_days=5) is waiting
    swept_late = end_expired_pause(waiting, VIETNAM, at=on(14, 15), max_days=5)
    assert swept_late == end_expired_pause(waiting, VIETNAM, at=on(14, 10), max_days=5)
    assert swept_late.due_at == on(15, 8)
    assert pause_ends_at(swept_late, VIETNAM, max_days=5) is None


def test_asking_the_citizen_after_the_due_instant_does_not_heal_lateness():
    waiting = pause(clock_of(), VIETNAM, at=on(8, 9), reason="w")
    assert kinds(waiting) == ["started", "breached", "paused"]
    answered = meet(waiting, VIETNAM, at=on(10, 9))
    assert (answered.due_at, answered.state, is_on_time_strict(answered)) == (on(8, 8), "breached", False)


def test_a_pause_at_the_due_instant_itself_still_moves_the_promise():
    again = resume(pause(clock_of(), VIETNAM, at=on(8, 8), reason="w"), VIETNAM, at=on(8, 9))
    assert (again.due_at, again.breach_stands) == (on(8, 9), False)


def test_an_approved_extension_moves_the_lenient_promise_only():
    clock = approve_extension(clock_of(), VIETNAM, EIGHT_HOURS, at=on(7, 15), reason="parts ordered")
    assert (clock.due_at, clock.lenient_due_at) == (on(8, 8), on(9, 8))
    assert (clock.extensions, clock.moves) == (1, 1)
    answered = meet(clock, VIETNAM, at=on(8, 15))
    assert answered.state is ClockState.MET
    assert (is_on_time_strict(answered), is_on_time_lenient(answered)) == (False, True)


def test_an_extension_approved_too_late_counts_from_the_old_due_and_the_breach_stays():
    unswept = approve_extension(clock_of(), VIETNAM, EIGHT_HOURS, at=on(8, 11), reason="asked in time")
    assert kinds(unswept) == ["started", "breached", "extended"]
    assert (unswept.lenient_due_at, unswept.breached_at) == (on(9, 8), on(8, 8))
    answered = meet(unswept, VIETNAM, at=on(8, 15))
    assert (answered.state, is_on_time_lenient(answered)) == ("breached", True)


def test_working_days_of_extension_keep_the_closing_time():
    two_days = Target(unit="working_days", amount=2)
    clock = approve_extension(clock_of(THREE_DAYS), VIETNAM, two_days, at=on(9, 9), reason="r")
    assert clock.lenient_due_at == on(14, 17, 30)


def test_extensions_are_asked_before_the_due_instant_and_within_the_quota():
    clock = clock_of()
    check_extension_request(clock, at=on(8, 7, 59), quota=1)
    with pytest.raises(refused.ExtensionTooLate):
        check_extension_request(clock, at=on(8, 8), quota=1)
    longer = approve_extension(clock, VIETNAM, EIGHT_HOURS, at=on(7, 15), reason="r")
    with pytest.raises(refused.ExtensionQuotaUsed):
        check_extension_request(longer, at=on(8, 8), quota=1)


def test_a_more_urgent_category_tightens_the_promise_in_force_and_a_milder_one_changes_nothing():
    clock = clock_of(THREE_DAYS)
    urgent = recategorised(clock, VIETNAM, EIGHT_HOURS, at=on(7, 9), reason="live wire")
    assert (urgent.due_at, urgent.lenient_due_at) == (on(10, 17, 30), on(8, 8))
    milder = Target(unit="working_days", amount=10)
    assert recategorised(clock, VIETNAM, milder, at=on(7, 9), reason="not urgent") is clock
    approved = recategorised(clock, VIETNAM, milder, at=on(7, 9), reason="r", later_approved=True)
    assert (approved.due_at, approved.lenient_due_at) == (on(10, 17, 30), on(21, 17, 30))
    assert (approved.extensions, approved.target) == (0, THREE_DAYS)


def test_the_old_agency_carries_its_lateness_and_the_citizens_clock_runs_on():
    handed_over = transfer(clock_of(kind=ClockKind.RESOLVE), VIETNAM, at=on(8, 9), reason="not ours")
    assert (handed_over.state, handed_over.breached_at) == ("transferred", on(8, 8))
    assert is_on_time_strict(handed_over) is None
    with pytest.raises(refused.ClockFinished):
        meet(handed_over, VIETNAM, at=on(8, 10))


def test_an_exit_counts_nowhere_and_an_unmerged_report_has_lost_no_time():
    merged = cancel(pause(clock_of(), VIETNAM, at=on(7, 9), reason="w"), VIETNAM, at=on(7, 10), reason="dup")
    assert (merged.state, is_on_time_strict(merged), is_on_time_lenient(merged)) == ("cancelled", None, None)
    assert elapsed(merged, VIETNAM, on(9, 9)) == HOUR
    restored = reinstate(merged, VIETNAM, at=on(7, 15), reason="unmerged")
    assert (restored.state, restored.due_at) == ("running", on(8, 9))
    assert elapsed(restored, VIETNAM, on(7, 15)) == 4 * HOUR  # 08–09, 10–11:30, 13:30–15
    with pytest.raises(refused.ClockNotCancelled):
        reinstate(restored, VIETNAM, at=on(7, 16), reason="twice")


def test_a_breach_is_recorded_once_and_never_early():
    clock = clock_of()
    with pytest.raises(refused.NotLateYet):
        breach(clock, VIETNAM, at=on(8, 8))
    late = breach(clock, VIETNAM, at=on(8, 8, 1))
    assert (late.state, late.breached_at) == ("running", on(8, 8))
    assert breach(late, VIETNAM, at=on(8, 9)) is late


def test_a_ledger_never_runs_backwards():
    waiting = pause(clock_of(), VIETNAM, at=on(7, 10), reason="w")
    again = resume(waiting, VIETNAM, at=on(7, 10) - timedelta(milliseconds=3))
    assert again.entries[-1].at == on(7, 10)
    assert again.due_at == on(8, 8)


def test_a_target_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Target(unit="working_hours", amount=0)
    with pytest.raises(ValueError, match="fortnights"):
        Target(unit="fortnights", amount=1)
