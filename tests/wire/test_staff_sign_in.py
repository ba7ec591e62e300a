"""Staff sign in with a password and, where contact data may be seen, an authenticator code that counts once."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from argon2 import PasswordHasher
from sqlmodel import col, select

from dispatch.people.tables import Account, AuditEntry
from kit.clock import utc_now
from kit.db import reading, unit_of_work
from kit.settings import get_settings
from tests.api_client import Api, refused


def entry(login: str) -> dict[str, Any]:
    kept = json.loads((Path(get_settings().data_dir) / "demo.json").read_text("utf-8"))
    return next(account for account in kept["accounts"] if account.get("login") == login)


def login(api: Api, name: str, password: str, **more: Any) -> httpx.Response:
    return api.ask("POST", "/v1/auth/login", json={"login": name, "password": password} | more)


def test_staff_sign_in_and_a_wrong_word_tells_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """B72: unknown login, wrong password and a disabled account are one answer, equally slow."""
    password = entry("viet-tri")["password"]
    me = login(api, "viet-tri", password)
    assert me.status_code == 200
    with unit_of_work() as session:
        gone = session.exec(select(Account).where(Account.login == "dien-luc")).one()
        gone.disabled_at = gone.changed_at = utc_now()
    times: dict[str, list[float]] = {"viet-tri": [], "dien-luc": [], "nobody": []}
    answers: list[httpx.Response] = []
    hashed: list[str] = []
    checked: list[int] = []
    verified = PasswordHasher.verify
    monkeypatch.setattr(PasswordHasher, "verify", lambda *given: (hashed.append("once"), verified(*given))[1])
    for _ in range(8):
        for name, taken in times.items():
            before, began = len(hashed), time.process_time()
            answers.append(login(api, name, password if name == "dien-luc" else "quite another one"))
            taken.append(time.process_time() - began)
            checked.append(len(hashed) - before)
    bodies = {json.dumps(refused(answer, 401, "login-wrong") | {"instance": ""}) for answer in answers}
    assert len(bodies) == 1
    fastest = [min(taken) for taken in times.values()]
    assert max(fastest) < 1.3 * min(fastest)  # processor time of this process, which serves too
    assert checked == [1] * len(answers)
    for _ in range(3):
        held = login(api, "viet-tri", password)
    refused(held, 429, "rate-limited")
    assert 0 < int(held.headers["retry-after"]) <= 301


def test_an_authenticator_code_counts_once_and_only_with_the_password(api: Api) -> None:
    desk = entry("dieu-phoi")
    now = pyotp.TOTP(desk["totp_secret"]).at(utc_now())
    refused(login(api, "dieu-phoi", "quite another one", totp=now), 401, "login-wrong")
    refused(login(api, "dieu-phoi", desk["password"]), 401, "totp-required")
    refused(login(api, "dieu-phoi", desk["password"], totp=f"{(int(now) + 1) % 10**6:06d}"), 401, "login-wrong")
    with ThreadPoolExecutor(4) as many:
        once = list(many.map(lambda _: login(api, "dieu-phoi", desk["password"], totp=now).status_code, range(4)))
    assert sorted(once) == [200, 401, 401, 401]
    with reading() as session:
        noted = list(session.exec(select(AuditEntry.name).where(col(AuditEntry.name).like("login.%"))))
    assert (noted.count("login.done"), noted.count("login.totp_failed"), noted.count("login.failed")) == (1, 4, 1)
