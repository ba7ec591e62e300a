"""The escalation ladder: when each rung is due, through pauses, extensions and answers."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.sla import (
    Clock,
    Rung,
    Target,
    WorkingCalendar,
    approve_extension,
    breach,
    meet,
    next_sweep_at,
    pause,
    recategorised,
    resume,
    rung_instants,
    start_clock,
)

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
OFFICE = ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 30)))
VIETNAM = WorkingCalendar(code="vn", timezone="Asia/Ho_Chi_Minh", week=dict.fromkeys(range(5), OFFICE))
LADDER = tuple(
    Rung(at_percent=percent, whom=whom, channel=channel)
    for percent, whom, channel in (
        (50, "worker_leader", "push"),
        (80, "agency_leader", "push"),
        (100, "ioc", "inbox"),
        (150, "province_office", "email"),
    )
)


def on(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=HANOI)


def clock_of(unit: str = "working_hours", amount: int = 8) -> Clock:
    target = Target(unit=unit, amount=amount)
    return start_clock("resolve", target, VIETNAM, at=on(7, 8), agency="ward", policy="roads/1")


def instants(clock: Clock) -> list[datetime | None]:
    return [step.at for step in rung_instants(clock, VIETNAM, LADDER)]


def test_rungs_stand_at_their_share_of_working_time():
    assert instants(clock_of()) == [on(7, 14), on(7, 16, 24), on(8, 8), on(8, 14)]


def test_an_emergency_climbs_by_the_clock_on_the_wall():
    assert instants(clock_of("calendar_hours", 4)) == [on(7, 10), on(7, 11, 12), on(7, 12), on(7, 14)]


def test_the_full_rung_of_a_promise_in_days_is_its_due_instant():
    clock = clock_of("working_days", 3)
    assert instants(clock)[2] == clock.due_at == on(10, 17, 30)


def test_a_pause_keeps_the_rungs_that_were_reached_and_shifts_the_others():
    waiting = pause(clock_of(), VIETNAM, at=on(7, 15), reason="waiting for the citizen")
    assert instants(waiting) == [on(7, 14), None, None, None]
    assert next_sweep_at(waiting, VIETNAM, LADDER, {0}) is None
    again = resume(waiting, VIETNAM, at=on(8, 8))
    assert instants(again) == [on(7, 14), on(8, 9, 24), on(8, 11), on(8, 17)]


def test_an_approved_extension_stretches_the_ladder():
    longer = approve_extension(
        clock_of(), VIETNAM, Target(unit="working_hours", amount=8), at=on(7, 10), reason="parts"
    )
    assert instants(longer)[:3] == [on(8, 8), on(8, 14, 48), on(9, 8)]


def test_a_more_urgent_category_in_other_units_climbs_by_its_own():
    urgent = recategorised(
        clock_of(), VIETNAM, Target(unit="calendar_hours", amount=4), at=on(7, 9), reason="live wire"
    )
    assert instants(urgent) == [on(7, 10), on(7, 11, 12), on(7, 12), on(7, 14)]


def test_the_next_look_is_the_lowest_rung_not_fired_or_the_due_instant():
    clock = clock_of()
    assert next_sweep_at(clock, VIETNAM, LADDER, ()) == on(7, 14)
    assert next_sweep_at(clock, VIETNAM, LADDER, {0}) == on(7, 16, 24)
    assert next_sweep_at(clock, VIETNAM, (), ()) == on(8, 8)
    assert next_sweep_at(clock, VIETNAM, LADDER, {0, 1, 2}) == on(8, 8)  # the breach itself
    late = breach(clock, VIETNAM, at=on(8, 9))
    assert next_sweep_at(late, VIETNAM, LADDER, {0, 1, 2}) == on(8, 14)
    assert next_sweep_at(late, VIETNAM, LADDER, {0, 1, 2, 3}) is None


def test_rungs_fired_before_an_extension_do_not_fire_again():
    longer = approve_extension(
        clock_of(), VIETNAM, Target(unit="working_hours", amount=8), at=on(7, 15), reason="parts"
    )
    assert next_sweep_at(longer, VIETNAM, LADDER, {0}) == on(8, 14, 48)


def test_a_finished_clock_is_not_looked_at():
    done = meet(clock_of(), VIETNAM, at=on(7, 15))
    assert next_sweep_at(done, VIETNAM, LADDER, ()) is None
    assert instants(done) == [on(7, 14), None, None, None]


def test_the_order_of_the_list_does_not_matter_but_its_places_name_the_rungs():
    upside_down = tuple(reversed(LADDER))
    assert next_sweep_at(clock_of(), VIETNAM, upside_down, {3}) == on(7, 16, 24)
    assert [step.index for step in rung_instants(clock_of(), VIETNAM, upside_down)] == [0, 1, 2, 3]


def test_a_rung_at_the_start_is_refused():
    with pytest.raises(ValueError, match="1 %"):
        replace(LADDER[0], at_percent=0)


def test_a_rung_falls_on_the_closing_time_if_its_share_ends_there():
    clock = start_clock(
        "resolve", Target(unit="working_hours", amount=16), VIETNAM, at=on(7, 7, 30), agency="w", policy="p"
    )
    assert instants(clock)[0] == on(7, 17, 30)
    assert clock.due_at == on(8, 17, 30)
    assert instants(clock)[3] - on(9, 17, 30) == timedelta(0)
