"""Bring a database to the newest migration, once however many ask at the same time."""

from __future__ import annotations

import re

import psycopg

from api.cli.instance import ROOT, opened, split_data
from kit.settings import get_settings

VERSIONS = ROOT / "alembic" / "versions"
MIGRATION_LOCK = 0x48545F4D49475241  # "HT_MIGRA"
_WORD = r"""^{name}(?:\s*:[^=]+)?\s*=\s*["']([^"']+)["']"""


def newest_migration() -> str:
    """The revision that no other one follows, read from the files: importing Alembic would take a second."""
    revisions: set[str] = set()
    followed: set[str] = set()
    for path in VERSIONS.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        revisions.update(re.findall(_WORD.format(name="revision"), text, re.MULTILINE))
        followed.update(re.findall(_WORD.format(name="down_revision"), text, re.MULTILINE))
    heads = revisions - followed
    if len(heads) != 1:
        raise RuntimeError(f"the migrations have {len(heads)} ends, not one: {sorted(heads)}")
    return heads.pop()


def is_up_to_date(database_url: str) -> bool:
    """Whether this database has the newest migration."""
    with psycopg.connect(database_url, connect_timeout=10) as link:
        if link.execute("select to_regclass('alembic_version')").fetchone() == (None,):
            return False
        return link.execute("select version_num from alembic_version").fetchall() == [(newest_migration(),)]


def is_prepared(database_url: str, *, with_demo: bool) -> bool:
    """Whether a start may go straight to serving: newest migration, and some agency where the demo is wanted."""
    if not is_up_to_date(database_url):
        return False
    with psycopg.connect(database_url, connect_timeout=10) as link:
        return not with_demo or link.execute("select 1 from agency limit 1").fetchone() is not None


def bring_up_to_date(database_url: str) -> bool:
    """Migrate where needed; returns whether anything was done. A second caller waits for the first."""
    if is_up_to_date(database_url):
        return False
    from alembic import command
    from alembic.config import Config

    with psycopg.connect(database_url, autocommit=True, connect_timeout=10) as link:
        link.execute("select pg_advisory_lock(%s)", [MIGRATION_LOCK])
        config = Config(str(ROOT / "alembic.ini"))
        config.set_main_option("script_location", str(ROOT / "alembic"))
        config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
        command.upgrade(config, "head")
    return True


def main(argv: list[str]) -> int:
    """`migrate [--data DIR]`: under the settings of the environment where they name a database."""
    data_dir, rest = split_data(argv)
    if rest:
        return 2
    with opened(data_dir, migrate=False):
        bring_up_to_date(get_settings().database_url)
    return 0
