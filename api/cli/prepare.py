"""What `serve` does before the first request, in a process of its own so that its memory is given back."""

from __future__ import annotations

import importlib

from sqlalchemy import text

from api.cli.migrate import bring_up_to_date
from api.cli.words import tell
from kit.db import unit_of_work
from kit.logs import set_up_logs
from kit.settings import get_settings


def main(argv: list[str]) -> int:
    """Migrate, and load the demo province where the demo profile finds no agency. Settings from the environment."""
    if argv:
        return 2
    set_up_logs("prepare")
    settings = get_settings()
    bring_up_to_date(settings.database_url)
    if settings.profile == "demo" and _is_empty():
        tell("cli-demo-loading")
        load = importlib.import_module("admin.demo.load").load_demo
        load(settings)
    return 0


def _is_empty() -> bool:
    with unit_of_work() as session:
        return session.execute(text("select 1 from agency limit 1")).first() is None
