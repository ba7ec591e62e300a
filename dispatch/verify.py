"""Is every timeline whole? Finds a changed, swapped or deleted entry, a cut tail, a removed report.

./run verify [--report CODE] [--json]   exit 1 and one line per finding {report, seq, problem}
"""

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import psycopg
from tqdm import tqdm

from dispatch.anchors import anchored
from dispatch.domain.chain import GENESIS, chained, text_digest
from kit.db import plain_url
from kit.ids import read_code, show_code
from kit.settings import Settings

_ENTRIES = """
SELECT r.code, r.chain_head, r.chain_length, e.seq, e.canonical, e.prev_hash, e.hash, t.salt, t.text,
    e.action, e.from_status, e.to_status, e.actor_role, e.visibility, e.data, r.status
FROM report r LEFT JOIN timeline_entry e ON e.report_id = r.id
LEFT JOIN entry_text t ON t.report_id = e.report_id AND t.seq = e.seq
WHERE %(code)s::text IS NULL OR r.code = %(code)s
ORDER BY r.id, e.seq
"""
_COUNTS = "SELECT count(*), coalesce(sum(chain_length), 0) FROM report"


def main(argv: list[str], settings: Settings) -> int:
    """The command; 0 when everything is whole, 1 with findings, 2 for a wrong code."""
    parser = argparse.ArgumentParser(prog="./run verify")
    parser.add_argument("--report", help="one code only")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(argv)
    code = read_code(asked.report) if asked.report else None
    if asked.report and code is None:
        print(f"{asked.report}: not a report code", file=sys.stderr)  # noqa: T201
        return 2
    with psycopg.connect(plain_url(settings.database_url)) as link:
        findings = list(verify(link, code))
        reports = link.execute(_COUNTS).fetchone() or (0, 0)
    for finding in findings:
        print(json.dumps(finding))  # noqa: T201
    if asked.json:
        print(json.dumps({"reports": reports[0], "entries": int(reports[1]), "findings": len(findings)}))  # noqa: T201
    return 1 if findings else 0


def verify(link: psycopg.Connection[Any], code: str | None = None) -> Iterator[dict[str, Any]]:
    """All findings: `{report, seq, problem}` with problem changed, missing, order, tail or anchor."""
    with link.cursor(name="verify") as cursor:
        cursor.itersize = 5000
        cursor.execute(_ENTRIES, {"code": code})
        rows = tqdm(cursor, unit=" entries", file=sys.stderr, disable=not sys.stderr.isatty())
        for shown, entries in groupby(rows, key=lambda row: row[0]):
            yield from ({"report": show_code(shown), **finding} for finding in _chain(list(entries)))
    if code is None:
        yield from _against_anchors(link)


def _chain(rows: list[tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    head, length = bytes(rows[0][1]), rows[0][2]
    entries = [row for row in rows if row[3] is not None]
    before = GENESIS
    for place, row in enumerate(entries, 1):
        if row[3] != place:
            yield {"seq": place, "problem": "missing"}
            return
        if bytes(row[5]) != before:
            yield {"seq": place, "problem": "order"}
            return
        if chained(before, row[4].encode()) != bytes(row[6]) or not _as_hashed(row):
            yield {"seq": place, "problem": "changed"}
            return
        before = bytes(row[6])
    if len(entries) != length or before != head:
        yield {"seq": len(entries) + 1, "problem": "tail"}
    elif entries and entries[-1][11] != rows[0][15]:
        yield {"seq": len(entries), "problem": "changed"}


def _as_hashed(row: tuple[Any, ...]) -> bool:
    """The readable columns say what the hashed text says, and the free text is the one whose digest was hashed."""
    said = json.loads(row[4])
    columns = (row[9], row[10], row[11], row[12], row[13], row[14])
    if columns != (said["action"], said["from"], said["to"], said["role"], said["visibility"], said["data"]):
        return False
    if row[8] is None or said["text_digest"] is None:  # erased, or never any text
        return said["text_digest"] is not None or row[8] is None
    return bool(text_digest(bytes(row[7]), row[8]) == said["text_digest"])


def _against_anchors(link: psycopg.Connection[Any]) -> Iterator[dict[str, Any]]:
    """Neither reports nor entries can become fewer than the last line of the file outside the database says."""
    lines = anchored()
    if not lines:
        return
    row = link.execute(_COUNTS).fetchone() or (0, 0)
    if row[0] < lines[-1]["reports"] or row[1] < lines[-1]["entries"]:
        yield {"report": None, "seq": None, "problem": "anchor"}
