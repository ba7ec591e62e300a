"""The page that `./run` prints: where to look, and as whom."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from api.cli.words import words

PLACES = (
    ("page-panel", "/panel"),
    ("page-api", "/v1/openapi.json"),
)


def print_page(base_url: str, data_dir: Path) -> None:
    """Addresses and demo accounts on stdout, after the ready line."""
    lines = ["", words("page-title"), ""]
    lines += [f"  {words(key):<28} {base_url}{path}" for key, path in PLACES]
    accounts = _accounts(data_dir)
    if accounts:
        lines += ["", words("page-accounts")]
        shown = _some_of_each_role(accounts)
        lines += [f"  {account.get('role', ''):<14} {_sign_in(account, data_dir)}" for account in shown]
        if more := len(accounts) - len(shown):
            lines.append("  " + words("page-more", count=more, file=str(data_dir / "demo.json")))
    if accounts:
        lines += ["", words("page-simulate", url=base_url, file=str(data_dir / "demo.json"))]
    lines += ["", words("page-stop", folder=str(data_dir)), ""]
    sys.stdout.write("\n".join(lines))
    sys.stdout.flush()


def _accounts(data_dir: Path) -> list[dict[str, Any]]:
    try:
        content = json.loads((data_dir / "demo.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return list(content.get("accounts", []))


def _some_of_each_role(accounts: list[dict[str, Any]], most: int = 3) -> list[dict[str, Any]]:
    seen: Counter[str] = Counter()
    shown = []
    for account in accounts:
        role = account.get("role", "")
        seen[role] += 1
        if seen[role] <= most:
            shown.append(account)
    return shown


def _sign_in(account: dict[str, Any], data_dir: Path) -> str:
    if "phone" in account and "password" not in account:
        return words("page-phone", phone=account["phone"], file=str(data_dir / "sink" / "sms.jsonl"))
    totp = f"   TOTP {account['totp_secret']}" if account.get("totp_secret") else ""
    agency = account.get("agency")
    of = f"   {agency.get('code', agency) if isinstance(agency, dict) else agency}" if agency else ""
    return f"{account.get('login', ''):<28} {account.get('password', '')}{totp}{of}"
