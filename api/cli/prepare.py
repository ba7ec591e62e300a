"""What `serve` does before the first request, in a process of its own so that its memory is given back."""

from __future__ import annotations

import importlib
import logging

from api.cli.migrate import bring_up_to_date, is_prepared
from api.cli.words import tell
from kit.logs import set_up_logs
from kit.settings import get_settings


def main(argv: list[str]) -> int:
    """Migrate, and load the demo province where the demo profile finds no agency. Settings from the environment."""
    if argv:
        return 2
    set_up_logs("prepare")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    settings = get_settings()
    bring_up_to_date(settings.database_url)
    if not is_prepared(settings.database_url, with_demo=settings.profile == "demo"):
        tell("cli-demo-loading")
        load = importlib.import_module("admin.demo.load").load_demo
        load(settings)
    return 0
