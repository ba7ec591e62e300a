"""Figures over HTTP: shapes, refusals, who sees what, and tables that no spreadsheet takes for programs."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from admin.indicators.catalogue import INDICATORS
from admin.indicators.loading import refresh
from admin.indicators.tasks import today
from kit.db import unit_of_work
from tests.live_app import bearer, live_app
from tests.world import Told, World

VT = "ubnd-07900"
FIRST = """
    received valid resolved rejected referred duplicate withdrawn backlog backlog_overdue no_promise on_time_strict
    on_time_lenient on_time_due ack_p50 ack_p90 resolve_p50 resolve_p90 resolve_mean resolve_km_median reopen_rate
    hops_mean recurrence_rate satisfied_rate response_rate qd766_on_time qd766_satisfied hotspots
"""


@pytest.fixture
def client(world: World) -> Iterator[httpx.Client]:
    """Six reports on a Monday morning, three of them answered, one rated."""
    world.set_clock("2027-03-01 08:00")
    told = [world.report(by=name) for name in "ABCDE"] + [world.report("theft", by="F")]
    world.forward(hours=2)
    for one in told[:3]:
        one.step(world.officer(VT), "submit_result", text="Đã vá", no_photo_reason="máy hỏng")
    told[0].step(world.resident("A"), "rate", rating="satisfied")
    counted(told)
    with live_app() as asking:
        yield asking


def counted(reports: list[Told]) -> None:
    with unit_of_work() as session:
        refresh(session, [told.id for told in reports], today=today())


def ask(
    client: httpx.Client, path: str = "/v1/figures", who: str | None = "supervisor", **params: Any
) -> httpx.Response:
    headers = bearer(who, VT if who in {"officer", "field_worker"} else None) if who else {}
    return client.get(path, params=params, headers=headers)


def test_the_catalogue_defines_every_first_code_in_both_languages(client: httpx.Client) -> None:
    for locale in ("vi", "en"):
        items = client.get("/v1/indicators", headers={"Accept-Language": locale}).json()["items"]
        assert [item["code"] for item in items] == FIRST.split()
        assert all(item["version"] >= 1 and item["name"] and item["definition"].endswith(".") for item in items)
    assert items[0]["name"] == "Received"


def test_one_indicator_answers_as_itself_and_several_as_items(client: httpx.Client) -> None:
    one = ask(client, indicator="received").json()
    assert (one["indicator"], one["definition_version"]) == ("received", 1)
    assert one["items"] == [{"n": 6, "value": 6}]
    assert one["as_of"].startswith("2027-03-01T03:00")
    both = ask(client, indicator=["received", "on_time_strict"]).json()
    assert [figure["indicator"] for figure in both["items"]] == ["received", "on_time_strict"]
    share = both["items"][1]["items"][0]
    assert (share["n"], share["numerator"], share["value"]) == (3, 3, 1.0)
    assert 0 < share["low"] < 0.5
    assert share["high"] == 1.0


def test_every_indicator_answers_with_every_group(client: httpx.Client) -> None:
    groups = ("area", "agency", "category", "channel", "team", "day", "week", "month")
    for code in INDICATORS:
        for group in groups:
            answer = ask(client, indicator=code, group_by=group, **{"from": "2027-02-01", "to": "2027-04-01"})
            assert answer.status_code == 200, (code, group, answer.text)
            total = sum(item["n"] for item in answer.json()["items"])
            if code not in {"hotspots", "backlog", "backlog_overdue"}:
                assert total == ask(client, indicator=code).json()["items"][0]["n"], (code, group)


def test_days_and_instants_bound_a_period_half_open(client: httpx.Client) -> None:
    def n(**period: str) -> int:
        return int(ask(client, indicator="received", **period).json()["items"][0]["n"])

    assert n(**{"from": "2027-03-01", "to": "2027-03-02"}) == 6
    assert n(**{"from": "2027-03-02", "to": "2027-03-03"}) == 0
    assert n(**{"from": "2027-03-01T08:00:00+07:00", "to": "2027-03-01T09:00:00+07:00"}) == 6
    assert n(**{"from": "2027-03-01T01:30:00Z"}) == 0
    assert n(as_of="2027-03-01") == 0


def test_groups_carry_codes_and_names(client: httpx.Client) -> None:
    items = ask(client, indicator="received", group_by=["area", "category"]).json()["items"]
    pothole = next(item for item in items if item["category"] == "pothole")
    assert (pothole["area"], pothole["area_name"], pothole["n"]) == ("07900", "Phường Việt Trì", 5)
    assert pothole["category_name"] != "pothole"
    assert ask(client, indicator="received", category="traffic").json()["items"][0]["n"] == 5, "a category's subtree"


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({}, "/indicator"),
        ({"indicator": "speed"}, "/indicator"),
        ({"indicator": "received", "group_by": "colour"}, "/group_by"),
        ({"indicator": "received", "group_by": ["day", "day"]}, "/group_by"),
        ({"indicator": "received", "from": "yesterday"}, "/from"),
        ({"indicator": "received", "from": "2027-03-01T08:00:00"}, "/from"),
        ({"indicator": "received", "from": "2027-03-02", "to": "2027-03-01"}, "/to"),
        ({"indicator": "received", "basis": "paid"}, "/basis"),
        ({"indicator": "received", "units": "moons"}, "/units"),
        ({"indicator": "received", "restate": "perhaps"}, "/restate"),
        ({"indicator": "received", "colour": "red"}, "/colour"),
        ({"indicator": "received", "area": ["07900", "07897"]}, "/area"),
        ({"indicator": "received", "area": "a\0b"}, "/filter"),
        ({"indicator": "received", "hour": "x"}, "/hour"),
        ({"indicator": "backlog", "group_by": "day"}, "/from"),
        ({"indicator": "received", "group_by": "address"}, "/top"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_place(
    client: httpx.Client, params: dict[str, Any], pointer: str
) -> None:
    answer = ask(client, **params)
    assert answer.status_code == 422, answer.text
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}


def test_strangers_see_big_numbers_and_no_reports(client: httpx.Client) -> None:
    assert ask(client, who=None, indicator="received").json()["items"][0]["n"] == 6
    hidden = ask(client, who=None, indicator="resolved").json()["items"][0]
    assert hidden == {"n": None, "value": None, "suppressed": True, "minimum": 5}
    assert ask(client, who=None, indicator="received", group_by="weekday").status_code == 422
    assert ask(client, "/v1/figures/reports", None, indicator="received").status_code == 401
    assert ask(client, "/v1/figures/reports", "resident", indicator="received").status_code == 403


def test_staff_see_n_of_a_hidden_satisfaction(client: httpx.Client) -> None:
    item = ask(client, indicator="satisfied_rate").json()["items"][0]
    assert item == {"n": 1, "value": None, "suppressed": True, "minimum": 10}


def test_the_list_behind_a_figure_page_by_page(client: httpx.Client) -> None:
    seen, cursor = [], {}
    while True:
        answer = ask(client, "/v1/figures/reports", indicator="resolve_p50", limit=2, **cursor)
        page = answer.json()
        assert answer.status_code == 200, answer.text
        seen += page["items"]
        assert page["total"] == 3
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len({row["id"] for row in seen}) == 3
    assert all(row["in_numerator"] and row["code"][4] == "-" and 7190 < row["value_s"] < 7300 for row in seen)
    late = ask(client, "/v1/figures/reports", indicator="on_time_due", area="07900").json()
    assert [row["in_numerator"] for row in late["items"]] == [True] * 3
    assert ask(client, "/v1/figures/reports", indicator="received", cursor="AAAA").status_code == 400


def test_an_officers_list_is_his_agencys(client: httpx.Client) -> None:
    whole = ask(client, "/v1/figures/reports", indicator="received").json()["total"]
    own = ask(client, "/v1/figures/reports", "officer", indicator="received").json()
    assert (whole, own["total"]) == (6, 5)
    assert {row["agency"] for row in own["items"]} == {VT}


def test_tables_hold_no_formulas(client: httpx.Client) -> None:
    with unit_of_work() as session:
        session.execute(text("""UPDATE category SET name_vi = '=HYPERLINK("x")' WHERE code = 'pothole'"""))
    asked = {"indicator": ["received", "on_time_strict"], "group_by": "category"}
    answer = ask(client, "/v1/figures/export", format="csv", **asked)
    assert answer.headers["content-disposition"] == 'attachment; filename="figures.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["category_name"] for row in rows if row["category"] == "pothole"} == {'\'=HYPERLINK("x")'}
    assert [row["n"] for row in rows if row["indicator"] == "received" and row["category"] == "pothole"] == ["5"]
    book = load_workbook(io.BytesIO(ask(client, "/v1/figures/export", format="xlsx", **asked).content))
    cells = [cell for row in book["figures"].iter_rows() for cell in row if cell.value == '=HYPERLINK("x")']
    assert cells
    assert all(cell.data_type == "s" for cell in cells)
