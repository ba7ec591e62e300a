"""`./run import history FILE --map MAP`: an earlier system's cases become reports with their own times and promises.

Resumable and idempotent by (map name, external_id): every batch is one transaction, a second run creates nothing.
Nobody is notified and nothing is published. A row that cannot be read goes to the rejects file with its reason.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel import Session
from tqdm import tqdm

from admin.imports.history_case import CaseReader, ImportedCase, RowRefused
from admin.imports.history_map import HistoryMap, MapRefused, read_map
from admin.imports.history_read import CountingFile, Row, UnreadableHistory, rows
from admin.imports.history_rejects import Rejects
from admin.imports.history_update import update_case
from admin.imports.history_write import Writer
from admin.indicators.tasks import tell_changed
from kit.clock import utc_now
from kit.db import raw, unit_of_work
from kit.settings import get_settings
from kit.words import LOCALES, Catalogue

WORDS = Catalogue(Path(__file__).parent / "locales")
OK, FINDINGS, BAD_INPUT, INTERRUPTED = 0, 1, 4, 130
BATCH = 1_000


@dataclass(kw_only=True)
class Result:
    """What became of the rows."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    rejected: int = 0
    rejects_file: str | None = None


def main(argv: Sequence[str]) -> int:
    """Read the command line (without `./run import history`), import, print; returns the exit code."""
    args = _parser().parse_args(argv)
    try:
        history = read_map(args.map)
        result = import_history(args.file, history, rejects=args.rejects)
    except (MapRefused, UnreadableHistory) as bad:
        print(WORDS.say("history-cannot-read", args.lang, detail=str(bad)), file=sys.stderr)  # noqa: T201
        return BAD_INPUT
    except KeyboardInterrupt:
        print(WORDS.say("history-interrupted", args.lang), file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    found = asdict(result)
    line = (
        json.dumps(found, ensure_ascii=False) if args.json else WORDS.say("history-summary", args.lang, **_shown(found))
    )
    print(line)  # noqa: T201 - results go to stdout
    return FINDINGS if result.rejected else OK


def import_history(path: Path, history: HistoryMap, *, rejects: Path | None = None) -> Result:
    """Import one file; UnreadableHistory when it cannot be read, or not further (batches before stay)."""
    if not path.is_file():
        raise UnreadableHistory(f"{path}: no such file")
    result, source = Result(), CountingFile(path)
    refused = Rejects(rejects or get_settings().data_dir / "imports" / f"{history.name}-rejects.csv")
    try:
        with refused, tqdm(total=path.stat().st_size, unit="B", unit_scale=True, desc=path.name, disable=None) as bar:
            _run(rows(source, path, history.format), history, result, refused, lambda: bar.update(source.taken - bar.n))
    finally:
        source.close()
        result.rejected, result.rejects_file = refused.count, refused.written
    return result


def _run(records: Iterator[Row], history: HistoryMap, result: Result, refused: Rejects, told: Any) -> None:
    reader, writer = CaseReader(history), None
    seen: set[int] = set()  # hashes of the ids of this file: the one thing that grows with it (64 bytes a row)
    while batch := list(islice(records, BATCH)):
        if result.read == 0 and (missing := reader.missing_columns(batch[0])):
            raise UnreadableHistory(f"no column {', '.join(missing)}")
        cases = list(_cases(batch, reader, result, refused, seen))
        with unit_of_work() as session:
            _one_at_a_time(session, history.name)
            writer = writer or _writer(session, history)
            _store(session, cases, history, writer, result, refused)
        told()
    if result.created or result.updated:
        with unit_of_work() as session:
            tell_changed(session)


def _writer(session: Session, history: HistoryMap) -> Writer:
    return Writer(session, history.name, now=utc_now(), zone=ZoneInfo(get_settings().timezone))


def _one_at_a_time(session: Session, source: str) -> None:
    """Two imports of one source take turns, batch by batch, so neither creates what the other has just made."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"history:{source}"})


def _cases(
    batch: Iterable[Row], reader: CaseReader, result: Result, refused: Rejects, seen: set[int]
) -> Iterator[tuple[int, Row, ImportedCase]]:
    """The readable cases of a batch with their row numbers; the others are written down."""
    for row in batch:
        result.read += 1
        if reader.skips(row):
            result.skipped += 1
            continue
        try:
            case = reader.read(row)
            if hash(case.external_id) in seen:
                raise RowRefused("twice-in-the-file")
        except RowRefused as reason:
            refused.add(result.read, str(reason), row)
            continue
        seen.add(hash(case.external_id))
        yield result.read, row, case


def _store(
    session: Session,
    cases: Sequence[tuple[int, Row, ImportedCase]],
    history: HistoryMap,
    writer: Writer,
    result: Result,
    refused: Rejects,
) -> None:
    known = _known(session, history.name, [case.external_id for _, _, case in cases])
    fresh = [case for _, _, case in cases if case.external_id not in known]
    if fresh:
        writer.write(session, fresh)
        result.created += len(fresh)
    for number, row, case in cases:
        if case.external_id not in known:
            continue
        report_id, digest = known[case.external_id]
        if digest == case.digest:
            result.unchanged += 1
            continue
        try:
            writer.directory.provide(session, [case])
            update_case(session, report_id, case, writer.place_of(case), now=utc_now())
            result.updated += 1
        except RowRefused as reason:
            refused.add(number, str(reason), row)


def _known(session: Session, source: str, ids: list[str]) -> dict[str, tuple[UUID, bytes]]:
    """Reports of this source that exist: id and digest of the row they were made from."""
    found = raw(session).execute(
        "SELECT external_id, id, body_sha256 FROM report WHERE external_source = %s AND external_id = ANY(%s)",
        (source, ids),
    )
    return {external_id: (report_id, bytes(digest)) for external_id, report_id, digest in found}


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    return {name: "" if value is None else value for name, value in found.items()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run import history", description=__doc__)
    parser.add_argument("file", metavar="FILE", type=Path, help="CSV, JSON or GeoReport XML, also .gz")
    parser.add_argument("--map", required=True, help="a shipped map (boston311, open311, generic) or a YAML file")
    parser.add_argument("--rejects", type=Path, default=None, metavar="FILE", help="where refused rows go")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line of stdout")
    parser.add_argument("--lang", default="en", choices=LOCALES)
    return parser
