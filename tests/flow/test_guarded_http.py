"""The guarded client: addresses that lead inside are refused before and at connect; answers are short (B84, B85)."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import httpx
import pytest

import kit.http
from kit.http import MOST_BYTES, AddressRefused, call, call_stranger, check_address, is_public


@pytest.fixture
def site() -> Iterator[str]:
    """A web site on loopback: /redirect points inside, /flood never stops, anything else says hello."""

    class Site(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(302 if self.path == "/redirect" else 200)
            if self.path == "/redirect":
                self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
            self.end_headers()
            try:
                for _ in range(10_000 if self.path == "/flood" else 1):
                    self.wfile.write(b"hello " * 1000)
            except OSError:
                pass

        do_GET = do_POST  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "::1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1", "2001:0:1::1", "224.0.0.1", "fc00::1",
        "fe80::1", "ff02::1",
    ],
)  # fmt: skip
def test_addresses_that_lead_inside(address: str) -> None:
    assert not is_public(ip_address(address))


def test_addresses_of_the_open_internet() -> None:
    assert is_public(ip_address("203.162.4.190"))
    assert is_public(ip_address("2401:d800::1"))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://2130706433/", "http://0177.1/", "http://[::1]/", "http://localhost/",
        "http://[::ffff:127.0.0.1]/", "file:///etc/passwd", "gopher://example.com/", "http://example.com:6379/",
        "http://user@203.162.4.190/", "http:///", "nonsense", "http://exa mple/",
    ],
)  # fmt: skip
def test_tricky_urls_are_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(url)
    with pytest.raises(AddressRefused):
        call_stranger("POST", url, content=b"{}")


def test_a_name_that_changes_its_answer_after_the_check_is_caught_at_connect(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: public when looked at, loopback when connected to."""
    port = int(site.rpartition(":")[2])
    answers = iter(["203.162.4.190", "127.0.0.1"])

    def rebinding(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", (next(answers), port))]

    monkeypatch.setattr(kit.http.socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(kit.http, "_PORTS", frozenset({port}))
    with pytest.raises(AddressRefused):
        call_stranger("POST", f"http://rebind.example.com:{port}/", content=b"{}")
    assert next(answers, None) is None, "both answers were judged"


def test_a_redirect_is_an_answer_and_is_not_followed(site: str) -> None:
    answer = call_stranger("POST", f"{site}/redirect", content=b"{}", loopback=True)
    assert answer.status == 302


def test_a_flood_is_cut(site: str) -> None:
    assert len(call("POST", f"{site}/flood", json={}).text) == MOST_BYTES


def test_a_proxy_of_the_environment_is_not_used(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    kit.http._client.cache_clear()
    assert call("POST", f"{site}/", json={}).status == 200


def test_a_closed_door_is_a_connect_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(httpx.ConnectError):
        call("POST", "http://127.0.0.1:9/", json={})
