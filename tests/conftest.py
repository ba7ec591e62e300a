"""One private PostgreSQL and Redis for the whole run; each test that asks for `db` starts from empty tables."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlmodel import Session

os.environ.setdefault("HT_PROFILE", "test")

from kit.embedded import Embedded

if TYPE_CHECKING:
    from tests.world import World


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """The servers, without fsync: these tests are not about durability (the kill tests start their own)."""
    with Embedded(tmp_path_factory.mktemp("parts"), fast=True) as running:
        yield running


@pytest.fixture(scope="session")
def migrated(parts: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """A database at the newest migration, and this process's settings pointing at it."""
    from kit.db import forget_engine
    from kit.settings import get_settings
    from tests.migrate import migrate

    home = tmp_path_factory.mktemp("home")
    os.environ.update(
        HT_PROFILE="test",
        HT_DATABASE_URL=parts.database_url,
        HT_BROKER_URL=parts.broker_url,
        HT_DATA_DIR=str(home),
        HT_CLOCK_FILE=str(home / "clock.json"),
        HT_SINK_DIR=str(home / "sink"),
        HT_SECRET_KEY=secrets.token_hex(24),
    )
    get_settings.cache_clear()
    migrate(parts.database_url)
    yield parts
    forget_engine()


# A version never seen before, so that no snapshot of an earlier test is taken for this one's.
_NEW_VERSION = text(
    "INSERT INTO directory_version (id, version, areas_version)"
    " SELECT 1, n, n FROM (SELECT (random() * 1e8)::int + 1) AS r (n)"
)
_KEPT = {"spatial_ref_sys", "alembic_version"}


@pytest.fixture
def db(migrated: Embedded) -> Iterator[Embedded]:
    """Empty tables and an unmoved clock."""
    from kit.db import unit_of_work
    from kit.settings import get_settings

    with unit_of_work() as session:
        names = session.execute(
            text(
                "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
                " AND c.relnamespace = 'public'::regnamespace"
            )
        ).scalars()
        listed = ", ".join(sorted(set(names) - _KEPT))
        session.execute(text(f"TRUNCATE {listed} RESTART IDENTITY CASCADE"))
        session.execute(_NEW_VERSION)
    Path(get_settings().clock_file).unlink(missing_ok=True)
    return migrated


@pytest.fixture
def session(db: Embedded) -> Iterator[Session]:
    """A session whose work is committed when the test ends well; commit earlier by `session.commit()`."""
    from kit.db import unit_of_work

    with unit_of_work() as opened:
        yield opened


@pytest.fixture
def world(db: Embedded) -> "World":
    """The demo province and its people; a fresh copy for each story."""
    from tests.world import World, restore_directory

    restore_directory()
    return World()
