"""One row of an earlier system, read into a case; or the reason why it cannot be one. Pure."""

import hashlib
import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from admin.imports.history_map import HistoryMap
from dispatch.domain.report import EXITS, Status

MAX_TEXT, MAX_LINE, MAX_CODE = 20_000, 500, 64
OTHER = "imported-other"  # where a row names no category
_ENDS = EXITS | {Status.RESOLVED, Status.CLOSED}


class RowRefused(ValueError):
    """This row cannot become a report: one of the reasons of the catalogue (`history-reason-…`)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedCase:
    """A case as the earlier system knew it. Instants are UTC; lon, lat degrees WGS 84; digest of the whole row."""

    external_id: str
    digest: bytes
    status: Status
    category: str
    agency: str
    team: str | None
    source: str
    description: str
    address: str
    answer: str | None
    lon: float
    lat: float
    placeholder: bool
    received_at: datetime
    accepted_at: datetime | None
    assigned_at: datetime | None
    ended_at: datetime | None
    due_at: datetime | None


class CaseReader:
    """Reads rows by one map. Times without an offset are wall clock of the map's zone."""

    def __init__(self, history: HistoryMap) -> None:
        self._map = history
        self._time = _iso(history.zone) if history.times in {"iso", "%Y-%m-%d %H:%M:%S"} else _by(history)

    def skips(self, row: Mapping[str, str]) -> bool:
        return any(row.get(column, "") in values for column, values in self._map.skip_if.items())

    def missing_columns(self, row: Mapping[str, str]) -> list[str]:
        """Needed columns that the file does not have."""
        named = [self._map.fields.get(name) for name in ("lon", "lat", "received_at")]
        return [column for column in (self._map.external_id, *named) if column and column not in row]

    def read(self, row: Mapping[str, str]) -> ImportedCase:
        """The case of a row; RowRefused with its reason."""
        external_id = row.get(self._map.external_id, "").strip()
        if not external_id or len(external_id) > 200:
            raise RowRefused("no-id")
        lon, lat = self._coordinate(row, "lon", 180.0), self._coordinate(row, "lat", 90.0)
        if lon == 0.0 and lat == 0.0:
            raise RowRefused("no-location")
        received_at = self._instant(row, "received_at")
        if received_at is None:
            raise RowRefused("no-received-at")
        resolved_at = self._instant(row, "resolved_at")
        status = self._status(row, resolved_at)
        if status in _ENDS and resolved_at is None:
            raise RowRefused("ended-without-a-time")
        return ImportedCase(
            external_id=external_id, digest=_digest(row), status=status,
            category=_code(self._text(row, "category")) or OTHER, agency=_code(self._text(row, "agency")) or "imported",
            team=_code(self._text(row, "team")), source=self._text(row, "source")[:MAX_CODE] or "import",
            description=self._text(row, "description", MAX_TEXT), address=self._text(row, "address"),
            answer=self._text(row, "answer", MAX_TEXT) or None, lon=lon, lat=lat,
            placeholder=any(row.get(column) in values for column, values in self._map.placeholder_if.items()),
            received_at=received_at, accepted_at=self._instant(row, "accepted_at"),
            assigned_at=self._instant(row, "assigned_at"), ended_at=resolved_at if status in _ENDS else None,
            due_at=self._instant(row, "due_at"),
        )  # fmt: skip

    def _raw(self, row: Mapping[str, str], field: str) -> str:
        column = self._map.fields.get(field)
        return (row.get(column, "") if column else "").strip() or self._map.constants.get(field, "")

    def _text(self, row: Mapping[str, str], field: str, limit: int = MAX_LINE) -> str:
        text = self._raw(row, field)
        if not text.isascii():
            text = unicodedata.normalize("NFC", text).encode("utf-8", "replace").decode()
        return text.replace("\0", "")[:limit]

    def _coordinate(self, row: Mapping[str, str], field: str, limit: float) -> float:
        text = self._raw(row, field)
        try:
            value = float(text)
        except ValueError as error:
            raise RowRefused("no-location") from error
        if not math.isfinite(value) or abs(value) > limit:
            raise RowRefused("no-location")
        return value

    def _instant(self, row: Mapping[str, str], field: str) -> datetime | None:
        text = self._raw(row, field)
        if not text:
            return None
        try:
            return self._time(text)
        except (ValueError, OverflowError) as error:
            raise RowRefused("unreadable-time") from error

    def _status(self, row: Mapping[str, str], resolved_at: datetime | None) -> Status:
        text = self._raw(row, "status")
        if not text:
            return Status.RESOLVED if resolved_at else Status.ROUTED
        known = self._map.status_values.get(text)
        if known is None and text in set(Status) and not self._map.status_values:
            known = Status(text)
        if known is None:
            raise RowRefused("unknown-status")
        return known


def _iso(zone: ZoneInfo) -> Callable[[str], datetime]:
    def read(text: str) -> datetime:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)

    return read


def _by(history: HistoryMap) -> Callable[[str], datetime]:
    def read(text: str) -> datetime:
        at = datetime.strptime(text, history.times)  # noqa: DTZ007 - the map says the zone
        return (at if at.tzinfo else at.replace(tzinfo=history.zone)).astimezone(UTC)

    return read


def _code(text: str) -> str | None:
    """An earlier system's own word as our code: as it stands, unless it is too long."""
    if len(text) <= MAX_CODE:
        return text or None
    return f"{text[: MAX_CODE - 9]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _digest(row: Mapping[str, str]) -> bytes:
    """The same for the same row, whatever the order of its columns."""
    return hashlib.sha256("\x1e".join(f"{key}\x1f{row[key]}" for key in sorted(row)).encode()).digest()
