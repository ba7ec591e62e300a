"""A small day in the demo, played through the public API: residents send, agencies answer, residents rate."""

import base64
import secrets
import time
from itertools import cycle
from typing import Any, Self
from uuid import uuid4

import httpx

from kit.ids import new_id
from tests.served import Served

COUNTED_WITHIN_S = 60.0


class SmallDay:
    """`sent` reports of which `answered` are answered; `client` is anybody, `supervisor` carries a token."""

    SENT, ANSWERED, SATISFIED = 16, 12, 9

    def __init__(self, served: Served) -> None:
        self._served = served
        self.client = httpx.Client(base_url=served.base_url, timeout=30)
        self._tokens: dict[str, str] = {}
        self._resident = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def live(self) -> None:
        """Send, answer and rate; returns when the figures have caught up."""
        reports = [self.send(point) for _, point in zip(range(self.SENT), cycle(self._served.demo["points"][:4]))]
        for number, report in enumerate(reports[: self.ANSWERED]):
            self._answer(report)
            self._rate(report, "satisfied" if number < self.SATISFIED else "not_satisfied")
        self.wait_for(lambda: self.figure("received")["n"] == self.SENT and self._rated() == self.ANSWERED)

    def send(self, point: dict[str, Any]) -> dict[str, Any]:
        """A pothole at a point of the demo, from an anonymous phone."""
        body = {
            "id": str(new_id()),
            "category": self._served.demo["categories"][0],
            "description": "Ổ gà sâu giữa làn xe máy, đã có người ngã.",
            "location": {"lat": point["lat"], "lon": point["lon"], "source": "map"},
        }
        return self._said("POST", "/v1/reports", body, self.resident())

    def point(self, number: int) -> dict[str, Any]:
        return dict(self._served.demo["points"][number])

    def areas(self) -> list[str]:
        return list(self._served.demo["areas"])

    def figure(self, indicator: str, **asked: str) -> dict[str, Any]:
        """The only item of an ungrouped figure, as the supervisor sees it."""
        return self.items(indicator, **asked)[0]

    def items(self, indicator: str, **asked: str) -> list[dict[str, Any]]:
        answer = self._said("GET", "/v1/figures", None, self.staff("supervisor"), {"indicator": indicator, **asked})
        figure = answer if "indicator" in answer else answer["items"][0]
        return list(figure["items"])

    def wait_for(self, reached: Any) -> None:
        deadline = time.monotonic() + COUNTED_WITHIN_S
        while not reached():
            assert time.monotonic() < deadline, "the figures did not catch up"
            time.sleep(0.3)

    # ── who speaks ──────────────────────────────────────────────────────────────────────────────────

    def resident(self) -> str:
        if not self._resident:
            secret = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
            body = {"device_id": str(uuid4()), "device_secret": secret, "locale": "vi"}
            self._resident = self._said("POST", "/v1/auth/device", body)["access_token"]
        return self._resident

    def staff(self, role: str, agency: str | None = None) -> str:
        account = self._served.account(role, agency=agency)
        if account["login"] not in self._tokens:
            body = {"login": account["login"], "password": account["password"]}
            self._tokens[account["login"]] = self._said("POST", "/v1/auth/login", body)["access_token"]
        return self._tokens[account["login"]]

    # ── what is done ────────────────────────────────────────────────────────────────────────────────

    def _answer(self, report: dict[str, Any]) -> None:
        officer = self.staff("officer", report["agency"]["code"])
        done = self._step(report["id"], officer, {"action": "submit_result", "text": "Đã vá bằng bê tông nhựa.",
                                                  "no_photo_reason": "Máy ảnh hỏng trong ca."})  # fmt: skip
        if done["status"] == "awaiting_approval":
            done = self._step(report["id"], self.staff("supervisor"), {"action": "approve_result"})
        assert done["status"] == "resolved"

    def _rate(self, report: dict[str, Any], rating: str) -> None:
        self._step(report["id"], self.resident(), {"action": "rate", "rating": rating})

    def _rated(self) -> int:
        return int(self.figure("satisfied_rate")["n"])

    def _step(self, report: str, token: str, body: dict[str, Any]) -> dict[str, Any]:
        version = self._said("GET", f"/v1/reports/{report}", None, token)["version"]
        said = {"id": str(new_id()), **body}
        return self._said("POST", f"/v1/reports/{report}/steps", said, token, if_match=version)

    def _said(
        self, method: str, path: str, body: Any = None, token: str = "", params: Any = None, if_match: int | None = None
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        answer = self.client.request(method, path, json=body, headers=headers, params=params)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return dict(answer.json())
