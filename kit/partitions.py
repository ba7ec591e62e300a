"""Weekly partitions of the outbox and its jobs: made ahead, dropped when their time is over."""

from datetime import date, timedelta

from sqlalchemy import text
from sqlmodel import Session

TABLES = ("outbox", "job")
AHEAD_WEEKS = 4
KEEP_WEEKS = 6


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def make_ahead(session: Session, today: date) -> None:
    """Partitions from this week on for AHEAD_WEEKS; days outside any of them fall into the default partition."""
    for table in TABLES:
        session.execute(text(f"CREATE TABLE IF NOT EXISTS {table}_rest PARTITION OF {table} DEFAULT"))
        for week in range(AHEAD_WEEKS):
            start = _monday(today) + timedelta(weeks=week)
            _make(session, table, start)


def _make(session: Session, table: str, start: date) -> None:
    name, end = f"{table}_{start:%Y%m%d}", start + timedelta(weeks=1)
    if session.execute(text("SELECT to_regclass(:name)"), {"name": name}).scalar():
        return
    strays = session.execute(
        text(f"SELECT 1 FROM {table}_rest WHERE day >= :start AND day < :end LIMIT 1"),  # noqa: S608 - our own names
        {"start": start, "end": end},
    ).first()
    if strays:  # a moved clock wrote there before us: the default partition keeps serving that week
        return
    session.execute(text(f"CREATE TABLE {name} PARTITION OF {table} FOR VALUES FROM ('{start}') TO ('{end}')"))


def drop_old(session: Session, today: date) -> list[str]:
    """Drop whole weeks older than KEEP_WEEKS whose events were all relayed and whose jobs are all done."""
    dropped = []
    limit = f"{_monday(today) - timedelta(weeks=KEEP_WEEKS):%Y%m%d}"
    for table, unfinished in (("job", "state <> 'done'"), ("outbox", "stream_no IS NULL")):
        names = session.execute(
            text("SELECT relid::text FROM pg_partition_tree(:table) WHERE isleaf AND relid::text < :limit"),
            {"table": table, "limit": f"{table}_{limit}"},
        ).scalars()
        for name in list(names):
            if session.execute(text(f"SELECT 1 FROM {name} WHERE {unfinished} LIMIT 1")).first():  # noqa: S608
                continue
            session.execute(text(f"DROP TABLE {name}"))
            dropped.append(name)
    return dropped
