"""Figures as tables for spreadsheets. Text never becomes a formula, whatever a category or an address is called."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

_LAST = ("n", "value", "numerator", "low", "high", "suppressed")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(figures: Sequence[dict[str, Any]]) -> bytes:
    """UTF-8 with a byte order mark, as spreadsheets expect; text that looks like a formula gets an apostrophe."""
    sheet = io.StringIO()
    csv.writer(sheet, lineterminator="\r\n").writerows([_disarmed(cell) for cell in row] for row in _table(figures))
    return ("\ufeff" + sheet.getvalue()).encode()


def as_xlsx(figures: Sequence[dict[str, Any]]) -> bytes:
    """One sheet; every text cell is stored as text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("figures")
    for row in _table(figures):
        sheet.append([_cell(sheet, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _table(figures: Sequence[dict[str, Any]]) -> Iterator[list[Any]]:
    keys = list(dict.fromkeys(key for figure in figures for item in figure["items"] for key in item))
    columns = [key for key in keys if key not in _LAST and key != "minimum"] + [key for key in _LAST if key in keys]
    yield ["indicator", "definition_version", "as_of", "unit", *columns]
    for figure in figures:
        as_of = figure["as_of"].astimezone(UTC).isoformat(timespec="seconds")
        for item in figure["items"]:
            head = [figure["indicator"], figure["definition_version"], as_of, figure["unit"]]
            yield head + [item.get(column) for column in columns]


def _disarmed(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_STARTS_A_FORMULA) else value


def _cell(sheet: Any, value: Any) -> Any:
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"
    return cell
