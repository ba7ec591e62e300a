"""The IOC panel in a real browser against a started server: it shows what the API says, and everything opens."""

import os
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from PIL import Image
from playwright.sync_api import Browser, Locator, Page

from tests.browser.conftest import Open
from tests.browser.small_day import SmallDay
from tests.served import Served

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LIVE_WITHIN_MS = 10_000


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where screenshots go: HT_PICTURES, to be looked at, or a folder that is thrown away."""
    folder = Path(os.environ.get("HT_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def number(shown: Locator) -> float:
    """The first number of a text written in Vietnamese: 12.406 and 81,4."""
    found = re.search(r"\d[\d.]*(,\d+)?", shown.inner_text())
    assert found, shown.inner_text()
    return float(found.group().replace(".", "").replace(",", "."))


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate("(rules) => axe.run(document, {runOnly: rules})", RULES)
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]


def wait_for_map(page: Page) -> None:
    """Wards have come from our tiles, and the busiest of them are named on the map."""
    page.wait_for_selector(".callout")
    page.wait_for_selector(".chart svg")


def different_colours(picture: bytes) -> int:
    with Image.open(BytesIO(picture)) as image:
        return len(image.convert("RGB").getcolors(1 << 24) or ())


def test_the_figures_on_the_panel_are_those_of_the_api(day: SmallDay, open_panel: Open, pictures: Path) -> None:
    page = open_panel()
    wait_for_map(page)
    assert number(page.locator("[data-part=inflow] .fig")) == day.figure("valid")["value"]
    assert number(page.locator("[data-part=inflow] .parts button").nth(0)) == day.figure("received")["value"]
    assert number(page.locator("[data-part=open] .fig")) == day.figure("backlog")["value"]
    strict, lenient = (day.figure(code) for code in ("on_time_strict", "on_time_lenient"))
    shown = page.locator("[data-part=onTime] .fig")
    assert number(shown.nth(0)) == round(strict["value"] * 100, 1)
    assert number(shown.nth(1)) == round(lenient["value"] * 100, 1)
    assert number(page.locator("[data-part=opinion] .fig")) == round(day.figure("satisfied_rate")["value"] * 100, 1)
    page.screenshot(path=pictures / "panel.png")


def test_the_map_is_drawn_from_our_tiles(day: SmallDay, open_panel: Open) -> None:
    page = open_panel()
    with page.expect_response(lambda answer: "/tiles/areas/" in answer.url and answer.status == 200) as tile:
        pass
    assert tile.value.body()
    wait_for_map(page)
    busiest = max(day.items("backlog", group_by="area"), key=lambda item: item["value"])
    assert str(busiest["value"]) in page.locator(".callout").first.inner_text()
    assert page.locator(".mapnote").inner_text().startswith(str(len(day.city.demo["areas"])))
    page.wait_for_timeout(1_000)  # the last tiles
    assert different_colours(page.locator(".ground").screenshot()) > 20  # ramp, borders, labels with soft edges


def test_every_figure_opens_exactly_its_reports(day: SmallDay, open_panel: Open, pictures: Path) -> None:
    page = open_panel()
    page.locator("[data-part=onTime] .open").first.click()
    rows = page.locator(".drawer .reports li")
    rows.first.wait_for()
    assert rows.count() == day.figure("on_time_strict")["n"] == day.ANSWERED
    assert page.locator(".drawer .verdict.t-done").count() == day.figure("on_time_strict")["numerator"]
    page.screenshot(path=pictures / "drawer.png")
    rows.first.locator("button").click()
    page.wait_for_selector(".drawer .tl li")
    assert page.locator(".drawer .clocks li").count() >= 1
    page.screenshot(path=pictures / "report.png")
    page.keyboard.press("Escape")
    page.wait_for_selector(".drawer", state="detached")
    assert "open" in (page.evaluate("document.activeElement.className") or "")


def test_a_ward_opens_its_open_reports_from_map_and_list(day: SmallDay, open_panel: Open) -> None:
    page = open_panel()
    wait_for_map(page)
    wards = {item["area_name"]: item["value"] for item in day.items("backlog", group_by="area") if item["area"]}
    page.locator(".callout").first.click()
    page.locator(".drawer .reports li").first.wait_for()
    name = page.locator("#drawer-title").inner_text().split(" · ")[0]
    assert page.locator(".drawer .reports li").count() == wards[name]
    page.keyboard.press("Escape")
    page.locator(".wards .head .link").click()
    assert page.locator(".wards .list tbody tr").count() == len(wards)


def test_a_new_report_moves_the_panel_without_a_reload(day: SmallDay, open_panel: Open) -> None:
    page = open_panel()
    page.evaluate("window.kept = true")
    before = number(page.locator("[data-part=open] .fig"))
    day.send(5)
    page.wait_for_function(
        "(before) => Number(document.querySelector('[data-part=open] .fig').innerText) === before + 1",
        arg=before,
        timeout=LIVE_WITHIN_MS,
    )
    assert page.locator("[data-part=open].touched").count() == 1
    assert page.evaluate("window.kept") is True


def test_english_on_demand_and_the_period_in_the_address(day: SmallDay, open_panel: Open) -> None:
    page = open_panel()
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="On time by agency").wait_for()
    assert page.evaluate("document.documentElement.lang") == "en"
    page.get_by_label("Today").check(force=True)
    page.wait_for_url("**period=today**")
    page.reload()
    page.get_by_role("heading", name="Open now").wait_for()
    assert page.get_by_label("Today").is_checked()


def test_a_lost_stream_is_said_and_heals(day: SmallDay, open_panel: Open) -> None:
    page = open_panel()
    wait_for_map(page)
    page.context.set_offline(True)
    page.wait_for_selector(".lost:not(:empty)", timeout=60_000)
    page.context.set_offline(False)
    page.wait_for_selector(".lost:empty", state="attached", timeout=60_000)


@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [("wide", (1440, 900), "light"), ("dark", (1440, 900), "dark"), ("phone", (360, 740), "light"),
     ("zoom-200", (720, 450), "light")],
)  # fmt: skip
def test_it_is_accessible_and_fits(
    day: SmallDay, open_panel: Open, pictures: Path, name: str, size: tuple[int, int], scheme: str
) -> None:
    page = open_panel(width=size[0], height=size[1], color_scheme=scheme)
    page.emulate_media(reduced_motion="reduce")  # axe must not look at a sheet that is half faded in
    wait_for_map(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert violations(page) == []
    page.screenshot(path=pictures / f"panel-{name}.png", full_page=True)
    page.locator("[data-part=onTime] .open").first.click()
    page.locator(".drawer .reports li").first.wait_for()
    assert violations(page) == []


def test_everything_is_reached_by_keyboard(day: SmallDay, open_panel: Open) -> None:
    page = open_panel()
    wait_for_map(page)
    page.locator("body").click(position={"x": 1, "y": 1})
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement?.closest('[data-part], section, header')?.className ?? ''"))
    assert {"bar", "card pn wards", "card pn agencies", "card pn trend", "card pn categories"} <= reached
    page.locator("[data-part=open] .open").focus()
    page.keyboard.press("Enter")
    page.locator(".drawer .reports li").first.wait_for()


def test_the_figures_leave_as_a_spreadsheet(day: SmallDay, open_panel: Open) -> None:
    page = open_panel()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Xuất.").click()
    assert saved.value.suggested_filename.endswith(".xlsx")
    rows = list(load_workbook(BytesIO(saved.value.path().read_bytes())).active.iter_rows(values_only=True))
    assert {row[0] for row in rows[1:]} >= {"received", "on_time_strict", "satisfied_rate"}


def test_signing_in_by_the_form_and_leaving(browser: Browser, served: Served) -> None:
    context = browser.new_context(locale="vi-VN")
    page = context.new_page()
    page.goto(f"{served.base_url}/panel/?period=year")
    account = served.account("supervisor")
    page.fill("[name=login]", account["login"])
    page.fill("[name=password]", account["password"])
    page.click("button.main")
    page.wait_for_selector("[data-part=inflow] .fig")
    assert page.get_by_label("Năm").is_checked()
    page.get_by_role("button", name="Đăng xuất").click()
    page.wait_for_selector("[name=login]")
    assert page.evaluate("sessionStorage.length") == 0
    context.close()


def test_a_wrong_password_is_refused_in_words(browser: Browser, served: Served) -> None:
    context = browser.new_context(locale="vi-VN")
    page = context.new_page()
    page.goto(f"{served.base_url}/panel/")
    page.fill("[name=login]", "giam-sat")
    page.fill("[name=password]", "not-this-one")
    page.click("button.main")
    page.wait_for_selector("[role=alert]")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert violations(page) == []
    context.close()
