"""Residents who do not give up: the same id again until somebody acknowledges it. All of it is in the ledger."""

import base64
import hashlib
import io
import json
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import jwt
from PIL import Image

from tests.outside.city import new_id
from tests.torture.instance import Instance
from tests.torture.ledger import Ledger

PER_DEVICE = 40  # reports or photos of one phone, below every limit per person
PATIENCE_S = 90.0
PHOTOS_WAITING = 6


def picture(width: int = 2600, height: int = 1900) -> bytes:
    """A JPEG (about 1 MB) that takes a worker some tenths of a second; never the same twice."""
    noise = Image.frombytes("RGB", (width // 8, height // 8), os.urandom((width // 8) * (height // 8) * 3))
    file = io.BytesIO()
    noise.resize((width, height), Image.Resampling.BILINEAR).save(file, "JPEG", quality=85)
    return file.getvalue()


class Phone:
    """One resident's device with its own connection; signs in anew when it has sent enough."""

    def __init__(self, traffic: "Traffic", seed: int) -> None:
        self.traffic, self.random = traffic, random.Random(seed)
        # Every request on a connection of its own, so that all web processes are met.
        alone = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(base_url=traffic.instance.base_url, timeout=30, limits=alone)
        self._sent = PER_DEVICE
        self.headers: dict[str, str] = {}

    def _sign_in(self) -> None:
        """A fresh device; not part of the ledger, so it simply tries again."""
        until = time.monotonic() + PATIENCE_S
        body = {"device_id": new_id(), "device_secret": _secret(), "locale": "vi"}
        while time.monotonic() < until:
            try:
                answer = self.http.post("/v1/auth/device", json=body)
                if answer.status_code == 200:
                    self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
                    self._sent = 0
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        raise RuntimeError("no device could sign in")

    def count(self) -> None:
        if self._sent >= PER_DEVICE:
            self._sign_in()
        self._sent += 1

    def report(self) -> dict[str, Any] | None:
        """Send one report until it is acknowledged; some as several copies at once, some with a contact."""
        self.count()
        draft = self.traffic.instance.city.draft(
            self.random.choice(("pothole", "street-light", "waste-dump", "noise")),
            place=self.random.randrange(8),
            description=f"Báo cáo số {self.random.randrange(10**9)}",
        )
        if self.random.random() < 0.3:
            phone = f"+8491{self.random.randrange(10**7):07d}"
            draft["contact"] = {"phone": phone, "email": f"p{phone[3:]}@example.vn", "notify": ["sms", "email"]}
        body = json.dumps(draft).encode()
        copies = self.random.randint(2, 4) if self.random.random() < 0.15 else 1
        if copies == 1:
            return self.until_known("report", draft["id"], body)
        with ThreadPoolExecutor(copies) as crowd:
            answers = list(crowd.map(lambda _: self.until_known("report", draft["id"], body), range(copies)))
        return answers[0]

    def withdraw(self, sent: dict[str, Any]) -> None:
        """A step with an id of its own, retried like everything else."""
        step, version = new_id(), f'"{sent["version"]}"'
        body = json.dumps({"id": step, "action": "withdraw"}).encode()
        path = f"/v1/reports/{sent['id']}/steps"
        self.until_known("step", step, body, path=path, more={"If-Match": version})

    def photo(self) -> None:
        self.count()
        photo, data = new_id(), picture()
        self.until_known("photo", photo, data)

    def until_known(self, kind: str, id_: str, body: bytes, **more: Any) -> dict[str, Any] | None:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            answer = self.traffic.attempt(self, kind, id_, body, **more)
            if answer is not None and answer.status_code not in (429, 500, 503):
                return answer.json() if answer.status_code in (200, 201) else None
            time.sleep(self.random.uniform(0.05, 0.4))
        return None

    def request(self, kind: str, id_: str, body: bytes, path: str, more: dict[str, str]) -> httpx.Response:
        if kind == "photo":
            files = {"file": ("p.jpg", body, "image/jpeg")}
            return self.http.post("/v1/photos", data={"id": id_, "kind": "before"}, files=files, headers=self.headers)
        headers = {**self.headers, "Content-Type": "application/json", **more}
        return self.http.post(path, content=body, headers=headers)


class Traffic:
    """Threads of phones; knows at any moment which requests are on their way."""

    def __init__(
        self, instance: Instance, ledger: Ledger, *, posters: int = 6, photographers: int = 0, pause_s: float = 0.4
    ) -> None:
        self.instance, self.ledger, self.pause_s = instance, ledger, pause_s
        self._going = threading.Event()
        self._lock = threading.Lock()
        self._under_way: dict[int, tuple[float, str]] = {}
        self._next = 0
        self.losses: list[tuple[float, float]] = []  # (begun, failed) of requests that got no answer
        self.refusals: list[tuple[float, float, int]] = []  # (begun, answered, status) of 5xx answers
        self.took: list[float] = []
        self._threads = [threading.Thread(target=self._life, args=(n, False)) for n in range(posters)]
        self._threads += [threading.Thread(target=self._life, args=(100 + n, True)) for n in range(photographers)]
        self.failures: list[BaseException] = []

    def __enter__(self) -> "Traffic":
        self._going.set()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._going.clear()
        for thread in self._threads:
            thread.join(PATIENCE_S + 30)
        if self.failures:
            raise RuntimeError("a phone gave up") from self.failures[0]

    def _life(self, seed: int, photographs: bool) -> None:
        phone = Phone(self, seed * 1_000_003 + int(time.time()))
        try:
            while self._going.is_set():
                if photographs:
                    if self._photos_waiting() < PHOTOS_WAITING:
                        phone.photo()
                    time.sleep(0.3)
                    continue
                sent = phone.report()
                if sent and phone.random.random() < 0.1:
                    phone.withdraw(sent)
                time.sleep(self.pause_s * phone.random.uniform(0.5, 1.5))
        except BaseException as error:
            self.failures.append(error)
        finally:
            phone.http.close()

    def _photos_waiting(self) -> int:
        """The worker is kept busy, not buried: a torture is about what is lost, not about how much it carries."""
        query = "SELECT count(*) FROM job WHERE task = 'media.process' AND state = 'queued'"
        return int(self.instance.one(query) or 0)

    def in_flight(self) -> list[float]:
        """When each request that has no answer yet was begun."""
        with self._lock:
            return [begun for begun, _ in self._under_way.values()]

    def attempt(
        self,
        phone: Phone,
        kind: str,
        id_: str,
        body: bytes,
        *,
        path: str = "/v1/reports",
        more: dict[str, str] | None = None,
    ) -> httpx.Response | None:
        """One try, written down before and after; None when no answer came."""
        self.ledger.write("attempt", kind, id_)
        begun = time.monotonic()
        with self._lock:
            self._next += 1
            mark = self._next
            self._under_way[mark] = (begun, id_)
        try:
            answer = phone.request(kind, id_, body, path, more or {})
        except httpx.TransportError as error:
            with self._lock:
                self.losses.append((begun, time.monotonic()))
            self.ledger.write("lost", kind, id_, error=type(error).__name__, took_s=time.monotonic() - begun)
            return None
        finally:
            with self._lock:
                del self._under_way[mark]
        self._note(kind, id_, body, answer, begun)
        return answer

    def _note(self, kind: str, id_: str, body: bytes, answer: httpx.Response, begun: float) -> None:
        took = time.monotonic() - begun
        facts: dict[str, Any] = {"status": answer.status_code, "took_s": round(took, 3)}
        if answer.status_code == 201 and kind == "report":
            said = answer.json()
            digest = hashlib.sha256(body).hexdigest()
            facts |= {"code": said["code"], "sha256": digest, "receipt_wrong": _signed_digest(said) != digest}
        elif answer.status_code >= 500:
            facts["problem"] = answer.headers.get("content-type", "").startswith("application/problem+json")
        with self._lock:
            self.took.append(took)
            if answer.status_code >= 500:
                self.refusals.append((begun, begun + took, answer.status_code))
        self.ledger.write("answer", kind, id_, **facts)


def _signed_digest(said: dict[str, Any]) -> str:
    """The body_sha256 inside the receipt (the walk checks its signature)."""
    claims = jwt.decode(said["receipt"]["token"], options={"verify_signature": False})
    return str(claims["body_sha256"])


def _secret() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
