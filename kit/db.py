"""Engine, constraint names, the unit of work, keyset cursors. The only file that says commit."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import Engine, MetaData, create_engine, event
from sqlmodel import Session, SQLModel

from kit.problems import Malformed
from kit.settings import get_settings

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata

# A report that was acknowledged is on disk: both settings are asserted on every new connection (F6).
_DURABLE = "SELECT current_setting('fsync'), current_setting('synchronous_commit')"


def sqlalchemy_url(url: str) -> str:
    """The address in SQLAlchemy's form, psycopg 3 named."""
    return re.sub(r"^postgresql(\+\w+)?://", "postgresql+psycopg://", url)


def plain_url(url: str) -> str:
    """The address in libpq's form, for psycopg itself."""
    return re.sub(r"^postgresql(\+\w+)?://", "postgresql://", url)


@lru_cache(maxsize=1)
def engine() -> Engine:
    """One engine per process; connections die fast when the server is away (5 s)."""
    settings = get_settings()
    made = create_engine(
        sqlalchemy_url(settings.database_url),
        pool_size=settings.db_slots,
        max_overflow=0,
        pool_timeout=5,
        pool_pre_ping=False,
        pool_use_lifo=True,
        hide_parameters=True,  # values of a failed statement may be personal: they do not belong into a log
        connect_args={
            "connect_timeout": 5,
            "tcp_user_timeout": 5000,
            "keepalives_idle": 5,
            "application_name": "hien-truong",
            "options": "-c timezone=UTC -c statement_timeout=15000 -c idle_in_transaction_session_timeout=30000",
        },
    )

    @event.listens_for(made, "connect")
    def assert_durable(connection: psycopg.Connection[Any], _record: Any) -> None:
        if settings.profile == "test":
            return
        with connection.cursor() as cursor:
            row = cursor.execute(_DURABLE).fetchone()
        connection.rollback()
        if row is None or row[0] != "on" or row[1] not in {"on", "remote_apply", "remote_write"}:
            raise psycopg.OperationalError("the database does not promise durability (fsync, synchronous_commit)")

    return made


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """One transaction: commits on a clean exit, rolls back on any exception."""
    with Session(engine(), expire_on_commit=False) as session:
        yield session
        session.commit()


@contextmanager
def reading() -> Iterator[Session]:
    """A session for reads only: nothing is written, the transaction is rolled back at the end."""
    with Session(engine(), expire_on_commit=False) as session:
        yield session


def raw(session: Session) -> psycopg.Connection[Any]:
    """The psycopg connection of this session's transaction, for hand-written statements."""
    connection: psycopg.Connection[Any] = session.connection().connection.driver_connection  # type: ignore[assignment]
    return connection


def forget_engine(*, forked: bool = False) -> None:
    """Drop the pool (a test points elsewhere). After a fork its connections are the parent's: left open, not used."""
    if engine.cache_info().currsize:
        engine().dispose(close=not forked)
    engine.cache_clear()


class InvalidCursor(Malformed):
    """The page cursor was changed, is of another list, or is too old."""

    slug, title = "invalid-cursor", "The page cursor is not valid"


def to_cursor(*keys: Any) -> str:
    """An opaque cursor over the sort keys of the last row."""
    return base64.urlsafe_b64encode(json.dumps(keys, separators=(",", ":"), default=str).encode()).decode().rstrip("=")


def from_cursor(text: str, *, parts: int) -> list[Any]:
    """The keys of a cursor, or InvalidCursor."""
    if len(text) > 512:
        raise InvalidCursor()
    try:
        keys = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError as error:
        raise InvalidCursor() from error
    if not isinstance(keys, list) or len(keys) != parts:
        raise InvalidCursor()
    return keys
