"""How the columns of an earlier system become a report: the history map, a small YAML file (interfaces.md §1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from admin.imports.plain_yaml import UnreadableYaml, read_yaml
from dispatch.domain.report import Status
from kit.settings import get_settings

SHIPPED = Path(__file__).parent / "maps"
INSTANTS = frozenset({"received_at", "accepted_at", "assigned_at", "resolved_at", "due_at"})
WORDS = frozenset({"category", "agency", "team", "source", "description", "address", "status", "answer"})
FIELDS = INSTANTS | WORDS | {"lon", "lat"}
NEEDED = frozenset({"lon", "lat", "received_at"})
MEMBERS = frozenset(
    {"name", "timezone", "format", "external_id", "times"}
    | {"skip_if", "placeholder_if", "fields", "status_values", "constants"}
)
FORMATS = frozenset({"auto", "csv", "json", "xml"})
_IMPORTABLE = frozenset(Status) - {Status.AWAITING_CITIZEN, Status.AWAITING_APPROVAL}


class MapRefused(ValueError):
    """The map cannot be used; the message says why."""


@dataclass(frozen=True, kw_only=True)
class HistoryMap:
    """`fields`: ours → theirs. `times`: a strptime format, or iso. `zone`: of times without an offset."""

    name: str
    zone: ZoneInfo
    format: str
    external_id: str
    fields: Mapping[str, str]
    skip_if: Mapping[str, frozenset[str]]
    placeholder_if: Mapping[str, frozenset[str]]
    status_values: Mapping[str, Status]
    constants: Mapping[str, str]
    times: str


def read_map(asked: str) -> HistoryMap:
    """A shipped map by its name, or the map in a file; MapRefused otherwise."""
    path = SHIPPED / f"{asked}.yaml" if "/" not in asked and (SHIPPED / f"{asked}.yaml").exists() else Path(asked)
    try:
        raw = read_yaml(path)
    except UnreadableYaml as error:
        raise MapRefused(f"{asked}: {error}") from error
    if not isinstance(raw, dict) or set(raw) - MEMBERS:
        unknown = ", ".join(sorted(set(raw) - MEMBERS)) if isinstance(raw, dict) else "not a map"
        raise MapRefused(f"{asked}: {unknown}; known members are {', '.join(sorted(MEMBERS))}")
    fields, constants = _texts(raw, "fields"), _texts(raw, "constants")
    _check(asked, raw, fields, constants)
    return HistoryMap(
        name=str(raw.get("name") or path.stem),
        zone=_zone(asked, raw.get("timezone") or get_settings().timezone),
        format=str(raw.get("format", "auto")),
        external_id=str(raw["external_id"]),
        fields=fields,
        skip_if=_sets(raw, "skip_if"),
        placeholder_if=_sets(raw, "placeholder_if"),
        status_values={theirs: _status(asked, ours) for theirs, ours in _texts(raw, "status_values").items()},
        constants=constants,
        times=str(raw.get("times", "iso")),
    )


def _check(asked: str, raw: Mapping[str, Any], fields: Mapping[str, str], constants: Mapping[str, str]) -> None:
    if not raw.get("external_id"):
        raise MapRefused(f"{asked}: external_id names no column")
    if raw.get("format", "auto") not in FORMATS:
        raise MapRefused(f"{asked}: format is one of {', '.join(sorted(FORMATS))}")
    unknown = (set(fields) | set(constants)) - FIELDS
    if unknown:
        raise MapRefused(f"{asked}: unknown fields {', '.join(sorted(unknown))}")
    missing = NEEDED - set(fields) - set(constants)
    if missing:
        raise MapRefused(f"{asked}: no column for {', '.join(sorted(missing))}")


def _texts(raw: Mapping[str, Any], member: str) -> dict[str, str]:
    found = raw.get(member) or {}
    if not isinstance(found, dict):
        raise MapRefused(f"{member} is not a map")
    return {str(key): str(value) for key, value in found.items() if value is not None}


def _sets(raw: Mapping[str, Any], member: str) -> dict[str, frozenset[str]]:
    found = raw.get(member) or {}
    if not isinstance(found, dict):
        raise MapRefused(f"{member} is not a map")
    return {
        str(column): frozenset(map(str, values if isinstance(values, list) else [values]))
        for column, values in found.items()
    }


def _zone(asked: str, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise MapRefused(f"{asked}: no time zone {name}") from error


def _status(asked: str, text: str) -> Status:
    if text not in _IMPORTABLE:
        raise MapRefused(f"{asked}: status {text} is none of {', '.join(sorted(_IMPORTABLE))}")
    return Status(text)
