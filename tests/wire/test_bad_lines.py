"""The bad-input matrix for request lines and headers (B48, B50–B53, B57)."""

import json
import socket
import time
from urllib.parse import urlsplit

import pytest

from kit.ids import new_id
from tests.api_client import Api, refused


@pytest.mark.parametrize(
    "host", ["example.com", "example.com/abc?bar=", "127.0.0.1@evil.vn", "evil.vn:80", "127.0.0.1:x", "", "a b", "[::1"]
)
def test_a_foreign_host_is_refused(api: Api, host: str) -> None:
    """B50; our own names pass with any port."""
    answer = api.ask("GET", "/v1/reports", headers={"Host": host})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    for ours in ("localhost", "127.0.0.1:1", "[::1]:8000"):
        assert api.ask("GET", "/v1/categories", headers={"Host": ours}).status_code == 200


def spoken(api: Api, sent: bytes) -> bytes:
    """What the server says to these bytes, until it closes."""
    place = urlsplit(str(api.http.base_url))
    with socket.create_connection((place.hostname, place.port), 5) as line:
        line.settimeout(5)
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        said = b""
        while part := line.recv(65536):
            said += part
    return said


def test_headers_are_bounded(api: Api) -> None:
    """B48: 64 KB in one, a thousand of them, and so much that it must not be read at all."""
    refused(api.ask("GET", "/v1/reports", headers={"X-Long": "a" * 65_536}), 431, "headers-too-large")
    many = {f"X-{number}": "1" for number in range(1000)}
    refused(api.ask("GET", "/v1/reports", headers=many), 431, "headers-too-large")
    said = spoken(api, b"GET /v1/reports HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 300_000 + b"\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 431 ")
    assert json.loads(said.partition(b"\r\n\r\n")[2])["type"] == "/problems/headers-too-large"


@pytest.mark.parametrize(
    "sent",
    [
        b"FROB /v1/reports HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /v1/reports HTTP/1.1\r\nHost: localhost\r\nHost: evil.vn\r\nConnection: close\r\n\r\n",
        b"GET /v1/reports HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"POST /v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/reports HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n{}",
        b"GET /v1/reports HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\nContent-Length: -1\r\n\r\n",
        b"hello\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_a_problem_and_a_closed_line(api: Api, sent: bytes) -> None:
    """B51, B53."""
    head, _, body = spoken(api, sent).partition(b"\r\n\r\n")
    assert head.split()[1] == b"400", head
    assert b"application/problem+json" in head
    assert json.loads(body)["type"] == "/problems/malformed-request"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("TRACE", "/v1/reports", "GET, POST"),
        ("DELETE", "/v1/reports", "GET, POST"),
        ("PATCH", f"/v1/reports/{new_id()}", "GET"),
        ("PUT", "/v1/auth/otp", "POST"),
        ("OPTIONS", "/v1/inbox", "GET"),
        ("POST", "/v1/reasons", "GET"),
    ],
)
def test_other_methods_are_405_with_what_is_allowed(api: Api, method: str, path: str, allow: str) -> None:
    """B53; nor does an override header make one of another."""
    answer = api.ask(method, path, headers={"X-HTTP-Method-Override": "GET", "X-HTTP-Method": "GET"})
    refused(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == allow


@pytest.mark.parametrize("origin", ["null", "https://evil.vn", "https://app.gov.vn.evil.vn", "http://127.0.0.1:8000"])
def test_no_other_origin_may_read_us(api: Api, origin: str) -> None:
    """B57."""
    for method in ("GET", "OPTIONS"):
        asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        answer = api.ask(method, "/v1/reports", headers=asked)
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_thousand_ranges_cost_nothing(api: Api) -> None:
    """B52."""
    began = time.perf_counter()
    ranges = ",".join(f"{number}-{number}" for number in range(1000))
    for path in ("/v1/categories", "/panel/"):
        assert api.ask("GET", path, headers={"Range": f"bytes={ranges}"}).status_code in (200, 206, 404, 416)
    assert time.perf_counter() - began < 0.5
