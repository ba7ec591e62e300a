"""What surrounds every answer: exact headers, problem pages, a contract that is the code, private metrics, the gate."""

import threading
import time
from collections import Counter as Tally
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Response

from api.body import BODY_MODELS
from api.gate import Gate, Marked
from kit.ids import new_id
from kit.problems import every_problem
from tests.api_client import Api, refused, served

SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "geolocation=(self), camera=(self), microphone=()",
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
USUAL = {"date", "content-length", "content-type", "cache-control", "x-request-id", *SAFE}


@pytest.mark.parametrize(
    ("path", "status", "cache", "more"),
    [
        ("/v1/reports", 200, "no-store", set()),
        ("/v1/categories", 200, "public, max-age=60", {"etag"}),
        ("/v1/me", 401, "no-store", {"www-authenticate"}),
        ("/v1/nowhere", 404, "no-store", set()),
        ("/v1/reports?x=1", 422, "no-store", set()),
        (f"/v1/reports/{new_id()}", 404, "no-store", set()),
    ],
)
def test_headers_are_exactly_these(api: Api, path: str, status: int, cache: str, more: set[str]) -> None:
    answer = api.ask("GET", path)
    assert answer.status_code == status
    assert set(answer.headers) == USUAL | more  # neither `server` nor `set-cookie` nor anything of CORS
    assert SAFE.items() <= dict(answer.headers).items()
    assert answer.headers["cache-control"] == cache


def test_a_harmless_request_id_comes_back_and_any_other_is_replaced(api: Api) -> None:
    assert (
        api.ask("GET", "/healthz", headers={"X-Request-ID": "phone-7.42_a"}).headers["x-request-id"] == "phone-7.42_a"
    )
    for odd in ("short", "a" * 65, "with space", "<script>1", ""):
        assert api.ask("GET", "/healthz", headers={"X-Request-ID": odd}).headers["x-request-id"] not in ("", odd)


def test_every_refusal_has_a_page_in_both_languages(api: Api) -> None:
    for slug in {**every_problem(), "internal-error": None}:
        if slug == "problem":
            continue
        pages = {
            locale: api.ask("GET", f"/problems/{slug}", headers={"Accept-Language": locale}) for locale in ("vi", "en")
        }
        for locale, page in pages.items():
            assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8"), slug
            assert f'<html lang="{locale}">' in page.text
            assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    for unknown in ("nothing", "<script>alert(1)</script>", "..%2f"):
        assert api.ask("GET", f"/problems/{unknown}").status_code == 404


def test_the_contract_is_the_code(api: Api) -> None:
    """Every body an endpoint reads itself is described by its model; nothing points nowhere."""
    schema = api.ask("GET", "/v1/openapi.json").json()
    parts = schema["components"]["schemas"]
    names: list[str] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(reference := value.get("$ref"), str):
                names.append(reference)
            for child in value.values():
                look(child)
        elif isinstance(value, list):
            for child in value:
                look(child)

    look(schema)
    assert all(name.removeprefix("#/components/schemas/") in parts for name in names)
    read = set()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                read.add(content["application/json"]["schema"]["$ref"].rpartition("/")[2])
            assert "application/problem+json" in operation["responses"]["default"]["content"], (method, path)
    assert read == set(BODY_MODELS)
    for name, model in BODY_MODELS.items():
        own = model.model_json_schema(ref_template="#/components/schemas/{model}")
        own.pop("$defs", None)
        assert parts[name] == own, name
        if "ReportIn" in name or "StepIn" in name:
            assert parts[name]["additionalProperties"] is False
    operations_ids = [found["operationId"] for path in schema["paths"].values() for found in path.values()]
    assert len(operations_ids) == len(set(operations_ids))


def test_metrics_are_for_this_machine_alone(api: Api) -> None:
    """13.4.5: through a proxy, or from another address, there is nothing here."""
    assert "ht_requests_total" in api.ask("GET", "/metrics").text
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host"):
        refused(api.ask("GET", "/metrics", headers={header: "127.0.0.1"}), 404, "not-found")
    elsewhere = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(base_url=api.http.base_url, transport=elsewhere) as other:
        refused(other.get("/metrics"), 404, "not-found")
    for path in ("/docs", "/redoc", "/openapi.json", "/.env", "/.git/config"):
        refused(api.ask("GET", path), 404, "not-found")


def test_the_gate_lets_few_in_keeps_some_waiting_and_sends_the_rest_away() -> None:
    """128 at once against 4 places and 60 seats: 64 are served, four at a time; 64 hear when to come again."""
    inside, most, lock, open_now = 0, 0, threading.Lock(), threading.Event()
    app = FastAPI()

    @app.get("/work")
    def work() -> Response:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        open_now.wait(30)
        with lock:
            inside -= 1
        return Response("done")

    app.add_middleware(Gate, slots=4, waiting=60, patience_s=60)
    app.add_middleware(Marked)
    with served(app) as address, ThreadPoolExecutor(128) as clients:

        def ask(_number: int) -> httpx.Response:
            answer = httpx.get(f"{address}/work", headers={"Accept-Language": "en"}, timeout=60, trust_env=False)
            with lock:
                told.append(answer.status_code)
            return answer

        told: list[int] = []
        waiting = [clients.submit(ask, number) for number in range(128)]
        deadline = time.monotonic() + 30
        while len(told) < 64 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert told == [503] * 64  # at once, while nobody inside has finished
        open_now.set()
        answers = [future.result() for future in waiting]
    assert Tally(answer.status_code for answer in answers) == {200: 64, 503: 64}
    assert most == 4
    for answer in answers:
        if answer.status_code == 503:
            body = refused(answer, 503, "dependency-unavailable")
            assert (answer.headers["retry-after"], body["title"]) == ("1", "The system is busy")


def test_whoever_waits_too_long_is_told_and_leaves_no_place_taken() -> None:
    """Patience ends with 503; afterwards every place is free again."""
    open_now, app = threading.Event(), FastAPI()

    @app.get("/work")
    def work() -> Response:
        open_now.wait(30)
        return Response("done")

    app.add_middleware(Gate, slots=2, waiting=10, patience_s=0.3)
    app.add_middleware(Marked)
    with served(app) as address, ThreadPoolExecutor(8) as clients:

        def ask(_number: int) -> int:
            return httpx.get(f"{address}/work", timeout=60, trust_env=False).status_code

        first = [clients.submit(ask, number) for number in range(6)]
        deadline = time.monotonic() + 30
        while sum(future.done() for future in first) < 4 and time.monotonic() < deadline:
            time.sleep(0.02)
        open_now.set()
        assert sorted(future.result() for future in first) == [200, 200, 503, 503, 503, 503]
        assert list(clients.map(ask, range(8))) == [200] * 8


def test_128_clients_against_the_pool_of_the_application(api: Api) -> None:
    """No deadlock between threads and connections: all are answered, and quickly."""
    api.world.report()
    began = time.monotonic()
    with (
        httpx.Client(
            base_url=api.http.base_url, trust_env=False, timeout=60, limits=httpx.Limits(max_connections=128)
        ) as c,
        ThreadPoolExecutor(128) as clients,
    ):
        statuses = Tally(clients.map(lambda _: c.get("/v1/reports").status_code, range(256)))
    assert set(statuses) <= {200, 503}
    assert statuses[200] >= 192
    assert time.monotonic() - began < 60
