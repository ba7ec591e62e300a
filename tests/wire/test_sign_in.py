"""Signing in with a phone code, as a device and as staff: what is guessed, repeated, late or too often is refused."""

import base64
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlmodel import col, select

from dispatch.people.tables import Device, OtpChallenge, Person
from kit.clock import utc_now
from kit.db import reading
from kit.ids import new_id
from kit.outbox import Outbox
from kit.seal import unseal
from tests.api_client import Api, refused

PHONE = "+84912345601"


def codes() -> list[dict[str, str]]:
    """What would be sent by SMS, oldest first: {phone, code, locale}."""
    with reading() as session:
        rows = session.exec(select(Outbox.data).where(Outbox.name == "otp.requested").order_by(col(Outbox.id)))
        return [json.loads(unseal(base64.b64decode(data["sealed"]), about="otp")) for data in rows]


def ask(api: Api, phone: str = PHONE) -> httpx.Response:
    return api.ask("POST", "/v1/auth/otp", json={"phone": phone})


def begun(api: Api, phone: str = PHONE) -> tuple[str, str]:
    """(challenge, the code that was sent)."""
    answer = ask(api, phone)
    assert answer.status_code == 202, answer.text
    return answer.json()["challenge_id"], codes()[-1]["code"]


def verify(api: Api, challenge: str, code: str, **more: Any) -> httpx.Response:
    headers = more.pop("headers", {})
    sent = {"challenge_id": challenge, "code": code} | more
    return api.ask("POST", "/v1/auth/otp/verify", json=sent, headers=headers)


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_a_code_signs_in_and_is_nowhere_to_be_read(api: Api) -> None:
    challenge, code = begun(api)
    with reading() as session:
        kept = session.execute(text("SELECT o::text FROM otp_challenge o UNION SELECT b::text FROM outbox b")).scalars()
        stored = "".join(kept)
    assert PHONE not in stored
    assert PHONE.encode().hex() not in stored
    assert not [row for row in stored.split(",") if row.strip('"') == code]
    tokens = verify(api, challenge, f" {code[:3]}\u200b{code[3:]}\ufeff".strip()).json()
    assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in", "resident"}
    me = api.ask("GET", "/v1/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}).json()
    assert (me["role"], me["id"]) == ("resident", tokens["resident"]["id"])


def test_a_hundred_guesses_at_once_are_evaluated_five_times(api: Api) -> None:
    """B70: then the code is dead, the right one too."""
    challenge, code = begun(api)
    wrong = [other(code)] * 100
    with ThreadPoolExecutor(24) as many:
        statuses = sorted(many.map(lambda guess: verify(api, challenge, guess).status_code, wrong))
    assert statuses == [401] * 5 + [429] * 95
    with reading() as session:
        assert session.exec(select(OtpChallenge.tries)).one() == 5
    late = verify(api, challenge, code)
    refused(late, 429, "rate-limited")
    assert int(late.headers["retry-after"]) == 60


def test_a_right_code_is_used_once_even_at_once(api: Api) -> None:
    """B71."""
    challenge, code = begun(api)
    refused(verify(api, challenge, other(code)), 401, "otp-wrong")
    with ThreadPoolExecutor(20) as many:
        statuses = list(many.map(lambda _: verify(api, challenge, code).status_code, range(20)))
    assert sorted(statuses)[:2] == [200, 401]
    refused(verify(api, challenge, code), 401, "otp-expired")


def test_a_code_dies_after_ten_minutes_and_belongs_to_its_own_request(api: Api) -> None:
    """B71."""
    first, code = begun(api)
    api.world.forward(hours=61 / 3600)
    second, newer = begun(api)
    if newer != code:
        refused(verify(api, second, code), 401, "otp-wrong")
    api.world.forward(hours=(600 - 61 + 1) / 3600)
    refused(verify(api, first, code), 401, "otp-expired")
    assert verify(api, second, newer).status_code == 200
    refused(verify(api, str(new_id()), code), 401, "otp-expired")


def test_one_number_gets_few_codes(api: Api) -> None:
    """B76: one a minute, five in ten minutes, ten a day, in any such span; refusals do not count."""
    got, refusals = [], 0
    for _ in range(40):
        for _ in range(2):
            answer = ask(api)
            if answer.status_code == 202:
                got.append(utc_now())
            else:
                refused(answer, 429, "rate-limited")
                refusals += 1
        api.world.forward(hours=int(answer.headers["retry-after"]) / 3600)
    spans = [(later - earlier).total_seconds() for earlier, later in pairwise(got)]
    assert min(spans) > 59
    assert min((b - a).total_seconds() for a, b in zip(got, got[5:], strict=False)) > 599
    assert min((b - a).total_seconds() for a, b in zip(got, got[10:], strict=False)) > 86_399
    assert len(codes()) == len(got) == 40
    assert refusals == 40


def test_two_requests_at_once_send_one_code(api: Api) -> None:
    with ThreadPoolExecutor(10) as many:
        statuses = sorted(many.map(lambda _: ask(api).status_code, range(10)))
    assert statuses == [202] + [429] * 9
    assert len(codes()) == 1


@pytest.mark.parametrize("number", ["+14155550132", "+8613800138000", "02103812345", "+842438255555", "19001234"])
def test_foreign_landline_and_premium_numbers_look_the_same_and_cost_nothing(api: Api, number: str) -> None:
    """B74."""
    mine, theirs = ask(api), ask(api, number)
    assert (mine.status_code, theirs.status_code) == (202, 202)
    assert {**mine.json(), "challenge_id": 0} == {**theirs.json(), "challenge_id": 0}
    assert len(codes()) == 1
    refused(verify(api, theirs.json()["challenge_id"], "123456"), 401, "otp-expired")


@pytest.mark.parametrize(
    "number",
    ["０９１２３４５６０１", "0912٣٤٥٦٠١", "abc", "", "113", "01212345678", "+84 0", "0912345601;0912345602",
     "09" * 20, "0912345601\n1"],
)  # fmt: skip
def test_what_is_no_number_is_said_so(api: Api, number: str) -> None:
    """B44, B73: full-width digits, the old eleven-digit form, two numbers in one."""
    answer = ask(api, number)
    assert answer.status_code == 422
    assert answer.json()["type"] in ("/problems/phone-invalid", "/problems/validation-error")
    assert codes() == []


def test_one_number_is_one_account_however_it_is_typed(api: Api) -> None:
    """B43, B72, B73; a known number is answered like a new one."""
    found = set()
    for typed in ("+84912345601", "84912345601", "0912345601", "0912 345 601", "+84 (912) 345-601", "\u200b0912345601"):
        answer = ask(api, typed)
        assert (answer.status_code, answer.json()["expires_in"], set(answer.json())) == (
            202, 600, {"challenge_id", "expires_in", "retry_after"}
        )  # fmt: skip
        found.add(verify(api, answer.json()["challenge_id"], codes()[-1]["code"]).json()["resident"]["id"])
        api.world.forward(hours=1)
    assert len(found) == 1
    assert {letter["phone"] for letter in codes()} == {PHONE}


def device(**more: Any) -> dict[str, Any]:
    return {"device_id": str(new_id()), "device_secret": secrets.token_urlsafe(32), "locale": "vi"} | more


def test_a_device_is_bound_to_its_first_secret(api: Api) -> None:
    phone = device()
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda _: api.ask("POST", "/v1/auth/device", json=phone), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["resident"]["id"] for answer in answers}) == 1
    thief = phone | {"device_secret": secrets.token_urlsafe(32)}
    refused(api.ask("POST", "/v1/auth/device", json=thief), 401, "login-wrong")
    with reading() as session:
        assert bytes(session.exec(select(Device.secret_hash)).one()) != phone["device_secret"].encode()
        assert len(session.exec(select(Person)).all()) == 1
    for short in ("a" * 42, "a" * 44, "", "*" * 43):
        assert api.ask("POST", "/v1/auth/device", json=device(device_secret=short)).status_code == 422


def test_a_devices_reports_join_the_resident_and_a_retry_stays_a_retry(api: Api) -> None:
    """B83: only its own token proves a device; the next owner of the phone gets nothing of the first."""
    phone, sent = device(), api.report(category="theft")
    bearer = {"Authorization": f"Bearer {api.ask('POST', '/v1/auth/device', json=phone).json()['access_token']}"}
    assert api.ask("POST", "/v1/reports", json=sent, headers=bearer).status_code == 201
    stranger = verify(api, *begun(api, "+84987654302"), device_id=phone["device_id"]).json()
    as_stranger = {"Authorization": f"Bearer {stranger['access_token']}"}
    assert api.ask("GET", f"/v1/reports/{sent['id']}", headers=as_stranger).status_code == 404
    lan = verify(api, *begun(api), headers=bearer).json()
    as_lan = {"Authorization": f"Bearer {lan['access_token']}"}
    assert api.ask("GET", "/v1/reports?mine=true", headers=as_lan).json()["items"][0]["id"] == sent["id"]
    again = api.ask("POST", "/v1/reports", json=sent, headers=as_lan)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    binh = verify(api, *begun(api, "+84356789103"), headers=as_lan).json()
    as_binh = {"Authorization": f"Bearer {binh['access_token']}"}
    assert api.ask("GET", f"/v1/reports/{sent['id']}", headers=as_binh).status_code == 404
