"""Empty tables for a whole module of tests (the `db` fixture of conftest does it for every single test)."""

from sqlalchemy import text

_NAMES = text(
    "SELECT string_agg(c.relname, ', ') FROM pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition"
    " AND c.relnamespace = 'public'::regnamespace AND c.relname NOT IN ('spatial_ref_sys', 'alembic_version')"
)
_NEW_VERSION = text(
    "INSERT INTO directory_version (id, version, areas_version)"
    " SELECT 1, n, n FROM (SELECT (random() * 1e8)::int + 1) AS r (n)"
)


def empty_tables() -> None:
    from kit.db import unit_of_work

    with unit_of_work() as session:
        session.execute(text(f"TRUNCATE {session.execute(_NAMES).scalar_one()} RESTART IDENTITY CASCADE"))
        session.execute(_NEW_VERSION)
