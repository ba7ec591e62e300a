"""Tokens: rotated once, shared by tabs for ten seconds, ended as a family; forged ones are nothing."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import jwt
import pytest
from sqlmodel import select

from api.auth import ENDED
from dispatch.domain.actors import Actor
from dispatch.people.sessions import open_session
from dispatch.people.tables import Account, AuditEntry, AuthSession, Person
from kit import tokens as signing
from kit.clock import utc_now
from kit.db import reading, unit_of_work
from kit.ids import new_id
from tests.api_client import Api, refused


def signed_in(who: Actor) -> dict[str, str]:
    """A fresh pair of tokens."""
    with unit_of_work() as session:
        subject = session.get(Account, who.id) or session.get_one(Person, who.id)
        pair = open_session(session, subject, now=utc_now())
    return {"access": pair.access_token, "refresh": pair.refresh_token}


def refresh(api: Api, token: str) -> httpx.Response:
    return api.ask("POST", "/v1/auth/refresh", json={"refresh_token": token})


def me(api: Api, access: str) -> httpx.Response:
    return api.ask("GET", "/v1/me", headers={"Authorization": f"Bearer {access}"})


def test_three_tabs_refresh_at_once_and_get_one_pair(api: Api) -> None:
    """B69."""
    pair = signed_in(api.world.resident())
    with ThreadPoolExecutor(3) as tabs:
        answers = [answer.json() for answer in tabs.map(lambda _: refresh(api, pair["refresh"]), range(3))]
    assert len({answer["refresh_token"] for answer in answers}) == 1
    assert answers[0]["refresh_token"] != pair["refresh"]
    assert {me(api, answer["access_token"]).status_code for answer in answers} == {200}


def test_an_old_refresh_token_ends_the_whole_sign_in(api: Api) -> None:
    """B69: after the grace somebody else must hold a copy; the register has it."""
    ha = api.world.resident()
    pair = signed_in(ha)
    fresh = refresh(api, pair["refresh"]).json()
    api.world.forward(hours=11 / 3600)
    refused(refresh(api, pair["refresh"]), 401, "session-ended")
    refused(refresh(api, fresh["refresh_token"]), 401, "session-ended")
    ENDED.read()
    refused(me(api, fresh["access_token"]), 401, "unauthenticated")
    with reading() as session:
        assert session.exec(select(AuditEntry.name)).all() == ["session.reuse_detected"]
        row = session.exec(select(AuthSession)).one()
        assert row.revoked_why == "reuse"
        assert fresh["refresh_token"].encode() not in bytes(row.refresh_hash) + bytes(row.successor_sealed or b"")


def test_an_older_one_than_the_last_is_refused_even_within_the_grace(api: Api) -> None:
    pair = signed_in(api.world.resident())
    second = refresh(api, pair["refresh"]).json()
    third = refresh(api, second["refresh_token"]).json()
    refused(refresh(api, pair["refresh"]), 401, "session-ended")
    refused(refresh(api, third["refresh_token"]), 401, "session-ended")


@pytest.mark.parametrize("token", ["", "x", "x.y", f"{new_id()}.{'a' * 43}", "a" * 201, "\0"])
def test_what_is_no_refresh_token_is_refused(api: Api, token: str) -> None:
    assert refresh(api, token).status_code in (401, 422)


def test_signing_out_ends_it_for_every_copy(api: Api) -> None:
    pair = signed_in(api.world.officer("ubnd-07900"))
    left = api.ask("POST", "/v1/auth/logout", headers={"Authorization": f"Bearer {pair['access']}"})
    assert (left.status_code, left.headers["clear-site-data"]) == (204, '"cache", "storage"')
    refused(refresh(api, pair["refresh"]), 401, "session-ended")
    ENDED.read()
    refused(me(api, pair["access"]), 401, "unauthenticated")


def test_a_staff_sign_in_lasts_twelve_hours_at_most(api: Api) -> None:
    """10.4.8: however often it is renewed."""
    pair = signed_in(api.world.officer("ubnd-07900"))
    for _ in range(11):
        api.world.forward(hours=1)
        answer = refresh(api, pair["refresh"])
        assert answer.status_code == 200
        pair["refresh"] = answer.json()["refresh_token"]
    api.world.forward(hours=1.1)
    refused(refresh(api, pair["refresh"]), 401, "session-ended")


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "field_worker"}, {"agency_code": "dien-luc"}])
def test_a_changed_account_is_refused_within_a_minute(api: Api, change: dict[str, Any]) -> None:
    """B81: the token made in the same second too; a new sign-in has the new rights."""
    officer = api.world.officer("ubnd-07900")
    pair = signed_in(officer)
    assert me(api, pair["access"]).status_code == 200
    with unit_of_work() as session:
        account = session.get_one(Account, officer.id)
        account.changed_at = utc_now()
        for name, value in change.items():
            setattr(account, "disabled_at" if name == "disabled" else name, utc_now() if name == "disabled" else value)
    assert ENDED.READ_EVERY_S <= 60
    ENDED.read()
    refused(me(api, pair["access"]), 401, "unauthenticated")
    renewed = refresh(api, pair["refresh"])
    if "disabled" in change:
        refused(renewed, 401, "session-ended")
    else:
        said = me(api, renewed.json()["access_token"]).json()
        assert change.items() <= {"role": said["role"], "agency_code": said["agency"]}.items()


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def forged(who: Actor) -> dict[str, str]:
    """Tokens that must be worth nothing."""
    now = int(utc_now().timestamp())
    claims = {"sub": str(who.id), "role": "administrator", "aud": "hien-truong", "typ": "access", "iat": now}
    whole = claims | {"exp": now + 600, "scopes": ["contact"], "sid": str(new_id())}
    key = signing._private_key()
    good = jwt.encode(whole, key, "EdDSA", headers={"kid": signing.key_id()})
    head, body, mark = good.split(".")
    shared = signing._public_bytes()

    def own(more: dict[str, Any], **headers: Any) -> str:
        kept = {name: value for name, value in (whole | more).items() if value is not None}
        return jwt.encode(kept, key, "EdDSA", headers=headers)

    return {
        "B65 none": f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        "B65 NoNe": f"{part({'alg': 'NoNe'})}.{body}.{mark}",
        "B65 HS256 with the public key": jwt.encode(whole, shared, "HS256"),
        "B65 other body": f"{head}.{part(whole | {'role': 'auditor'})}.{mark}",
        "B65 cut": good[:-4],
        "B66 no exp": own({"exp": None}),
        "B66 no sub": own({"sub": None}),
        "B66 no aud": own({"aud": None}),
        "B67 unknown crit": own({}, crit=["x"], x=1),
        "B68 over": own({"exp": now - 6}),
        "B68 another system's": own({"aud": "test"}),
        "B68 not for access": own({"typ": "id"}),
        "a receipt": signing.sign_receipt({"id": str(new_id()), "sub": str(who.id)}),
        "words": "a.b.c",
        "long": "a" * 10_000,
    }


def test_forged_tokens_are_nothing(api: Api) -> None:
    """B65–B68."""
    boss = api.world.role("administrator")
    for name, token in forged(boss).items():
        answer = me(api, token)
        body = refused(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer", name
        assert len(body) == 5
    for header in ("Basic YTpi", "Bearer", "bearer x y", "\xe9"):
        assert api.ask("GET", "/v1/me", headers={"Authorization": header.encode("latin-1")}).status_code == 401
    assert refresh(api, forged(boss)["B68 over"][:200]).status_code == 401
    assert me(api, signed_in(boss)["refresh"]).status_code == 401


@pytest.mark.parametrize("kid", ["../../dev/null", "' OR 1=1 --", "0" * 16])
def test_the_key_is_ours_whatever_the_token_names(api: Api, kid: str) -> None:
    """B67: kid, jku and x5u of a caller's own key are not looked at."""
    other = signing.Ed25519PrivateKey.generate()
    claims = {
        "sub": str(new_id()),
        "role": "administrator",
        "aud": "hien-truong",
        "typ": "access",
        "iat": 1,
        "exp": 2**40,
    }
    token = jwt.encode(claims, other, "EdDSA", headers={"kid": kid, "jku": "http://127.0.0.1/keys", "x5u": "file:///x"})
    refused(me(api, token), 401, "unauthenticated")
