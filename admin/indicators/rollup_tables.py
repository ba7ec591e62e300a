"""Sums of the facts per day and month, so that a figure over years reads hundreds of rows, not a million."""

from datetime import date

from sqlalchemy import BigInteger, Identity, Index, PrimaryKeyConstraint
from sqlmodel import Column, Date, Field, SQLModel


class FigureRollup(SQLModel, table=True):
    """Counters of all reports received (basis r) or answered (basis a) in a day or month, by one dimension at a time.

    `span`: day or month, `on_day` its first day. `dim`: all, or a column of the facts; `key` its value ('' = none).
    """

    __tablename__ = "figure_rollup"
    __table_args__ = (PrimaryKeyConstraint("basis", "dim", "span", "on_day", "key"),)
    basis: str
    dim: str
    span: str
    on_day: date = Field(sa_column=Column(Date, nullable=False))
    key: str
    received: int = 0
    valid: int = 0
    answered: int = 0
    rejected: int = 0
    referred: int = 0
    duplicate: int = 0
    withdrawn: int = 0
    no_promise: int = 0
    promised: int = 0
    strict_hits: int = 0
    lenient_hits: int = 0
    ever_answered: int = 0
    reopened: int = 0
    hops: float = 0.0
    rated: int = 0
    satisfied: int = 0
    answered_rated: int = 0
    timed: int = 0
    seconds: float = 0.0
    work_seconds: float = 0.0
    due_766: int = 0
    hits_766: int = 0
    content_766: int = 0


class FigureDirty(SQLModel, table=True):
    """A day whose sums are old: facts changed since. Marks are only added and taken away, never merged, so that a mark
    written beside a running refresh is not lost."""

    __tablename__ = "figure_dirty"
    __table_args__ = (Index("ix_figure_dirty_on_day", "on_day"),)
    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    on_day: date


COUNTERS: tuple[str, ...] = tuple(FigureRollup.model_fields)[5:]
