"""Many at once: the same report in several copies (F27), the same step by several officers (F31)."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from typing import Any

import httpx

from tests.outside.city import Caller, new_id
from tests.torture.instance import Instance
from tests.torture.ledger import Ledger
from tests.torture.load import PER_DEVICE

CROWD = 20
AGENCY = "ubnd-07900"
RELOGIN_AFTER = 100  # rounds; an access token lasts ten minutes


class Crowd:
    """Clients with connections of their own that start at one barrier."""

    def __init__(self, instance: Instance) -> None:
        self._pool = ThreadPoolExecutor(CROWD)
        self._clients = [httpx.Client(base_url=instance.base_url, timeout=30) for _ in range(CROWD)]
        for client in self._clients:
            client.get("/healthz")  # connected before the race

    def close(self) -> None:
        self._pool.shutdown()
        for client in self._clients:
            client.close()

    def together(self, acts: list[Callable[[httpx.Client], httpx.Response]]) -> list[httpx.Response]:
        barrier = threading.Barrier(len(acts))

        def run(act: Callable[[httpx.Client], httpx.Response], client: httpx.Client) -> httpx.Response:
            barrier.wait(30)
            return act(client)

        return list(self._pool.map(run, acts, self._clients))


def duplicates(instance: Instance, ledger: Ledger, *, keys: int) -> list[str]:
    """F27: each key in 2–10 copies at once: one row; every copy hears the same 201 (or is asked to come again)."""
    crowd, findings = Crowd(instance), list[str]()
    try:
        for number in range(keys):
            if number % PER_DEVICE == 0:
                phone = instance.city.device()
            draft = instance.city.draft("pothole", place=number, description=f"Trùng lặp {number}")
            body = json.dumps(draft).encode()
            copies = 2 + number % 9
            for _ in range(copies):
                ledger.write("attempt", "report", draft["id"])
            answers = crowd.together([_posting("/v1/reports", body, phone.headers)] * copies)
            for answer in answers:
                code = answer.json().get("code") if answer.status_code == 201 else None
                ledger.write("answer", "report", draft["id"], status=answer.status_code, code=code)
            statuses = Counter(answer.status_code for answer in answers)
            codes = {answer.json()["code"] for answer in answers if answer.status_code == 201}
            if statuses[201] < 1 or set(statuses) - {201, 409} or len(codes) != 1:
                findings.append(f"key {number}: {dict(statuses)}, codes {codes}")
    finally:
        crowd.close()
    return findings


def same_step(instance: Instance, ledger: Ledger, *, rounds: int) -> list[str]:
    """F31: 2–20 clients of several officers accept one report at once: exactly one wins, the others are told why."""
    crowd, findings = Crowd(instance), list[str]()
    accounts = [one for one in instance.city.accounts("officer") if one.get("agency") == AGENCY]
    try:
        for number in range(rounds):
            if number % PER_DEVICE == 0:
                phone = instance.city.device()
            if number % RELOGIN_AFTER == 0:
                instance.city.relogin()
                officers = [instance.city.login(account) for account in accounts]
            size = CROWD if number % 20 == 0 else 2 + number % 4
            findings += _one_round(instance, ledger, crowd, phone, officers, size)
    finally:
        crowd.close()
    return findings


def _one_round(
    instance: Instance, ledger: Ledger, crowd: Crowd, phone: Caller, officers: list[Caller], size: int
) -> list[str]:
    draft = instance.city.draft("pothole", description="Hai cán bộ, một phản ánh")
    ledger.write("attempt", "report", draft["id"])
    report = phone.post("/v1/reports", draft, 201)
    ledger.write("answer", "report", draft["id"], status=201, code=report["code"])
    path, version = f"/v1/reports/{report['id']}/steps", f'"{report["version"]}"'
    acts = [
        _posting(path, json.dumps({"id": new_id(), "action": "accept"}).encode(), {**one.headers, "If-Match": version})
        for one in islice(cycle(officers), size)
    ]
    statuses = Counter(answer.status_code for answer in crowd.together(acts))
    story = officers[0].get(f"/v1/reports/{report['id']}/timeline")["items"]
    accepted = sum(1 for entry in story if entry["action"] == "accept")
    if statuses[200] != 1 or set(statuses) - {200, 409, 412} or accepted != 1:
        return [f"{size} officers: {dict(statuses)}, accepted {accepted} times"]
    return []


def _posting(path: str, body: bytes, headers: dict[str, str]) -> Callable[[httpx.Client], httpx.Response]:
    whole: dict[str, Any] = {**headers, "Content-Type": "application/json"}
    return lambda client: client.post(path, content=body, headers=whole)
