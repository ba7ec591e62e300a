"""The demo's people: crews and accounts of every role, with passwords made for this installation alone."""

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pyotp
from sqlmodel import Session, select

from admin.imports.plain_yaml import read_yaml
from dispatch.people.staff import hash_password, new_account
from dispatch.people.tables import Account
from dispatch.tables.directory import Area, FieldWorker, Team
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

    An account whose password is no longer known (demo.json was deleted) gets a new one.
    """
    for team in people["teams"]:
        if session.get(Team, team["code"]) is None:
            session.add(Team(code=team["code"], agency_code=team["agency"], name=team["name"]))
    session.flush()
    standing = {account.login: account for account in session.exec(select(Account))}
    entries = []
    for wanted in _accounts(session, people):
        entry, account = _account(session, wanted, standing.get(wanted["login"]), known, now)
        if wanted["role"] == "field_worker":
            _worker(session, wanted, account, people["shift"])
        entries.append(entry)
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
    known: Mapping[str, Mapping[str, Any]],
    now: datetime,
) -> tuple[dict[str, Any], Account]:
    """The account and its line in demo.json."""
    before = known.get(wanted["login"])
    password = before["password"] if before else secrets.token_urlsafe(16)
    totp = (before or {}).get("totp_secret") or (pyotp.random_base32() if wanted.get("totp") else None)
    if account is None:
        account = new_account(
            session,
            login=wanted["login"],
            name=wanted["name"],
            role=wanted["role"],
            password=password,
            now=now,
            agency=wanted.get("agency"),
            scopes=tuple(wanted.get("scopes", ())),
            totp_secret=totp,
            demo=True,
        )
    elif before is None:
        account.password_hash, account.changed_at = hash_password(password), now
        account.totp_sealed = seal(totp, about="totp") if totp else None
    entry = {"role": wanted["role"], "login": wanted["login"], "password": password, "name": wanted["name"]}
    optional = {"totp_secret": totp, "agency": wanted.get("agency"), "team": wanted.get("team")}
    return entry | {"id": str(account.id)} | {name: value for name, value in optional.items() if value}, account


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
