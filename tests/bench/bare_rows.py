"""The yardstick of a durable create: the same rows by bare prepared multi-row INSERTs, one transaction per report.

The rows are those our own service has just written, under new ids, one INSERT per table between BEGIN and COMMIT, from
8 connections. Nothing is validated, routed, timed or answered. What the driver costs counts as the driver's.
"""

import threading
import time
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import set_json_loads

from kit.ids import new_code, new_id
from tests.bench.cpu import cpu_of
from tests.bench.load import Took

CONNECTIONS = 8
PARTS = {"report": "id", "timeline_entry": "report_id", "entry_text": "report_id", "sla_clock": "report_id",
         "outbox": "subject"}  # fmt: skip


class Model:
    """The rows of some reports, with what must be new in each copy."""

    def __init__(self, connection: psycopg.Connection[Any], since: datetime, count: int = 64) -> None:
        # JSON stays text: parsing and printing it again is not part of the bare limit.
        set_json_loads(lambda raw: raw.decode() if isinstance(raw, bytes) else str(raw), connection)
        ids = [row[0] for row in connection.execute(
            "SELECT id FROM report WHERE received_at >= %s AND version = 1 ORDER BY id LIMIT %s", (since, count)
        )]  # fmt: skip
        self.statements: dict[str, tuple[str, list[str]]] = {}
        self.reports: list[dict[str, list[tuple[Any, ...]]]] = [{} for _ in ids]
        self._tables(connection, ids)
        self.rows_per_report = sum(len(rows) for rows in self.reports[0].values())

    def _tables(self, connection: psycopg.Connection[Any], ids: list[UUID]) -> None:
        for table, key in PARTS.items():
            more = " AND name IN ('report.submitted', 'report.routed')" if table == "outbox" else ""
            columns = [row for row in connection.execute(
                "SELECT column_name, udt_name FROM information_schema.columns WHERE table_name = %s"
                " AND table_schema = 'public' ORDER BY ordinal_position", (table,)
            ) if row[0] not in ("stream_no", "sent_at")]  # fmt: skip
            names = ", ".join(name for name, _ in columns)
            marks = "(" + ", ".join(f"%s::{kind}" for _, kind in columns) + ")"
            self.statements[table] = (f"INSERT INTO {table} ({names}) VALUES {{}}", [name for name, _ in columns])
            self._mark = getattr(self, "_mark", {}) | {table: marks}
            read = ", ".join(f"{name}::text" if kind == "geometry" else name for name, kind in columns)
            for number, report_id in enumerate(ids):
                rows = connection.execute(f"SELECT {read} FROM {table} WHERE {key} = %s{more}", (report_id,))
                self.reports[number][table] = rows.fetchall()

    def insert(self, connection: psycopg.Connection[Any], number: int) -> None:
        """One transaction: BEGIN, an INSERT per table, COMMIT."""
        report_id = new_id()
        with connection.transaction():
            for table, rows in self.reports[number % len(self.reports)].items():
                text, names = self.statements[table]
                values = [value for row in rows for value in self._renewed(table, names, row, report_id)]
                connection.execute(text.format(", ".join([self._mark[table]] * len(rows))), values, prepare=True)

    @staticmethod
    def _renewed(table: str, names: list[str], row: tuple[Any, ...], report_id: UUID) -> list[Any]:
        fresh = {PARTS[table]: report_id}
        if table == "report":
            fresh["code"] = new_code()
        elif table in ("sla_clock", "outbox"):
            fresh["id"] = new_id()
        return [fresh.get(name, value) for name, value in zip(names, row, strict=True)]


def measure(database_url: str, model: Model, seconds: float) -> dict[str, float]:
    """Transactions per second, and CPU seconds per transaction of driver and backends."""
    connections = [psycopg.connect(database_url, autocommit=True) for _ in range(CONNECTIONS)]
    pids = [connection.info.backend_pid for connection in connections]
    tooks = [Took() for _ in connections]
    for connection in connections:
        model.insert(connection, 0)
    before, driver = sum(map(cpu_of, pids)), time.process_time()
    until = time.perf_counter() + seconds

    def work(index: int) -> None:
        number = index
        while time.perf_counter() < until:
            began = time.perf_counter()
            model.insert(connections[index], number)
            tooks[index].seconds.append(time.perf_counter() - began)
            number += CONNECTIONS

    began = time.perf_counter()
    threads = [threading.Thread(target=work, args=(index,)) for index in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = Took([s for took in tooks for s in took.seconds], wall_s=time.perf_counter() - began)
    found = {
        "rate": whole.rate,
        "backends_ms": 1000 * (sum(map(cpu_of, pids)) - before) / whole.count,
        "driver_ms": 1000 * (time.process_time() - driver) / whole.count,
        "p99_ms": whole.ms(0.99),
    }
    for connection in connections:
        connection.close()
    return found
