"""Definitions and facts without a database: words for every figure, intervals, and what a timeline adds up to."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin.indicators.catalogue import INDICATORS, WORDS
from admin.indicators.facts import Due, Line, Subject, rows_of, standings
from admin.indicators.figures import wilson
from admin.indicators.loading import cell
from dispatch.domain.calendar import WorkingCalendar
from dispatch.domain.report import STEPS, Action, Status, advance
from kit.ids import new_id

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
START = datetime(2027, 3, 1, 1, tzinfo=UTC)
OFFICE = WorkingCalendar(
    code="office", timezone="Asia/Ho_Chi_Minh",
    week=dict.fromkeys(range(5), ((time(7, 30), time(11, 30)), (time(13, 30), time(17, 30)))),
)  # fmt: skip


def subject(**more: object) -> Subject:
    return Subject(
        **{
            "report_id": new_id(),
            "code": "7K4M2Q9X",
            "channel": "app",
            "category": "pothole",
            "agency": "ward",
            "desk": "ioc",
            "team": None,
            "area": "07900",
            "area_today": "07900",
            "received_at": START,
            "hops": 0,
            "imported": False,
            "sensitive": False,
            "placed": True,
            "cell_lat": 21332,
            "cell_lon": 105404,
            **more,
        }
    )


def line(hours: float, action: str, status: str, **data: object) -> Line:
    return Line(at=START + timedelta(hours=hours), action=action, to_status=status, data=data, by_staff=True)


def test_every_indicator_has_its_words_in_both_languages() -> None:
    wanted = {f"{code}-{part}" for code in INDICATORS for part in ("name", "definition")}
    assert WORDS.keys("vi") == WORDS.keys("en") == wanted


@pytest.mark.parametrize(
    ("numerator", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_as_in_the_books(numerator: int, n: int, low: float, high: float) -> None:
    """The last line is Newcombe (1998), table I."""
    assert wilson(numerator, n) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share(pair: tuple[int, int]) -> None:
    low, high = wilson(*pair)
    assert 0 <= low <= pair[0] / pair[1] <= high <= 1


@pytest.mark.parametrize(
    ("degrees", "thousandths"),
    [(42.36, 42360), (42.3594, 42359), (-71.0587, -71059), (-71.058, -71058), (0.0, 0), (-0.0001, -1)],
)
def test_a_cell_is_floored_on_whole_numbers(degrees: float, thousandths: int) -> None:
    """42.36 / 0.001 is 42359.999… in binary; counted in micro-degrees it is the cell it should be."""
    assert cell(degrees) == thousandths


def test_in_triage_the_desk_has_it_and_a_category_was_what_it_was() -> None:
    lines = [
        line(0, "submit", "triage", channel="app"),
        line(1, "recategorise", "triage", **{"from": "noise", "to": "pothole"}),
        line(2, "route", "routed", agency="ward"),
    ]
    told = standings(subject(), lines, [])
    assert [(one.agency, one.category) for one in told] == [("ioc", "noise"), ("ioc", "pothole"), ("ward", "pothole")]


def test_a_case_closed_before_it_was_opened_is_answered_and_has_no_duration() -> None:
    lines = [line(0, "submit", "routed", agency="ward"), line(-5, "submit_result", "resolved", imported=True)]
    [row] = rows_of(subject(), lines, [], OFFICE, HERE)
    assert row["answered_at"] == START - timedelta(hours=5)
    assert row["since"] == START
    assert (row["resolve_s"], row["resolve_work_s"], row["is_open"], row["acknowledged_at"]) == (
        None,
        None,
        False,
        None,
    )


def test_promises_as_they_stood_and_who_held_it_when_one_passed() -> None:
    due, later, second = (START + timedelta(hours=hours) for hours in (4, 9, 95))
    dues = [
        Due(at=START, cycle=1, strict=due, lenient=due),
        Due(at=START + timedelta(hours=1), cycle=1, strict=due, lenient=later),
        Due(at=START + timedelta(hours=20), cycle=2, strict=second, lenient=second),
    ]  # fmt: skip
    lines = [
        line(0, "submit", "routed", agency="ward"),
        line(1, "decide_extension", "routed"),
        line(6, "transfer", "routed", agency="city"),
        line(10, "submit_result", "resolved"),
        line(20, "reopen", "routed"),
    ]
    rows = rows_of(subject(agency="city", hops=1), lines, dues, OFFICE, HERE)
    assert [row["lenient_due_at"] for row in rows] == [due, later, later, later, second]
    assert {row["strict_due_at"] for row in rows} == {due}, "the first promise stays the first, also after reopening"
    assert [row["agency_strict"] for row in rows] == ["ward", "ward", "ward", "ward", "ward"]
    assert [row["agency_lenient"] for row in rows] == ["ward", "ward", "city", "city", "city"]
    assert [row["reopened"] for row in rows] == [0, 0, 0, 0, 1]


@given(st.lists(st.tuples(st.sampled_from(list(Action)), st.integers(-3, 50)), max_size=12))
def test_versions_follow_one_another_without_gaps(steps: list[tuple[Action, int]]) -> None:
    """Any sequence of allowed steps, whatever their clocks say."""
    status, lines = Status.TRIAGE, [line(0, "submit", "triage")]
    for action, hours in steps:
        if (status, action) in STEPS:
            status = advance(status, action)
            lines.append(line(hours, action, status, agency="city"))
    rows = rows_of(subject(), lines, [], OFFICE, HERE)
    assert all(row["since"] >= START for row in rows)
    assert all(row["until"] == after["since"] > row["since"] for row, after in pairwise(rows))
    assert "until" not in rows[-1]
    assert rows[-1]["is_open"] == (
        status not in {"resolved", "closed", "rejected", "referred", "duplicate", "withdrawn"}
    )
    for row in rows:
        assert row["is_open"] == (row["answered_at"] is None and row["exit_kind"] is None)
        assert (row["exit_at"] is None) == (row["exit_kind"] is None)
