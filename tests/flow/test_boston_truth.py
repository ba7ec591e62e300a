"""Half a year of real cases of Boston, imported by the command and asked back over HTTP: every table, every cell.

The tables were computed elsewhere (DuckDB, checked with pandas) from the same file. What they hold and we do not claim
to be a figure is named where it is left out: the city's own flags, and the discrete percentile beside the continuous.
"""

import csv
import gzip
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from kit.embedded import Embedded
from tests.empty_tables import empty_tables
from tests.live_app import bearer, live_app
from tests.shared_data import shared

FOLDER = "311/boston311"
AS_OF = "2016-01-13"
YEAR = {"from": "2015-01-01", "to": "2016-01-01", "as_of": AS_OF}
HALF = {"from": "2015-01-01", "to": "2015-07-01", "as_of": AS_OF}
Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def client(migrated: Embedded) -> Iterator[httpx.Client]:
    """The cases imported into empty tables, in New York's time, and a supervisor who asks."""
    from kit.settings import get_settings

    cases, districts = shared(f"{FOLDER}/cases_2015_h1.csv.gz"), shared(f"{FOLDER}/boundaries/police_districts.geojson")
    before = os.environ.get("HT_TIMEZONE")
    os.environ["HT_TIMEZONE"] = "America/New_York"
    get_settings.cache_clear()
    empty_tables()
    _import(cases, districts)
    with live_app() as asking:
        asking.headers.update(bearer("supervisor"))
        yield asking
    os.environ.pop("HT_TIMEZONE") if before is None else os.environ.update(HT_TIMEZONE=before)
    get_settings.cache_clear()


def _import(cases: Path, districts: Path) -> None:
    from admin.imports.areas import main as import_areas
    from admin.imports.history import main as import_history
    from admin.indicators.tasks import keep_sums

    fields = [
        "--layer",
        "district",
        "--code-field",
        "DISTRICT",
        "--name-field",
        "DISTRICT",
        "--valid-from",
        "2015-01-01",
    ]
    assert import_areas([str(districts), *fields]) == 0
    assert import_history([str(cases), "--map", "boston311"]) == 0
    keep_sums()  # what beat does every two seconds


@pytest.fixture(scope="module")
def ask(client: httpx.Client) -> Ask:
    def items(indicator: str, *groups: str, **params: Any) -> list[dict[str, Any]]:
        answer = client.get("/v1/figures", params={"indicator": indicator, "group_by": list(groups), **params})
        assert answer.status_code == 200, answer.text
        found = answer.json()["items"]
        assert not any(item.get("suppressed") for item in found)
        return list(found)

    return items


@pytest.fixture(scope="module")
def behind(client: httpx.Client) -> Callable[..., list[dict[str, Any]]]:
    """Every report behind a figure, page by page; their number is what the list says it is."""

    def rows(indicator: str, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            asked = {"indicator": indicator, "limit": 1000, **params, **cursor}
            page = client.get("/v1/figures/reports", params=asked).json()
            found += page["items"]
            if page["next"] is None:
                assert len(found) == page["total"] == len({row["id"] for row in found})
                return found
            cursor = {"cursor": page["next"]}

    return rows


def truth(name: str) -> list[dict[str, str]]:
    path = shared(f"{FOLDER}/truth/{name}.csv")
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def by(items: Iterable[dict[str, Any]], *groups: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {tuple(item[group] for group in groups): item for item in items}


# How a column of the tables is said in figures: indicator and what of its item.
COLUMNS: dict[str, tuple[str, Callable[[dict[str, Any]], Any]]] = {
    "n": ("received", lambda item: item["n"]),
    "closed": ("resolved", lambda item: item["n"]),
    "open": ("backlog", lambda item: item["value"]),
    "open_overdue": ("backlog_overdue", lambda item: item["value"]),
    "closed_on_time": ("on_time_strict", lambda item: item["numerator"]),
    "closed_late": ("on_time_strict", lambda item: item["n"] - item["numerator"]),
    "on_time_pct_closed": ("on_time_strict", lambda item: 100 * item["value"]),
    "on_time_pct_due": ("on_time_due", lambda item: 100 * item["value"]),
    "n_duration": ("resolve_p50", lambda item: item["n"]),
    "median_h": ("resolve_p50", lambda item: item["value"] / 3600),
    "p90_h": ("resolve_p90", lambda item: item["value"] / 3600),
    "mean_h": ("resolve_mean", lambda item: item["value"] / 3600),
}


def agree(ask: Ask, table: str, keys: dict[str, str], columns: str, **params: Any) -> None:
    """Every cell of these columns: equal, to the last decimal the table prints; no group more and none less."""
    rows, groups = truth(table), tuple(keys.values())
    differences = []
    asked: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}
    for column in columns.split():
        indicator, cell = COLUMNS[column]
        if indicator not in asked:
            asked[indicator] = by(ask(indicator, *groups, **params), *groups)
        for row in rows:
            item = asked[indicator].get(tuple(row[key] for key in keys))
            value = cell(item) if item else None
            if not same(row[column], value):
                differences.append(f"{[row[key] for key in keys]} {column}: table {row[column]!r}, ours {value}")
        strange = set(asked[indicator]) - {tuple(row[key] for key in keys) for row in rows}
        differences += [f"{key} {column}: not in the table" for key in strange]
    assert not differences, "\n".join(differences[:30])


def same(told: str, value: Any) -> bool:
    if value is None or told == "":
        return (told or "0") == "0" and value in (None, 0)
    places = len(told.partition(".")[2])
    return abs(float(told) - value) <= 0.5000001 * 10**-places if places else float(told) == value


def test_t01_the_whole(ask: Ask, behind: Callable[..., list[dict[str, Any]]]) -> None:
    row = truth("t01_overview")[0]
    for column in (
        "n",
        "closed",
        "open",
        "closed_on_time",
        "closed_late",
        "open_overdue",
        "median_h",
        "p90_h",
        "mean_h",
    ):
        indicator, cell = COLUMNS[column]
        assert same(row[column], cell(ask(indicator, **HALF)[0])), column
    without, received = ask("no_promise", **HALF)[0]["n"], ask("received", **HALF)[0]["n"]
    assert (without, received - without) == (int(row["no_target"]), int(row["with_target"]))
    on_time, late = ask("on_time_strict", **HALF)[0], ask("backlog_overdue", **HALF)[0]["n"]
    not_due = received - without - on_time["n"] - late
    assert not_due == int(row["open_not_due"])
    # The city's flags are its own words; their sums are ours: "on time" = not late, 102 late ones carry no flag.
    assert without + on_time["numerator"] + not_due == int(row["city_flag_ontime"])
    missed = on_time["n"] - on_time["numerator"] + late
    assert missed == int(row["city_flag_overdue"]) + int(row["city_flag_blank"])
    timed = behind("resolve_p50", **HALF)
    assert ask("resolved", **HALF)[0]["n"] - len(timed) == int(row["negative_duration"])
    assert sum(item["value_s"] == 0 for item in timed) == int(row["zero_duration"])


def test_t02_departments(ask: Ask) -> None:
    columns = "n closed open closed_on_time closed_late open_overdue on_time_pct_closed on_time_pct_due"
    columns += " n_duration median_h p90_h mean_h"
    agree(ask, "t02_by_department", {"department": "agency"}, columns, **HALF)
    without = by(ask("no_promise", "agency", **HALF), "agency")
    for row in truth("t02_by_department"):
        missing = without.get((row["department"],), {"n": 0})["n"]
        assert int(row["n"]) - missing == int(row["with_target"]), row["department"]
        known = sum(int(row[name]) for name in ("closed_on_time", "closed_late", "open_overdue", "open_not_due"))
        assert known == int(row["with_target"])


def test_t03_types(ask: Ask) -> None:
    columns = "n closed open on_time_pct_closed on_time_pct_due n_duration median_h p90_h mean_h"
    agree(ask, "t03_by_type", {"type": "category"}, columns, **HALF)
    without = by(ask("no_promise", "category", **HALF), "category")
    for row in truth("t03_by_type"):
        assert int(row["n"]) - without.get((row["type"],), {"n": 0})["n"] == int(row["with_target"]), row["type"]


@pytest.mark.parametrize(
    ("table", "keys", "columns"),
    [
        (
            "t04_by_opened_month",
            {"opened_month": "month"},
            "n closed on_time_pct_closed on_time_pct_due median_h p90_h",
        ),
        (
            "t05_department_by_opened_month",
            {"department": "agency", "opened_month": "month"},
            "n closed on_time_pct_closed median_h p90_h",
        ),
        (
            "t06_type_by_opened_month",
            {"type": "category", "opened_month": "month"},
            "n closed on_time_pct_closed median_h p90_h",
        ),
        ("t12_by_channel", {"source": "channel"}, "n median_h"),
        ("t13_by_queue", {"queue": "team"}, "n closed on_time_pct_closed median_h p90_h"),
        ("t15_daily_opened", {"opened_day": "day"}, "n"),
    ],
)
def test_by_day_month_channel_and_queue(ask: Ask, table: str, keys: dict[str, str], columns: str) -> None:
    agree(ask, table, keys, columns, **HALF)


def test_t07_by_the_month_of_the_answer(ask: Ask) -> None:
    period = {"from": "2015-01-01", "to": AS_OF, "as_of": AS_OF, "basis": "resolved"}
    keys = {"closed_month": "month", "department": "agency"}
    agree(ask, "t07_by_closed_month_department", keys, "closed on_time_pct_closed median_h p90_h", **period)


def test_t08_backlog_at_the_end_of_every_month(ask: Ask) -> None:
    """As it was then: what stood open at each midnight, and what of it was overdue at that midnight."""
    months = {row["month_end"][:7] for row in truth("t08_backlog_month_end")}
    period = {"from": f"{min(months)}-01", "to": "2016-01-01" if max(months) == "2015-12" else "2016-02-01"}
    ours: dict[tuple[str, str], dict[str, int]] = {}
    for column, indicator in (("backlog", "backlog"), ("overdue", "backlog_overdue")):
        for item in ask(indicator, "month", "agency", **period) + ask(indicator, "month", **period):
            ours.setdefault((item["month"], item.get("agency", "ALL")), {"backlog": 0, "overdue": 0})[column] = item[
                "n"
            ]
    told = {
        (row["month_end"][:7], row["department"]): {"backlog": int(row["backlog"]), "overdue": int(row["overdue"])}
        for row in truth("t08_backlog_month_end")
    }
    assert ours == told


def test_t08_the_same_asked_as_of_one_midnight(ask: Ask) -> None:
    row = next(
        row for row in truth("t08_backlog_month_end") if row["month_end"] == "2015-03-31" and row["department"] == "ALL"
    )
    for as_of in ("2015-04-01", "2015-04-01T00:00:00-04:00"):
        assert ask("backlog", as_of=as_of)[0]["value"] == int(row["backlog"])
        assert ask("backlog_overdue", as_of=as_of)[0]["value"] == int(row["overdue"])


def test_t09_and_t10_hot_spots(ask: Ask) -> None:
    densest = [
        (item["cell_lat_e3"], item["cell_lon_e3"], item["n"], item["numerator"])
        for item in ask("hotspots", **HALF)[:20]
    ]
    assert densest == [tuple(int(value) for value in row.values()) for row in truth("t09_hotspots_top20_grid_0001deg")]
    found: dict[str, list[tuple[int, int, int]]] = {}
    for item in ask("hotspots", "category", **HALF):
        found.setdefault(item["category"], []).append((item["cell_lat_e3"], item["cell_lon_e3"], item["n"]))
    told: dict[str, list[tuple[int, int, int]]] = {}
    for row in truth("t10_hotspots_top5_per_type"):
        told.setdefault(row["type"], []).append((int(row["cell_lat_e3"]), int(row["cell_lon_e3"]), int(row["n"])))
    assert {kind: found[kind][: len(cells)] for kind, cells in told.items()} == told


def test_t11_hot_addresses(ask: Ask) -> None:
    rows = truth("t11_hot_addresses_top20")
    found = {item["address"]: item["n"] for item in ask("received", "address", top=len(rows), **HALF)}
    assert found == {row["location"]: int(row["n"]) for row in rows}
    for row in rows:
        assert len(ask("received", "category", address=row["location"], **HALF)) == int(row["types"]), row["location"]


def test_t14_age_of_what_is_open(ask: Ask) -> None:
    found = {(item["age"], item["agency"]): item["n"] for item in ask("backlog", "age", "agency", as_of=AS_OF)}
    assert found == {(row["age"], row["department"]): int(row["open"]) for row in truth("t14_open_age_at_as_of")}


def test_t16_weekday_and_hour(ask: Ask) -> None:
    found = {(item["weekday"], item["hour"]): item["n"] for item in ask("received", "weekday", "hour", **HALF)}
    told = {(int(row["iso_weekday"]), int(row["hour_local"])): int(row["n"]) for row in truth("t16_weekday_hour")}
    assert found == told


def test_every_case_lies_in_its_police_district(behind: Callable[..., list[dict[str, Any]]], ask: Ask) -> None:
    """By the lists behind `received` per area: what the polygons say, not what the city's clerk wrote."""
    from kit.db import reading

    with reading() as session:
        rows = session.execute(text("SELECT id::text AS id, external_id FROM report WHERE imported"))
        external = {row.id: row.external_id for row in rows}
    placed: dict[str, str] = {}
    counted = Counter({item["area"] or "": item["n"] for item in ask("received", "area", **HALF)})
    for area in counted:
        for row in behind("received", area=area, **HALF):
            placed[external[row["id"]]] = area
    assert len(placed) == sum(counted.values()) == 58_119
    with gzip.open(shared(f"{FOLDER}/truth/point_in_polygon_h1.csv.gz"), "rt", newline="") as file:
        told = {row["case_id"]: row["polygon_police_district"] for row in csv.DictReader(file)}
    differences = [
        f"{case}: table {area!r}, ours {placed[case]!r}" for case, area in told.items() if placed[case] != area
    ]
    assert not differences, "\n".join(differences[:30])


def test_the_list_behind_a_figure_is_as_long_as_its_n(ask: Ask, behind: Callable[..., list[dict[str, Any]]]) -> None:
    """For groups of several kinds of figure, at an instant of the past too."""
    for indicator, keys in (
        ("on_time_strict", {"agency": "BTDT", "month": "2015-03"}),
        ("on_time_due", {"agency": "PWDx"}),
        ("resolve_p90", {"category": "Street Light Outages"}),
        ("resolve_km_median", {"agency": "ANML"}),
        ("received", {"weekday": "1", "hour": "9"}),
    ):
        item = ask(indicator, **HALF, **keys)[0]
        rows = behind(indicator, **HALF, **keys)
        assert len(rows) == item["n"]
        if "numerator" in item:
            assert sum(row["in_numerator"] for row in rows) == item["numerator"]
    for indicator in ("backlog", "backlog_overdue"):
        stock = ask(indicator, "month", agency="ISD", **{"from": "2015-02-01", "to": "2015-03-01"})[0]
        assert len(behind(indicator, month="2015-02", agency="ISD")) == stock["n"]


def test_a_second_import_changes_nothing(client: httpx.Client, capsys: pytest.CaptureFixture[str]) -> None:
    from admin.imports.history import main as import_history

    code = import_history([str(shared(f"{FOLDER}/cases_2015_h1.csv.gz")), "--map", "boston311", "--json"])
    result = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (result["read"], result["created"], result["updated"], result["unchanged"]) == (58_119, 0, 0, 58_119)


def test_rebuilding_one_day_gives_the_same_facts(client: httpx.Client) -> None:
    """What the import wrote at once and what is derived from timeline, clocks and report afterwards are one thing."""
    from datetime import date

    from admin.indicators.loading import rebuild
    from admin.indicators.tables import COLUMNS as FACTS
    from kit.db import unit_of_work

    day, after = date(2015, 2, 11), date(2015, 2, 12)
    listed = {"report_fact": "report_id", "report_fact_past": "report_id, seq"}

    def facts() -> list[Any]:
        with unit_of_work() as session:
            return [
                session.execute(
                    text(f"SELECT {', '.join(FACTS)} FROM {table} WHERE received_on = :day ORDER BY {order}"),
                    {"day": day},
                ).all()
                for table, order in listed.items()
            ]

    before = facts()
    with unit_of_work() as session:
        assert rebuild(session, day, after, today=date(2016, 1, 13)) == len(before[0]) > 300
    assert facts() == before


EDGES: tuple[dict[str, str], ...] = (
    {},
    {"start": "2015-01-17", "end": "2015-05-09"},
    {"start": "2015-02-03", "end": "2015-02-20"},
)


@pytest.mark.parametrize("dirty", [(), ("2015-01-20", "2015-03-31", "2015-04-01")])
def test_sums_of_days_and_months_say_what_the_facts_say(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, dirty: tuple[str, ...]
) -> None:
    """Every figure that sums can answer, by every group, interval and basis; also while some days' sums are old."""
    from admin.indicators import figures as module
    from admin.indicators.catalogue import INDICATORS
    from admin.indicators.fast import SUMS, fast_rows
    from admin.indicators.question import Viewer, read_question
    from admin.indicators.tasks import keep_sums
    from kit.clock import utc_now
    from kit.db import reading, unit_of_work

    keep_sums()
    with unit_of_work() as session:
        days = {"days": list(dirty)}
        session.execute(text("INSERT INTO figure_dirty (on_day) SELECT unnest(CAST(:days AS date[]))"), days)
        if dirty:  # old sums are wrong ones
            wrong = text(
                "UPDATE figure_rollup SET received = 7 WHERE span = 'day' AND on_day = ANY(CAST(:days AS date[]))"
            )
            session.execute(wrong, days)
            months = "span = 'month' AND on_day BETWEEN '2015-03-01' AND '2015-04-01'"
            session.execute(text(f"UPDATE figure_rollup SET valid = 0 WHERE {months}"))
    answered: list[bool] = []

    def watched(*asked: Any) -> Any:
        rows = fast_rows(*asked)
        answered.append(rows is not None)
        return rows

    now = utc_now()
    monkeypatch.setattr(module, "fast_rows", watched)
    with reading() as session:
        for code in SUMS:
            for basis in ("received", "resolved"):
                for edges in EDGES:
                    for groups in ([], ["month", "agency"], ["area", "day"], ["week"]):
                        question = read_question(
                            start=edges.get("start"), end=edges.get("end"), as_of=None, basis=basis, groups=groups,
                            units="working_hours", restate=False, filters={}, viewer=Viewer(public=False), now=now,
                        )  # fmt: skip
                        told = module.figures(session, [INDICATORS[code]], question)
                        with monkeypatch.context() as slowly:
                            slowly.setattr(module, "fast_rows", lambda *_: None)
                            counted = module.figures(session, [INDICATORS[code]], question)
                        assert rounded(told) == rounded(counted), (code, basis, edges, groups)
    assert sum(answered) > 0.7 * len(answered) > 200, "most questions are answered by sums"


def rounded(figures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Totals of seconds are added in another order: the ninth digit may differ."""
    return [
        {key: float(f"{value:.9g}") if isinstance(value, float) else value for key, value in item.items()}
        for item in figures[0]["items"]
    ]


def test_a_week_is_read_by_index_whatever_is_asked(client: httpx.Client) -> None:
    """No figure of a week, no stock of today and no list behind them reads the whole table of facts."""
    from admin.indicators.calendars import working_positions
    from admin.indicators.catalogue import INDICATORS
    from admin.indicators.figures import CELLS_PER_GROUP, MOST_ITEMS, statement_of
    from admin.indicators.question import Viewer, read_question
    from admin.indicators.statements import population
    from kit.clock import utc_now
    from kit.db import raw, unit_of_work

    with unit_of_work() as session:
        session.execute(text("ANALYZE report_fact"))
        for indicator in INDICATORS.values():
            question = read_question(
                start="2015-03-02", end="2015-03-09", as_of=None, basis="received", groups=["agency"],
                units="working_hours", restate=False, filters={}, viewer=Viewer(public=False), now=utc_now(),
            )  # fmt: skip
            found = population(indicator, question)
            params = found.params | working_positions(session, question.instant)
            params |= {"most": MOST_ITEMS, "cells": CELLS_PER_GROUP}
            plan = raw(session).execute(f"EXPLAIN {statement_of(indicator, question, found)}", params).fetchall()
            assert not [line for (line,) in plan if "Seq Scan on report_fact" in line], indicator.code
