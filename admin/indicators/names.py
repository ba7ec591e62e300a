"""Names beside codes: what people call the areas, agencies, categories and teams of a figure."""

from collections.abc import Sequence
from typing import Any

import psycopg

_NAMES = {
    "area": "SELECT DISTINCT ON (code) code, name FROM area WHERE code = ANY(%s)"
    " ORDER BY code, layer = 'neighbour', valid_from DESC",
    "agency": "SELECT code, {own} FROM agency WHERE code = ANY(%s)",
    "category": "SELECT code, {own} FROM category WHERE code = ANY(%s)",
    "team": "SELECT code, name FROM team WHERE code = ANY(%s)",
}


def names_of(
    connection: psycopg.Connection[Any], items: Sequence[dict[str, Any]], groups: Sequence[str], locale: str
) -> None:
    """Add `<group>_name` to every item that has a code of that group."""
    own = "name_en" if locale == "en" else "name_vi"
    for group in groups:
        if group not in _NAMES:
            continue
        codes = list({item[group] for item in items if item[group] is not None})
        names = dict(connection.execute(_NAMES[group].format(own=own), (codes,)).fetchall())
        for item in items:
            item[f"{group}_name"] = names.get(item[group], item[group])
