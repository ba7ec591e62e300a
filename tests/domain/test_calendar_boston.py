"""The due times of a real city, recomputed: 39,265 cases of Boston in the first half of 2015.

What the city does differently from its own rule, as found in the 2,227 cases that do not agree within two
minutes: 1,137 were promised another number of business days than their type's usual one (recycling carts,
abandoned vehicles, stickers, contractor complaints), 504 another whole number of hours (trees, pavements and
signs: 8,760 hours is only the commonest), 152 of the business-day types were promised whole calendar hours,
24 whole working hours, 5 are due before they were opened; the other 405 are mostly some minutes early, as if
counted from an earlier instant than the one in the opening column.
"""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from dispatch.domain.calendar import WorkingCalendar
from dispatch.domain.promise import Target, due_from
from tests.shared_data import shared

BOSTON = ZoneInfo("America/New_York")
NEAR = timedelta(seconds=120)
DAY_LENGTH = timedelta(hours=8, minutes=30)
BUSINESS, CALENDAR = 30_043, 9_222


@dataclass(frozen=True, kw_only=True)
class Case:
    type: str
    by_days: bool
    amount: int
    opened: datetime
    by_rule: datetime
    by_city: datetime


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    with gzip.open(shared("311/boston311/sla_due_cases_h1.csv.gz"), "rt") as rows:
        return list(_cases(rows))


def _cases(rows) -> Iterator[Case]:
    for row in csv.DictReader(rows):
        opened, rule, city = (
            datetime.fromisoformat(row[name]).replace(tzinfo=BOSTON)
            for name in ("opened_local", "due_by_rule_local", "city_target_local")
        )
        yield Case(
            type=row["type"],
            by_days=row["rule"] == "business_days",
            amount=int(row["amount"]),
            opened=opened,
            by_rule=rule.astimezone(UTC),
            by_city=city.astimezone(UTC),
        )


def boston(roll: str, timezone: str = "America/New_York") -> WorkingCalendar:
    with shared("311/boston311/sla_holidays.csv").open() as rows:
        off = {date.fromisoformat(row["holiday"]): () for row in csv.DictReader(rows)}
    hours = ((time(8, 30), time(17, 0)),)
    week = dict.fromkeys(range(5), hours)
    return WorkingCalendar(code="boston", timezone=timezone, week=week, exceptions=off, roll=roll)


def test_business_days_agree_with_the_rule_in_every_case_and_with_the_city_in_94_7_percent(cases):
    calendar = boston("open")
    business = [case for case in cases if case.by_days]
    assert len(business) == BUSINESS
    dues = [
        due_from(Target(unit="working_days", amount=case.amount, day_rule="same_time"), case.opened, calendar)
        for case in business
    ]
    pairs = list(zip(business, dues, strict=True))
    assert all(due == case.by_rule for case, due in pairs)
    assert sum(abs(due - case.by_city) <= NEAR for case, due in pairs) == 28_461  # 94.73 %


def test_the_roll_of_the_calendar_decides_38_percent_of_them(cases):
    """The same promise counted in working hours agrees only if a due on a closing time moves to the opening."""
    business = [case for case in cases if case.by_days]
    rolled, kept = boston("open"), boston("close")
    assert all(rolled.add(case.opened, case.amount * DAY_LENGTH) == case.by_rule for case in business)
    same = sum(kept.add(case.opened, case.amount * DAY_LENGTH) == case.by_rule for case in business)
    assert BUSINESS - same == 11_505  # 38.3 %


def test_calendar_hours_of_the_city_are_hours_on_the_wall(cases):
    """Ours are elapsed hours: 1,445 promises over the spring change and 34 over the autumn one differ by an hour."""
    hourly = [case for case in cases if not case.by_days]
    assert len(hourly) == CALENDAR
    differences: dict[timedelta, int] = {}
    for case in hourly:
        target = Target(unit="calendar_hours", amount=case.amount)
        difference = due_from(target, case.opened, boston_clock) - case.by_rule
        differences[difference] = differences.get(difference, 0) + 1
    assert differences == {timedelta(0): 7_743, timedelta(hours=1): 1_445, timedelta(hours=-1): 34}
    on_the_wall = sum(
        abs(case.opened.replace(tzinfo=None) + timedelta(hours=case.amount) - _wall(case.by_city)) <= NEAR
        for case in hourly
    )
    assert on_the_wall == 8_577  # 93.01 % of the city's own


boston_clock = WorkingCalendar(code="clock", timezone="America/New_York", around_the_clock=True)


def _wall(instant: datetime) -> datetime:
    return instant.astimezone(BOSTON).replace(tzinfo=None)


def test_each_type_agrees_as_often_as_the_fitted_policy_says(cases):
    with shared("311/boston311/sla_policy_fitted.csv").open() as rows:
        stated = {row["type"]: float(row["match_h1"]) for row in csv.DictReader(rows)}
    calendar = boston("open")
    agreed: dict[str, list[bool]] = {}
    for case in cases:
        if case.by_days:
            due = calendar.add_days(case.opened, case.amount, "same_time")
            agreed.setdefault(case.type, []).append(abs(due - case.by_city) <= NEAR)
    worst = max(abs(sum(hits) / len(hits) - stated[kind]) for kind, hits in agreed.items())
    assert worst < 0.0001
