"""The ground: every table of the first release."""

import sqlalchemy as sa
from alembic import op
from sqlmodel import Session

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    from api.tables import metadata
    from kit.jobs import machine_now
    from kit.partitions import make_ahead

    op.execute("SET LOCAL lock_timeout = '5s'")
    for extension in ("postgis", "pg_trgm", "btree_gist", "unaccent"):
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
    op.execute("CREATE SEQUENCE outbox_stream")
    metadata.create_all(op.get_bind())
    op.execute("INSERT INTO directory_version (id, version, areas_version) VALUES (1, 1, 1)")
    op.execute("CREATE INDEX ix_report_text ON report USING gin (description gin_trgm_ops)")
    with Session(op.get_bind()) as session:
        make_ahead(session, machine_now().date())


def downgrade() -> None:
    raise NotImplementedError
