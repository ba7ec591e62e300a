"""Migrations run on the address of the settings; PostGIS's own tables are left alone."""

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import create_engine

from api.tables import metadata
from kit.db import sqlalchemy_url
from kit.settings import get_settings


def mine(obj, name, kind, reflected, compare_to):
    """Leave out PostGIS's tables and our partitions, which kit.partitions makes."""
    if kind == "table" and reflected and compare_to is None and name.startswith(("outbox_", "job_")):
        return False
    return alembic_helpers.include_object(obj, name, kind, reflected, compare_to)


def run() -> None:
    engine = create_engine(
        sqlalchemy_url(context.config.get_main_option("sqlalchemy.url") or get_settings().database_url)
    )
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            include_object=mine,
            process_revision_directives=alembic_helpers.writer,
            render_item=alembic_helpers.render_item,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
