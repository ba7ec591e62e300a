"""Hourly proof outside the database: a Merkle root over all chain heads, in a row and in a file."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from dispatch.domain.chain import merkle_root
from dispatch.tables.report import Anchor
from kit.db import unit_of_work
from kit.settings import get_settings


def heads(session: Session) -> list[bytes]:
    """Chain heads of all reports in order of id."""
    return [bytes(row[0]) for row in session.execute(text("SELECT chain_head FROM report ORDER BY id"))]


def anchor(now: datetime) -> Anchor:
    """Write the root of this moment: `{at, reports, root, counts}` as a row and as a line of DIR/anchors.jsonl."""
    with unit_of_work() as session:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        found = heads(session)
        lengths = session.execute(text("SELECT coalesce(sum(chain_length), 0) FROM report")).scalar_one()
        row = Anchor(at=now, reports=len(found), root=merkle_root(found))
        session.add(row)
        session.flush()
        line = {"at": now.isoformat(), "reports": row.reports, "entries": int(lengths), "root": row.root.hex()}
    _append(line)
    return row


def _append(line: dict[str, Any]) -> None:
    path = Path(get_settings().data_dir) / "anchors.jsonl"
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()


def anchored() -> list[dict[str, Any]]:
    """The lines of the file, oldest first."""
    path = Path(get_settings().data_dir) / "anchors.jsonl"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def last_row(session: Session) -> Anchor | None:
    return session.exec(select(Anchor).order_by(col(Anchor.id).desc())).first()
