"""The rows of an earlier system's file as plain text columns, one at a time: CSV, JSON or GeoReport XML, also .gz."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast
from xml.etree import ElementTree

Row = dict[str, str]
MAX_JSON = 512 * 1024 * 1024
csv.field_size_limit(1_000_000)


class UnreadableHistory(ValueError):
    """The file is missing, not text in UTF-8, or not of the format; the message says where."""


class CountingFile(io.RawIOBase):
    """Counts the bytes read from disk, so that a progress bar knows how far a compressed file is."""

    def __init__(self, path: Path) -> None:
        self._file, self.taken = path.open("rb"), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        taken = self._file.readinto(buffer)
        self.taken += taken
        return int(taken)

    def close(self) -> None:
        self._file.close()
        super().close()


def rows(source: CountingFile, path: Path, kind: str) -> Iterator[Row]:
    """Every record, in the order of the file; UnreadableHistory at the first that cannot be read."""
    plain = gzip.GzipFile(fileobj=source) if path.suffix == ".gz" else io.BufferedReader(source)
    readers = {"csv": _csv, "json": _json, "xml": _xml}
    try:
        yield from readers[_format(path, kind)](cast(IO[bytes], plain))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, ValueError, ElementTree.ParseError) as error:
        raise UnreadableHistory(f"{path.name}: {error}") from error


def _format(path: Path, kind: str) -> str:
    if kind != "auto":
        return kind
    ending = Path(path.stem if path.suffix == ".gz" else path.name).suffix
    return {".json": "json", ".xml": "xml"}.get(ending, "csv")


def _csv(plain: IO[bytes]) -> Iterator[Row]:
    reader = csv.reader(io.TextIOWrapper(plain, encoding="utf-8-sig", newline=""))
    header = next(reader, None)
    if not header or len(set(header)) != len(header):
        raise ValueError("no header line, or a column twice")
    width = len(header)
    for line in reader:
        if line and len(line) != width:
            raise ValueError(f"line {reader.line_num}: {len(line)} columns instead of {width}")
        if line:
            yield dict(zip(header, line, strict=True))


def _json(plain: IO[bytes]) -> Iterator[Row]:
    found = json.loads(plain.read(MAX_JSON))
    if isinstance(found, dict):
        found = found.get("service_requests") or found.get("requests") or found.get("features") or [found]
    for record in found:
        yield {str(key): "" if value is None else str(value) for key, value in record.items()}


def _xml(plain: IO[bytes]) -> Iterator[Row]:
    for _, element in ElementTree.iterparse(plain):  # noqa: S314 - expat refuses entity bombs
        if element.tag == "request":
            yield {child.tag: (child.text or "").strip() for child in element}
            element.clear()
