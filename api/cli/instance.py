"""One instance by its data folder: the settings it runs under, and its database opened for one command."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kit.embedded import Addresses, Embedded, running_addresses
from kit.embedded_folder import DataFolder
from kit.settings import Settings, get_settings, read_settings

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_DATA = ROOT / ".data"
REMEMBERED = "instance.json"
# What an operator hands over in the environment so that it does not lie on this disk is not written down by us.
NOT_WRITTEN = ("KEY", "SECRET", "PASSWORD", "CREDENTIALS", "SMTP_URL", "SMS_URL")


def split_data(argv: Sequence[str]) -> tuple[Path, list[str]]:
    """The folder that `--data` names (default .data beside `run`) and the other arguments."""
    data_dir, rest, words = DEFAULT_DATA, [], list(argv)
    while words:
        word = words.pop(0)
        if word == "--data" and words:
            data_dir = Path(words.pop(0))
        elif word.startswith("--data="):
            data_dir = Path(word.removeprefix("--data="))
        else:
            rest.append(word)
    return data_dir, rest


def given_settings() -> dict[str, str]:
    """The HT_ variables that the operator has set."""
    return {name: value for name, value in os.environ.items() if name.startswith("HT_")}


def wants_embedded(given: dict[str, str]) -> dict[str, bool]:
    """Which embedded parts are needed: those whose address the operator did not give."""
    return {"database": "HT_DATABASE_URL" not in given, "broker": "HT_BROKER_URL" not in given}


def environment(
    folder: DataFolder, *, addresses: Addresses | None, given: dict[str, str], profile: str, base_url: str
) -> dict[str, str]:
    """The HT_ variables of an instance. What the operator gives wins, but for profile and folder."""
    made = {"HT_PUBLIC_URL": base_url}
    if addresses:
        made |= {"HT_DATABASE_URL": addresses.database_url, "HT_BROKER_URL": addresses.broker_url}
    for name, make in (("secret_key", None), ("seal_key", None), ("token_private_key", _new_signing_key)):
        if f"HT_{name.upper()}" not in given:
            made[f"HT_{name.upper()}"] = folder.secret(name, make) if make else folder.secret(name)
    if profile == "demo":
        made |= {"HT_SINK_DIR": str(folder.path / "sink"), "HT_CLOCK_FILE": str(folder.path / "clock.json")}
    fixed = {"HT_PROFILE": profile, "HT_DATA_DIR": str(folder.path)}
    return made | given | fixed


def remember(folder: DataFolder, *, profile: str, base_url: str, given: dict[str, str]) -> None:
    """Keep how this instance was started, so that later commands on the folder work under the same settings."""
    open_ones = {name: value for name, value in given.items() if not name.endswith(NOT_WRITTEN)}
    folder.write(REMEMBERED, {"profile": profile, "base_url": base_url, "given": open_ones})


@contextmanager
def opened(data_dir: Path | str, *, migrate: bool = True) -> Iterator[Settings]:
    """Settings of this process pointing at the folder's database; the embedded parts are started where nobody runs.

    Raises FolderBusy, PartsMissing, PartFailed, SettingsRefused. The environment stays changed: one folder a process.
    """
    folder = DataFolder(data_dir)
    known: dict[str, Any] = folder.read(REMEMBERED)
    given = {**known.get("given", {}), **given_settings()}
    wanted = wants_embedded(given)
    parts, addresses = None, running_addresses(folder.path)
    if addresses is None and any(wanted.values()):
        parts = Embedded(folder.path, **wanted)
        parts.start()
        addresses = parts.addresses
    try:
        folder.prepare()
        profile = os.environ.get("HT_PROFILE") or known.get("profile", "demo")
        base_url = known.get("base_url", "http://127.0.0.1:8000")
        yield _enter(environment(folder, addresses=addresses, given=given, profile=profile, base_url=base_url), migrate)
    finally:
        _leave()
        if parts:
            parts.stop()


def _enter(variables: dict[str, str], migrate: bool) -> Settings:
    read_settings(variables)  # Refused before anything is changed.
    os.environ.update(variables)
    get_settings.cache_clear()
    if migrate:
        from api.cli.migrate import bring_up_to_date

        bring_up_to_date(get_settings().database_url)
    return get_settings()


def _leave() -> None:
    """Close our connections before the server is asked to stop."""
    from kit.db import forget_engine

    forget_engine()


def _new_signing_key() -> str:
    """A fresh Ed25519 key in PEM, for access tokens and receipts."""
    return (
        Ed25519PrivateKey.generate()
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode("ascii")
    )
