"""A started server with a small day behind it, and a real Chromium (WebGL in software)."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.browser.small_day import SmallDay
from tests.outside.city import City
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
    city = City(served.base_url, served.data_dir)
    small_day = SmallDay(city)
    small_day.live()
    yield small_day
    city.http.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("no /usr/bin/chromium on this machine")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def tokens(served: Served) -> dict[str, Any]:
    """The supervisor's, asked for once: signing in is limited per account."""
    account = served.account("supervisor")
    body = {"login": account["login"], "password": account["password"]}
    given = dict(httpx.post(f"{served.base_url}/v1/auth/login", json=body).raise_for_status().json())
    return given | {"until": (time.time() + given["expires_in"]) * 1000}


@pytest.fixture
def open_panel(browser: Browser, served: Served, tokens: dict[str, Any]) -> Iterator[Open]:
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
        page.add_init_script(f"sessionStorage.setItem('ht.tokens', {json.dumps(json.dumps(tokens))})")
        page.goto(f"{served.base_url}/panel/{query}")
        page.wait_for_selector("[data-part=inflow] .fig")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
