"""Migrations make exactly the tables that the code declares, and can be taken back."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from kit.db import sqlalchemy_url
from kit.embedded import Embedded

ROOT = Path(__file__).resolve().parents[2]


def config(url: str) -> Config:
    made = Config(str(ROOT / "alembic.ini"))
    made.set_main_option("script_location", str(ROOT / "alembic"))
    made.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return made


@pytest.mark.filterwarnings("ignore:Expression #1 .* operator clause:UserWarning")  # of the trigram indexes
def test_the_newest_migration_is_what_the_tables_say(migrated: Embedded) -> None:
    command.check(config(migrated.database_url))


def test_up_and_down_leave_nothing_behind(tmp_path: Path) -> None:
    with Embedded(tmp_path, fast=True, broker=False) as parts:
        command.upgrade(config(parts.database_url), "head")
        command.downgrade(config(parts.database_url), "base")
        engine = create_engine(sqlalchemy_url(parts.database_url))
        with engine.connect() as link:
            left = link.execute(
                text(
                    "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'S')"
                    " AND relnamespace = 'public'::regnamespace"
                    " AND relname NOT IN ('spatial_ref_sys', 'alembic_version')"
                )
            ).scalars()
            assert list(left) == []
        engine.dispose()
        command.upgrade(config(parts.database_url), "head")
