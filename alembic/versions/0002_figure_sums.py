"""Sums of the figures' facts per day and month; the days that are known are summed soon after."""

import sqlalchemy as sa
import sqlmodel

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COUNTS = (
    "received valid answered rejected referred duplicate withdrawn no_promise promised strict_hits lenient_hits"
    " ever_answered reopened hops rated satisfied answered_rated timed seconds work_seconds due_766 hits_766"
    " content_766"
).split()
TOTALS = {"hops", "seconds", "work_seconds"}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    text = sqlmodel.sql.sqltypes.AutoString()
    counters = [sa.Column(name, sa.Float() if name in TOTALS else sa.Integer(), nullable=False) for name in COUNTS]
    op.create_table(
        "figure_rollup",
        sa.Column("basis", text, nullable=False),
        sa.Column("dim", text, nullable=False),
        sa.Column("span", text, nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("key", text, nullable=False),
        *counters,
        sa.PrimaryKeyConstraint("basis", "dim", "span", "on_day", "key", name=op.f("pk_figure_rollup")),
    )
    op.create_table(
        "figure_dirty",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure_dirty")),
    )
    op.create_index("ix_figure_dirty_on_day", "figure_dirty", ["on_day"])
    op.execute(
        "INSERT INTO figure_dirty (on_day) SELECT received_on FROM report_fact"
        " UNION SELECT answered_on FROM report_fact WHERE answered_on IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_table("figure_dirty")
    op.drop_table("figure_rollup")
