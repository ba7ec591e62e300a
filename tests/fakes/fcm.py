"""A server that speaks FCM HTTP v1 and Google's OAuth token endpoint, over a real loopback socket."""

import json
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

PROJECT = "hien-truong-test"
_AUDIENCE = "https://oauth2.googleapis.com/token"  # google-auth names it whatever the address
_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
# answer → (HTTP status, google.rpc status, FCM error code)
REFUSALS = {
    "unregistered": (404, "NOT_FOUND", "UNREGISTERED"),
    "wrong-sender": (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
    "bad-payload": (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
    "quota": (429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
    "down": (503, "UNAVAILABLE", "UNAVAILABLE"),
    "broken": (500, "INTERNAL", "INTERNAL"),
}


@dataclass
class FakeFcm:
    """`answers[token]`: what the next requests for it get, in order; then `default`."""

    folder: Path
    default: str = "ok"
    retry_after: str | None = None
    oauth_down: bool = False
    answers: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    requests: list[dict[str, Any]] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "FakeFcm":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.public_key = key.public_key()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        account = {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "1",
            "private_key": pem.decode(),
            "client_email": f"push@{PROJECT}.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": f"{self.base}/token",
        }
        self.credentials = self.folder / f"service-account-{self._server.server_address[1]}.json"
        self.credentials.write_text(json.dumps(account))
        return self

    def __exit__(self, *_: object) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def asked_for(self, token: str) -> list[dict[str, Any]]:
        return [message for message in self.requests if message.get("token") == token]


def _handler(fake: FakeFcm) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/token":
                self._token(raw)
            else:
                self._send(json.loads(raw))

        def _token(self, raw: bytes) -> None:
            if fake.oauth_down:
                self._answer(500, {"error": "internal_failure"})
                return
            assertion = parse_qs(raw.decode())["assertion"][0]
            jwt.decode(assertion, fake.public_key, algorithms=["RS256"], audience=_AUDIENCE)
            self._answer(200, {"access_token": "access-1", "expires_in": 3600, "token_type": "Bearer"})

        def _send(self, body: dict[str, Any]) -> None:
            message = body["message"]
            fake.requests.append(message | {"at": time.monotonic()})
            if self.headers["Authorization"] != "Bearer access-1" or PROJECT not in self.path:
                self._answer(401, {"error": {"code": 401, "status": "UNAUTHENTICATED", "message": "who?"}})
                return
            queue = fake.answers[message.get("token", "")]
            answer = queue.popleft() if queue else fake.default
            if answer == "hang":
                fake.release.wait(60)
                self.close_connection = True
                return
            if answer == "ok":
                fake.taken.append(message)
                self._answer(200, {"name": f"projects/{PROJECT}/messages/{len(fake.taken)}"})
                return
            status, rpc, code = REFUSALS[answer]
            details = [{"@type": _ERROR, "errorCode": code}]
            error = {"code": status, "status": rpc, "message": answer, "details": details}
            self._answer(status, {"error": error}, fake.retry_after if status in (429, 503) else None)

        def _answer(self, status: int, body: dict[str, Any], retry_after: str | None = None) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            if retry_after:
                self.send_header("Retry-After", retry_after)
            self.end_headers()
            self.wfile.write(raw)

    return Handler
