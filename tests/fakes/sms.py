"""An SMS gateway over a real loopback socket: takes messages, can be asked by our reference, and can misbehave."""

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class FakeSms:
    """`behaviour`: what the next posts do, in order, then "ok".

    ok · cut (takes it, then closes the line without a word) · hang (takes it, never answers) · lost (takes nothing and
    closes the line) · busy (503) · quota (429) · wrong (400). `mute`: questions about a message get no useful answer.
    """

    behaviour: deque[str] = field(default_factory=deque)
    retry_after: str | None = None
    mute: bool = False
    posts: list[dict[str, Any]] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    phones: list[dict[str, Any]] = field(default_factory=list)  # what really rang, once per taken message
    release: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "FakeSms":
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/messages"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _handler(fake: FakeSms) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.headers["Authorization"] == "Bearer gateway-key"
            fake.posts.append(message)
            how = fake.behaviour.popleft() if fake.behaviour else "ok"
            if how in ("busy", "quota", "wrong"):
                self._answer({"busy": 503, "quota": 429, "wrong": 400}[how], {"error": how}, fake.retry_after)
                return
            if how != "lost":
                if any(one["reference"] == message["reference"] for one in fake.phones):
                    self._answer(409, {"id": "known"})
                    return
                fake.phones.append(message)
            if how == "ok":
                self._answer(202, {"id": f"sms-{len(fake.phones)}"})
                return
            if how == "hang":
                fake.release.wait(60)
            self.close_connection = True
            self.connection.close()

        def do_GET(self) -> None:
            reference = self.path.rpartition("/")[2]
            fake.questions.append(reference)
            if fake.mute:
                self._answer(502, {"error": "bad gateway"})
            elif any(one["reference"] == reference for one in fake.phones):
                self._answer(200, {"id": f"sms-{reference[-4:]}", "state": "delivered"})
            else:
                self._answer(404, {"error": "unknown reference"})

        def _answer(self, status: int, body: dict[str, Any], retry_after: str | None = None) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            if retry_after:
                self.send_header("Retry-After", retry_after)
            self.end_headers()
            self.wfile.write(raw)

    return Handler
