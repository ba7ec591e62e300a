"""The simulated day, from outside: what it says it did is what the server has; it can be stopped and resumed."""

import json
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.outside.city import Caller, City
from tests.outside.conftest import ROOT, Served, without_ours

REPORTS = 18


def simulation(city: City, *more: str) -> "subprocess.Popen[str]":
    command = [str(ROOT / "run"), "simulate", "--url", city.base_url, "--demo", str(city.data / "demo.json")]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [*command, "--reports", str(REPORTS), "--json", *more], stdout=pipe, stderr=pipe, text=True, env=without_ours()
    )


def told(process: "subprocess.Popen[str]", expect: int = 0) -> dict[str, Any]:
    """The object of its last line."""
    out, errors = process.communicate(timeout=150)
    assert process.returncode == expect, f"{process.returncode}\n{out[-500:]}\n{errors[-2000:]}"
    return json.loads(out.splitlines()[-1])


def everything(city: City) -> list[dict[str, Any]]:
    """All reports, as the centre lists them."""
    desk, found, cursor = city.staff("operator"), [], None
    while True:
        page = desk.get("/v1/reports", limit=200, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next"]
        if not cursor:
            return found


def actions(city: City, reports: list[dict[str, Any]]) -> Counter[str]:
    """What people and the system did, over all timelines."""
    desk = city.staff("operator")
    return Counter(
        entry["action"] for report in reports for entry in desk.get(f"/v1/reports/{report['id']}/timeline")["items"]
    )


def figure(city: City, indicator: str) -> float:
    return city.staff("supervisor").get("/v1/figures", indicator=indicator)["items"][0]["value"]


@pytest.mark.timeout(240)
def test_a_day_is_stopped_resumed_and_adds_up(serve: Callable[..., Served]) -> None:
    """Interrupted in the middle and started again: every report once, every step as told, figures and chains agree."""
    city = serve().city
    with simulation(city) as stopped:
        # A stranger needs no token, and so is not put out by the clock that runs.
        city.eventually(lambda: len(Caller(city).get("/v1/reports")["items"]) >= 3, within_s=90)
        stopped.send_signal(signal.SIGINT)
        before = told(stopped, expect=130)
    city.relogin()
    assert len(everything(city)) >= before["sent"] >= 3, "a report on its way may have arrived after the last word"
    already = len(everything(city))

    with simulation(city) as resumed:
        now = told(resumed)
    city.relogin()
    reports = everything(city)
    assert now["sent"] == REPORTS - already, "the second run sends what the first did not, nothing twice"
    assert (
        len({(r["category"], r["location"]["lat"], r["location"]["lon"]) for r in reports}) == len(reports) == REPORTS
    )
    assert now["listed"] == REPORTS
    assert now["server"] == dict(Counter(report["status"] for report in reports))
    assert now["not_taken"] == 0
    assert now["accepted"] > 0
    assert now["resolved"] > 0

    done = actions(city, reports)
    assert done["submit"] == REPORTS
    for word, action in (
        ("assigned", "assign"),
        ("started", "start"),
        ("rated", "rate"),
        ("answered", "submit_result"),
    ):
        # A step on its way when the first run was stopped may have been taken without being counted: eight at most.
        assert 0 <= done[action] - before[word] - now[word] <= 8, action

    simulated = datetime.fromisoformat(now["to"]) - datetime.fromisoformat(now["from"])
    assert simulated.total_seconds() >= 86400 - 60, "a whole day of the demo's clock has passed"
    city.eventually(lambda: figure(city, "received") == REPORTS, within_s=30)
    answered = sum(report["status"] in ("resolved", "closed") for report in reports)
    city.eventually(lambda: figure(city, "resolved") == answered, within_s=30)

    verified = subprocess.run(
        [str(ROOT / "run"), "verify", "--data", str(city.data), "--json"],
        capture_output=True,
        text=True,
        check=False,
        env=without_ours(),
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert json.loads(verified.stdout.splitlines()[-1])["reports"] == REPORTS


def test_what_cannot_be_played_is_said_in_one_line(tmp_path: Path) -> None:
    nobody = subprocess.run(
        [str(ROOT / "run"), "simulate", "--demo", str(tmp_path / "no.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert nobody.returncode == 4
    assert "no.json" in nobody.stderr
    assert "Traceback" not in nobody.stderr
