"""Search by words looks into addresses too: without this index every search read all reports."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index(
        "ix_report_address",
        "report",
        ["address"],
        postgresql_using="gin",
        postgresql_ops={"address": "gin_trgm_ops"},
    )


def downgrade() -> None:
    op.drop_index("ix_report_address", table_name="report")
