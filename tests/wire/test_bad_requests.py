"""The bad-input matrix for queries, names and logs (B38, B47, B49, B59–B61, B78, B92, B93)."""

import io
import json
import logging
from typing import Any

import httpx
import pytest

from kit.ids import new_id, show_code
from tests.api_client import Api, refused, slug

INVALID = (422, "validation-error")
LISTS = ("/v1/reports", "/v1/inbox", "/v1/deliveries", "/v1/categories", "/v1/agencies", "/v1/areas", "/v1/workers")
QUERIES = [
    "limit=0", "limit=-1", "limit=1000000000", "limit=99999999999999999999", "limit=1_0", "limit=１０",
    "limit=1&limit=2",
    "limit=+5", "sort=phone", "order=up", "agency_id=1", "mine=maybe", "overdue=2", "assigned_to=x",
    "assigned_to=urn:uuid:01981d2e-7a10-7c3b-9f4e-2b6c8d0e1f2a", "assigned_to={01981d2e-7a10-7c3b-9f4e-2b6c8d0e1f2a}",
    "assigned_to=01981d2e7a107c3b9f4e2b6c8d0e1f2a", "bbox=1,2,3", "bbox=nan,1,2,3", "bbox=1_0,1,11,3",
    "bbox=106,21,105,22", "bbox=-999,1,2,3", "from=yesterday", "from=2026-01-01T08:00:00", "to=9999-99-99", "q=a",
    "q=ab%00", "q=%FF%FE", "area=%00", "external_id=a%0D%0Ab", "mine=true&mine=false", "q[]=ab", "%00=1",
    "q=" + "a" * 3000,
]  # fmt: skip


@pytest.fixture
def officer(api: Api) -> Any:
    who = api.world.officer("ubnd-07900")
    api.as_(who)
    return who


def test_odd_queries_of_the_list_are_refused_not_guessed(api: Api, officer: Any) -> None:
    wrong = {}
    for query in QUERIES:
        answer = api.ask("GET", f"/v1/reports?{query}", officer)
        if slug(answer) != INVALID:
            wrong[query] = slug(answer)
        assert "aaaa" not in answer.text
    assert wrong == {}


@pytest.mark.parametrize("path", LISTS)
def test_every_list_refuses_parameters_it_does_not_know_or_gets_twice(api: Api, path: str) -> None:
    """B59."""
    boss = api.world.role("administrator")
    assert api.ask("GET", path, boss).status_code == 200
    body = refused(api.ask("GET", f"{path}?agency_id=1", boss), *INVALID)
    assert body["errors"][0]["pointer"] == "/agency_id"
    refused(api.ask("GET", f"{path}?<b>=1", boss), *INVALID)


@pytest.mark.parametrize(
    "query",
    ["hour=x", "day=x", "weekday=%00", "cell_lat_e3=1;2", "area='", "age=-", "agency=1&agency=2", "x=1", "top=1_0",
     "from=x", "month=13", "week=2026", "address=%ff"],
)  # fmt: skip
def test_figures_read_their_questions_strictly(api: Api, officer: Any, query: str) -> None:
    for path in ("/v1/figures", "/v1/figures/reports", "/v1/figures/export"):
        answer = api.ask("GET", f"{path}?indicator=received&{query}", officer)
        assert answer.status_code in (200, 422), answer.text
        if answer.status_code == 200 and path.endswith("reports"):
            assert answer.json()["items"] == []


@pytest.mark.parametrize(
    "path",
    ["/v1/areas/at?lat=nan&lon=105", "/v1/areas/at?lat=21&lon=181", "/v1/areas/at?lat=1e309&lon=1",
     "/v1/areas/at?lat=21&lon=105&on=1700000000", "/v1/areas?layer=secret", "/v1/reports/nearby?lat=21&lon=x",
     "/v1/reports/nearby?lat=2１&lon=105", "/v1/stream?after=99999999999999999999", "/v1/inbox?limit=0",
     "/v1/deliveries?state=sent"],
)  # fmt: skip
def test_numbers_and_days_have_one_spelling(api: Api, path: str) -> None:
    refused(api.ask("GET", path, api.world.role("operator")), *INVALID)


def test_a_report_has_one_name_per_spelling(api: Api) -> None:
    """B47: of a UUID only the canonical text, of a code case and hyphen are free; the rest is not there."""
    told = api.world.report()
    code = show_code(told.row.code)
    for name in (str(told.id), code, code.lower(), code.replace("-", "")):
        assert api.ask("GET", f"/v1/reports/{name}").status_code == 200
    missing = refused(api.ask("GET", f"/v1/reports/{new_id()}"), 404, "not-found")
    plain = str(told.id)
    for name in (f"urn:uuid:{plain}", f"{{{plain}}}", plain.replace("-", ""), plain.upper(), plain + "%00", "a" * 256,
                 "%F0%9F%95%B3", "..%2f..%2fetc", code + code):  # fmt: skip
        for tail in ("", "/timeline", "/promise"):
            answer = api.ask("GET", f"/v1/reports/{name}{tail}")
            assert slug(answer) == (404, "not-found"), name
            assert answer.json() | {"instance": ""} == missing | {"instance": ""} or "%2f" in name
    for name in (f"urn:uuid:{plain}", f"{{{plain}}}"):
        assert api.ask("DELETE", f"/v1/devices/{name}", api.world.resident()).status_code == 422


def test_a_cursor_belongs_to_its_caller_list_filters_and_day(api: Api) -> None:
    """B60."""
    world = api.world
    for number in range(5):
        world.report(description=f"Ổ gà {number}")
    ha, boss = world.resident("Hà"), world.role("supervisor")
    first = api.ask("GET", "/v1/reports?limit=2", ha).json()
    cursor = first["next"]
    seen, page = [], first
    while True:
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        page = api.ask("GET", "/v1/reports", ha, params={"limit": 2, "cursor": page["next"]}).json()
    assert len(seen) == len(set(seen)) == 5
    middle = cursor[:20] + ("A" if cursor[20] != "A" else "B") + cursor[21:]
    borrowed = api.ask("GET", "/v1/inbox", ha, params={"cursor": cursor})
    refused(borrowed, 400, "invalid-cursor")
    for who, params in (
        (boss, {"cursor": cursor}), (None, {"cursor": cursor}), (ha, {"cursor": cursor, "status": "routed"}),
        (ha, {"cursor": cursor, "sort": "due_at"}), (ha, {"cursor": middle}), (ha, {"cursor": cursor + "A"}),
        (ha, {"cursor": "a" * 10_240}), (ha, {"cursor": ""}), (ha, {"cursor": "ổ"}), (ha, {"cursor": "eyJhIjoxfQ"}),
    ):  # fmt: skip
        refused(api.ask("GET", "/v1/reports", who, params=params), 400, "invalid-cursor")
    world.forward(hours=25)
    api._signed.clear()
    refused(api.ask("GET", "/v1/reports", ha, params={"cursor": cursor}), 400, "invalid-cursor")


def test_whoever_guesses_reports_has_to_wait(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """B49, B78: within 200 tries, by the true peer, whatever headers say; others are not held up."""
    from api import deps
    from api.guessing import Guesses

    monkeypatch.setattr(deps, "GUESSES", Guesses())
    told = api.world.report(category="theft")
    elsewhere = httpx.HTTPTransport(local_address="127.0.0.2")
    statuses = []
    with httpx.Client(base_url=api.http.base_url, transport=elsewhere) as guesser:
        for number in range(200):
            spoofed = {"X-Forwarded-For": f"10.0.0.{number}", "Forwarded": f"for=10.1.0.{number}"}
            answer = guesser.get(f"/v1/reports/{new_id()}", headers=spoofed)
            statuses.append(answer.status_code)
            if answer.status_code == 429:
                assert 0 < int(refused(answer, 429, "rate-limited") and answer.headers["retry-after"]) <= 3601
                break
        assert statuses[-1] == 429
        assert set(statuses[:-1]) == {404}
        assert guesser.get(f"/v1/reports/{told.id}").status_code == 429
    assert api.ask("GET", f"/v1/reports/{told.id}", api.world.resident("Hà")).status_code == 200


def test_a_500_tells_an_id_and_the_log_is_one_line_of_json(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """B93: control characters, colours and a megabyte in what is logged."""
    from api.v1 import directory
    from kit.logs import set_up_logs

    def broken(_session: Any) -> Any:
        raise RuntimeError('\x1b[31mred\r\n{"level": "forged"}' + "x" * 1_000_000)

    monkeypatch.setattr(directory.rulebook, "current", broken)
    root, written = logging.getLogger(), io.StringIO()
    kept = root.handlers[:], root.level
    try:
        set_up_logs("test")
        root.handlers[0].setStream(written)  # type: ignore[attr-defined]
        answer = api.ask("GET", "/v1/categories", headers={"X-Request-ID": "abc {forged}"})
    finally:
        root.handlers[:], root.level = kept[0], kept[1]
    body = refused(answer, 500, "internal-error")
    assert "red" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    lines = [line for line in written.getvalue().splitlines() if line]
    [said] = [json.loads(line) for line in lines]
    assert said["request_id"] == body["instance"].removeprefix("urn:request:")
    assert len(lines[0]) < 10_000
    assert "\x1b" not in lines[0]
