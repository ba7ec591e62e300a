"""Everybody of the simulated day and how they sign in: phones as devices, residents by the code of an SMS, staff.

Access tokens live ten minutes of the server's clock, which moves fast here: whoever acts renews his own first.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pyotp

from admin.simulation.clock import Clock
from admin.simulation.demo import Demo
from admin.simulation.line import Later, Line

SMS_WITHIN_S = 10.0
MARGIN_S = 45.0


class SignInRefused(RuntimeError):
    """The server does not let somebody in whom demo.json names."""


@dataclass
class Pass:
    """Tokens of one person and until when (server's seconds) the first is good."""

    access: str
    refresh: str
    until_s: float


class People:
    """`headers(who)`: who is a login, `device:N`, or `phone:N` (the N-th resident of demo.json)."""

    def __init__(self, line: Line, demo: Demo, clock: Clock, seed: int) -> None:
        self._line, self._demo, self._clock, self._seed = line, demo, clock, seed
        self._passes: dict[str, Pass] = {}
        self._guards: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._key = str(demo.content.get("webhook_secret") or demo.content.get("open311_api_key") or "").encode()

    def headers(self, who: str) -> dict[str, str]:
        """The Authorization header of somebody who may act right now. Errors: SignInRefused, Later, Unreachable."""
        with self._guards[who]:
            held = self._passes.get(who)
            if held is None or held.until_s < self._clock.server_s() + MARGIN_S:
                held = self._passes[who] = self._renewed(held) or self._sign_in(who)
            return {"Authorization": f"Bearer {held.access}"}

    def forget(self, who: str) -> None:
        """His token was refused: sign in again next time."""
        with self._guards[who]:
            self._passes.pop(who, None)

    def _renewed(self, held: Pass | None) -> Pass | None:
        if held is None:
            return None
        answer = self._line.call("POST", "/v1/auth/refresh", json={"refresh_token": held.refresh})
        return self._pass(answer) if answer.is_success else None

    def _sign_in(self, who: str) -> Pass:
        kind, _, number = who.partition(":")
        if kind == "device":
            return self._as_device(who)
        if kind == "phone":
            return self._by_sms(who, self._demo.phones[int(number)])
        return self._as_staff(self._demo.account(who))

    def _as_staff(self, account: Mapping[str, Any]) -> Pass:
        body = {"login": account["login"], "password": account["password"]}
        if account.get("totp_secret"):
            body["totp"] = pyotp.TOTP(account["totp_secret"]).at(int(self._clock.server_s()))
        return self._accepted(self._line.call("POST", "/v1/auth/login", json=body), account["login"])

    def _as_device(self, who: str) -> Pass:
        """A phone keeps its id and secret; ours are derived from the installation's own secrets, so they return."""
        secret = hmac.new(self._key, f"simulate:{self._seed}:{who}".encode(), hashlib.sha256).digest()
        body = {
            "device_id": str(UUID(bytes=hashlib.sha256(b"id" + secret).digest()[:16], version=4)),
            "device_secret": base64.urlsafe_b64encode(secret).decode().rstrip("="),
            "locale": "vi",
        }
        return self._accepted(self._line.call("POST", "/v1/auth/device", json=body), who)

    def _by_sms(self, who: str, phone: str) -> Pass:
        """His phone first, then his number: what the phone sent before becomes his. Without a code he stays a phone."""
        device = self._as_device(who)
        seen = self._sms_lines()
        try:
            asked = self._line.call("POST", "/v1/auth/otp", json={"phone": phone})
        except Later:
            return device
        code = self._code(phone, seen) if asked.is_success else None
        if code is None:
            return device
        body = {"challenge_id": asked.json()["challenge_id"], "code": code}
        headers = {"Authorization": f"Bearer {device.access}"}
        answer = self._line.call("POST", "/v1/auth/otp/verify", json=body, headers=headers)
        return self._pass(answer) if answer.is_success else device

    def _code(self, phone: str, seen: int) -> str | None:
        """The code that came for this number after line `seen` of the sink; None when there is no sink to read."""
        until = time.monotonic() + SMS_WITHIN_S
        while self._demo.sink.parent.is_dir() and time.monotonic() < until:
            lines = self._demo.sink.read_text("utf-8").splitlines() if self._demo.sink.exists() else []
            for line in reversed(lines[seen:]):
                letter = json.loads(line)
                if letter.get("code") and str(letter["to"]).endswith(phone[-9:]):
                    return str(letter["code"])
            self._line.stopped.wait(0.1)
        return None

    def _sms_lines(self) -> int:
        return len(self._demo.sink.read_text("utf-8").splitlines()) if self._demo.sink.exists() else 0

    def _accepted(self, answer: httpx.Response, who: str) -> Pass:
        if not answer.is_success:
            raise SignInRefused(f"{who}: {answer.status_code}")
        return self._pass(answer)

    def _pass(self, answer: httpx.Response) -> Pass:
        tokens = answer.json()
        return Pass(tokens["access_token"], tokens["refresh_token"], self._clock.server_s() + tokens["expires_in"])
