"""A started server with a small day behind it, and a real Chromium (WebGL in software)."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.browser.small_day import SmallDay
from tests.served import Served, serving

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
PATIENCE_MS = 30_000

Open = Callable[..., Page]


def is_complaint(said: ConsoleMessage) -> bool:
    """An error the page logged; not the browser's own line about a network that a test has cut."""
    return said.type == "error" and "ERR_INTERNET_DISCONNECTED" not in said.text


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("panel") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def day(served: Served) -> Iterator[SmallDay]:
    """Reports sent, answered and rated through the public API, and counted by the figures."""
    with SmallDay(served) as small_day:
        small_day.live()
        yield small_day


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("no /usr/bin/chromium on this machine")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def open_panel(browser: Browser, served: Served) -> Iterator[Open]:
    """Open the panel signed in as the supervisor. Anything the page logs as an error fails the test."""
    complaints: list[str] = []
    contexts = []

    def opened(*, width: int = 1440, height: int = 900, query: str = "", **more: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, locale="vi-VN", **more)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda said: complaints.append(said.text) if is_complaint(said) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        supervisor = served.account("supervisor")
        page.goto(f"{served.base_url}/panel/{query}")
        page.fill("[name=login]", supervisor["login"])
        page.fill("[name=password]", supervisor["password"])
        page.click("button.main")
        page.wait_for_selector("[data-part=inflow] .fig")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
