"""HTTP/1.1 of a web process: uvicorn's, with a bound on what may come before the body and refusals like all others."""

import json
from uuid import uuid4

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.problems import HeadersTooLarge, details, status_of
from kit.problems import Malformed

MOST_BEFORE_BODY = 256 * 1024  # bytes of target and headers; api.edge refuses far less, but only once they are read


class Protocol(HttpToolsProtocol):
    """A request that is no HTTP gets problem+json and a closed connection."""

    _taken = 0

    def on_message_begin(self) -> None:
        self._taken = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._take(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._take(len(name) + len(value))
        super().on_header(name, value)

    def _take(self, count: int) -> None:
        self._taken += count
        if self._taken > MOST_BEFORE_BODY:
            raise ValueError("headers too large")  # the parser turns it into its own error

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own name and signature
        """Called for everything the parser refuses."""
        problem = HeadersTooLarge() if self._taken > MOST_BEFORE_BODY else Malformed()
        mark = uuid4().hex
        body = json.dumps(details(problem, "vi", instance=f"urn:request:{mark}"), ensure_ascii=False).encode()
        lines = (
            b"content-type: application/problem+json",
            b"content-length: " + str(len(body)).encode(),
            b"cache-control: no-store",
            b"x-content-type-options: nosniff",
            b"x-request-id: " + mark.encode(),
            b"connection: close",
        )
        head = STATUS_LINE[status_of(problem)] + b"".join(line + b"\r\n" for line in lines)
        self.transport.write(head + b"\r\n" + body)
        self.transport.close()
