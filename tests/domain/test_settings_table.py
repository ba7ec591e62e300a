"""Operators read docs/settings.md instead of the code, so it must know every setting, and no invented ones."""

import re
from dataclasses import fields
from pathlib import Path

from kit.settings import Settings

TABLE = (Path(__file__).resolve().parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")


def test_every_setting_stands_in_the_table_for_operators() -> None:
    known = {f"HT_{spec.name.upper()}" for spec in fields(Settings)}
    assert known == set(re.findall(r"\bHT_[A-Z0-9_]+", TABLE))
