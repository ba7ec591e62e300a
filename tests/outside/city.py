"""A stranger's view of the product: HTTP, the sink files and demo.json; nothing is imported from the project."""

import base64
import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pyotp
import uuid6


def new_id() -> str:
    return str(uuid6.uuid7())


@dataclass
class Caller:
    """Somebody with a token (or none) in front of one server."""

    city: "City"
    headers: dict[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {**self.headers, **more.pop("headers", {})}
        return self.city.http.request(method, path, headers=headers, **more)

    def get(self, path: str, **params: Any) -> Any:
        response = self.request("GET", path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, body: Any, expect: int = 200, **more: Any) -> Any:
        response = self.request("POST", path, json=body, **more)
        assert response.status_code == expect, f"{response.status_code} {response.text}"
        return response.json() if response.content else None

    def step(self, report: str, action: str, expect: int = 200, **facts: Any) -> Any:
        """Read the version, then take the step as a real client does."""
        version = self.request("GET", f"/v1/reports/{report}").headers["etag"]
        body = {"id": new_id(), "action": action, **facts}
        return self.post(f"/v1/reports/{report}/steps", body, expect, headers={"If-Match": version})

    def detail(self, report: str) -> Any:
        return self.get(f"/v1/reports/{report}")


class City:
    """One started server and its data folder."""

    def __init__(self, base_url: str, data: Path) -> None:
        self.base_url, self.data = base_url, data
        self.http = httpx.Client(base_url=base_url, timeout=30)
        self.demo: dict[str, Any] = json.loads((data / "demo.json").read_text())
        self._staff: dict[str, Caller] = {}

    def accounts(self, role: str) -> list[dict[str, Any]]:
        return [account for account in self.demo["accounts"] if account["role"] == role]

    def login(self, account: dict[str, Any]) -> Caller:
        """Sign in as this account of demo.json, once; with its authenticator code where asked."""
        if account["login"] not in self._staff:
            body = {"login": account["login"], "password": account["password"]}
            if account.get("totp_secret"):
                now = float(self.demo_now())
                body["totp"] = pyotp.TOTP(account["totp_secret"]).at(int(now))
            tokens = Caller(self).post("/v1/auth/login", body)
            self._staff[account["login"]] = Caller(self, {"Authorization": f"Bearer {tokens['access_token']}"})
        return self._staff[account["login"]]

    def relogin(self) -> None:
        """After the clock moved, access tokens are old."""
        self._staff.clear()

    def staff(self, role: str, agency: str | None = None, number: int = 0) -> Caller:
        fitting = [a for a in self.accounts(role) if agency is None or a.get("agency") == agency]
        plain = [a for a in fitting if not a.get("totp_secret")] or fitting
        return self.login(plain[number])

    def demo_now(self) -> float:
        path = self.data / "clock.json"
        return time.time() + (json.loads(path.read_text())["offset_s"] if path.exists() else 0.0)

    def device(self) -> Caller:
        """An anonymous phone."""
        body = {
            "device_id": new_id(),
            "device_secret": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("="),
            "locale": "vi",
        }
        tokens = Caller(self).post("/v1/auth/device", body)
        return Caller(self, {"Authorization": f"Bearer {tokens['access_token']}"})

    def resident(self, phone: str, device: Caller | None = None) -> Caller:
        """A resident who types the code of the SMS that came."""
        caller = device or Caller(self)
        challenge = caller.post("/v1/auth/otp", {"phone": phone}, 202)
        code = self.sms_code(phone)
        tokens = caller.post("/v1/auth/otp/verify", {"challenge_id": challenge["challenge_id"], "code": code})
        return Caller(self, {"Authorization": f"Bearer {tokens['access_token']}"})

    def sink(self, channel: str) -> list[dict[str, Any]]:
        path = self.data / "sink" / f"{channel}.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def sms_code(self, phone: str, within_s: float = 20.0) -> str:
        """The newest code sent to this number since now minus a little; waits for the sink."""
        until = time.monotonic() + within_s
        seen = 0
        while time.monotonic() < until:
            lines = [line for line in self.sink("sms") if line["to"].endswith(phone[-9:]) and line.get("code")]
            if len(lines) > seen:
                return str(lines[-1]["code"])
            time.sleep(0.1)
        raise AssertionError(f"no code came for {phone}")

    def move_clock(self, **span: float) -> None:
        """Advance the city's clock; due sweeps have run when this returns."""
        seconds = span.get("days", 0) * 86400 + span.get("hours", 0) * 3600 + span.get("minutes", 0) * 60
        self.staff("administrator").post("/v1/demo/clock", {"advance_s": seconds})
        self.relogin()

    def eventually(self, what: Any, within_s: float = 15.0) -> Any:
        """The first true answer of `what()`."""
        until = time.monotonic() + within_s
        while True:
            found = what()
            if found:
                return found
            assert time.monotonic() < until, "it did not happen in time"
            time.sleep(0.15)

    def pids(self) -> dict[str, int]:
        return json.loads((self.data / "run" / "processes.json").read_text())

    def stream(self, caller: Caller, after: int | None = None, seconds: float = 10) -> Iterator[tuple[int, str, Any]]:
        """(id, event, data) of the live stream for at most `seconds`."""
        params = {} if after is None else {"after": after}
        until = time.monotonic() + seconds
        with self.http.stream("GET", "/v1/stream", params=params, headers=caller.headers, timeout=seconds) as response:
            entry: dict[str, str] = {}
            try:
                for line in response.iter_lines():
                    if line:
                        name, _, value = line.partition(": ")
                        entry[name] = value
                    elif entry:
                        yield int(entry["id"]), entry["event"], json.loads(entry["data"])
                        entry = {}
                    if time.monotonic() > until:
                        return
            except httpx.ReadTimeout:
                return

    def draft(self, category: str | None = None, place: int = 0, **more: Any) -> dict[str, Any]:
        """A report as a phone makes it, at one of the demo's known points."""
        point = self.demo["points"][place % len(self.demo["points"])]
        return {
            "id": new_id(),
            "category": category or self.demo["categories"][0],
            "description": more.pop("description", "Đèn đường không sáng, ngõ tối"),
            "location": {"lat": point["lat"], "lon": point["lon"], "source": "map"},
            **more,
        }
