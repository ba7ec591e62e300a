"""The demo's people: crews and accounts of every role, with passwords made for this installation alone."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyotp
from sqlmodel import Session, select

from admin.imports.plain_yaml import read_yaml
from dispatch.people.staff import hash_password
from dispatch.people.tables import Account
from dispatch.tables.directory import Area, FieldWorker, Team
from kit.ids import new_id
from kit.seal import keyed_digest, seal

API_KEY_USE = "api-key"  # kit.seal.keyed_digest(key, about=API_KEY_USE) is what the account row keeps
PEOPLE = Path(__file__).parent / "province" / "people.yaml"


def read_people() -> dict[str, Any]:
    """Our own file: points, categories, teams, accounts, residents."""
    found: dict[str, Any] = read_yaml(PEOPLE)
    return found


def put_people(
    session: Session, people: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]], *, now: datetime
) -> list[dict[str, Any]]:
    """Create what is missing; returns the entries of demo.json. `known`: entries of an earlier demo.json by login.

    All share one password, made for this installation: whoever tries the demo types it often, and forty argon2
    hashes would be most of the first start. If demo.json was deleted, every account gets a new one.
    """
    for team in people["teams"]:
        if session.get(Team, team["code"]) is None:
            session.add(Team(code=team["code"], agency_code=team["agency"], name=team["name"]))
    session.flush()
    standing = {account.login: account for account in session.exec(select(Account))}
    password = next((entry["password"] for entry in known.values()), None) or secrets.token_urlsafe(16)
    hashed = ""
    entries = []
    for wanted in _accounts(session, people):
        before, account = known.get(wanted["login"]), standing.get(wanted["login"])
        totp = (before or {}).get("totp_secret") or (pyotp.random_base32() if wanted.get("totp") else None)
        if account is None or before is None:
            hashed = hashed or hash_password(password)
            account = _account(session, wanted, account, hashed, totp, now)
        if wanted["role"] == "field_worker":
            _worker(session, wanted, account, people["shift"])
        entries.append(_entry(wanted, account, password, totp))
    return entries


def _accounts(session: Session, people: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    yield from people["accounts"]
    for point in people["points"]:
        name = session.exec(select(Area.name).where(Area.layer == "ward", Area.code == point["area"])).first()
        for pattern in people["for_each_point"]:
            words = {"code": point["area"], "name": name or point["area"]}
            yield {key: text.format(**words) for key, text in pattern.items()}


def _account(
    session: Session,
    wanted: Mapping[str, Any],
    account: Account | None,
    password_hash: str,
    totp: str | None,
    now: datetime,
) -> Account:
    """A new account, or the standing one with another password."""
    if account is None:
        account = Account(
            id=new_id(),
            login=wanted["login"],
            name=wanted["name"],
            role=wanted["role"],
            agency_code=wanted.get("agency"),
            scopes=list(wanted.get("scopes", ())),
            password_hash=password_hash,
            demo=True,
            changed_at=now,
        )
        session.add(account)
    account.password_hash, account.changed_at = password_hash, now
    account.totp_sealed = seal(totp, about="totp") if totp else None
    return account


def _entry(wanted: Mapping[str, Any], account: Account, password: str, totp: str | None) -> dict[str, Any]:
    """The account's line in demo.json."""
    entry = {"role": account.role, "login": account.login, "password": password, "name": account.name}
    optional = {"totp_secret": totp, "agency": account.agency_code, "team": wanted.get("team")}
    return entry | {"id": str(account.id)} | {name: value for name, value in optional.items() if value}


def put_api_key(session: Session, key: str) -> None:
    """The key of the demo's API client, found again by its keyed hash."""
    client = session.exec(select(Account).where(Account.role == "api_client", Account.demo)).one()
    client.api_key_hash = keyed_digest(key, about=API_KEY_USE)


def _worker(session: Session, wanted: Mapping[str, Any], account: Account, shift: dict[str, Any]) -> None:
    if session.get(FieldWorker, account.id) is None:
        session.add(
            FieldWorker(
                id=account.id,
                agency_code=wanted["agency"],
                team_code=wanted["team"],
                name=wanted["name"],
                skills=list(wanted["skills"]),
                shift=shift,
                on_duty=True,
            )
        )
