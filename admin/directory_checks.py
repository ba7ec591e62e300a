"""Would the directory still run after an edit? Every name must mean something, every rule must reach somebody. Pure.

Looks at the whole directory as it would stand: present rows overlaid with the wanted ones.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import combinations
from typing import Any

import holidays

from admin.directory_plan import Present
from admin.directory_rows import Row, Rows
from admin.imports.directory_files import Finding


def check(rows: Rows, present: Present, *, today: date) -> list[Finding]:
    """Everything that must be put right first; empty when the edit may be applied on that local day."""
    after = _overlaid(rows, present)
    found = [
        *_calendars(rows, after),
        *_agencies(rows, after),
        *_holders(rows, after),
        *_categories(rows, after),
        *_rules(after, today),
        *_policies(rows, after),
    ]
    return list(dict.fromkeys(found))


def _overlaid(rows: Rows, present: Present) -> Present:
    kept = [row for row in present.holders if row["function_code"] not in rows.functions]
    return Present(
        agencies=present.agencies | rows.agencies,
        functions=present.functions | rows.functions,
        holders=kept + list(rows.holders.values()),
        categories=present.categories | rows.categories,
        rules=present.rules | rows.rules,
        policies=present.policies | rows.policies,
        calendars=present.calendars | rows.calendars,
        areas=present.areas,
    )


def _unknown(kind: str, refs: Iterable[Any], known: Iterable[Any], where: str) -> Iterator[Finding]:
    for ref in refs:
        if ref is not None and ref not in known:
            yield Finding(where=where, problem=f"unknown-{kind}", ref=" ".join(ref) if kind == "area" else str(ref))


def _calendars(rows: Rows, after: Present) -> Iterator[Finding]:
    known = holidays.list_supported_countries()
    for code, row in rows.calendars.items():
        yield from _unknown("country", [row["holidays"]], known, f"calendar {code}")
    defaults = sorted(code for code, row in after.calendars.items() if row["is_default"])
    if len(defaults) != 1:
        yield Finding(where="calendars", problem="default-calendar-count", ref=_listed(defaults))


def _agencies(rows: Rows, after: Present) -> Iterator[Finding]:
    for code, row in rows.agencies.items():
        where = f"agency {code}"
        yield from _unknown("agency", [row["parent_code"], row["successor_code"]], after.agencies, where)
        yield from _unknown("calendar", [row["calendar_code"]], after.calendars, where)
        for link in ("parent_code", "successor_code"):
            yield from _circle(code, {c: r[link] for c, r in after.agencies.items()}, where)
    desks = sorted(code for code, row in after.agencies.items() if row["is_desk"])
    if len(desks) != 1:
        yield Finding(where="agencies", problem="desk-count", ref=_listed(desks))


def _holders(rows: Rows, after: Present) -> Iterator[Finding]:
    by_place: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows.holders.values():
        where = f"function {row['function_code']}"
        yield from _unknown("agency", [row["agency_code"]], after.agencies, where)
        if row["area_code"] is not None:
            yield from _unknown("area", [(row["area_layer"], row["area_code"])], after.areas, where)
        agency = after.agencies.get(row["agency_code"])
        if agency and row["valid_from"] < agency["valid_from"]:
            yield Finding(where=where, problem="holder-outside-life", ref=row["agency_code"])
        by_place.setdefault((row["function_code"], row["area_layer"], row["area_code"]), []).append(row)
    for (function, *_), held in by_place.items():
        for one, other in combinations(held, 2):
            if _at_once(one, other):
                both = _listed([one["agency_code"], other["agency_code"]])
                yield Finding(where=f"function {function}", problem="two-holders", ref=both)


def _categories(rows: Rows, after: Present) -> Iterator[Finding]:
    parents = {code: row["parent_code"] for code, row in after.categories.items()}
    for code in rows.categories:
        yield from _circle(code, parents, f"category {code}")
        above = parents.get(parents[code] or "")
        if above is not None:
            yield Finding(where=f"category {code}", problem="not-a-leaf", ref=above)


def _rules(after: Present, today: date) -> Iterator[Finding]:
    held = {row["function_code"] for row in after.holders if row["valid_to"] is None or row["valid_to"] > today}
    # A function that loses its last holder breaks the standing rules too, not only the ones in the file.
    for code, row in after.rules.items():
        where, said, support = f"rule {code}", row["condition"], row["supporting"]
        if row["state"] == "retired":
            continue
        functions = [row["function_code"], *(one.get("function") for one in support)]
        yield from _unknown("function", functions, after.functions, where)
        yield from _unknown(
            "agency", [row["agency_code"], *(one.get("agency") for one in support)], after.agencies, where
        )
        yield from _unknown("category", said.get("categories", ()), after.categories, where)
        yield from _unknown("area", (tuple(area) for area in said.get("areas", ())), after.areas, where)
        for function in functions:
            if function in after.functions and function not in held:
                yield Finding(where=where, problem="no-holder", ref=function)


def _policies(rows: Rows, after: Present) -> Iterator[Finding]:
    for code, row in rows.policies.items():
        yield from _unknown("category", [row["category_code"]], after.categories, f"policy {code}")
        yield from _unknown("calendar", [row["calendar_code"]], after.calendars, f"policy {code}")
    general = (
        (row["category_code"], row["min_severity"], row["agency_kind"], row["valid_to"]) == (None, 1, None, None)
        for row in after.policies.values()
    )
    if not any(general):
        yield Finding(where="policies", problem="no-general-policy")


def _circle(code: str, links: Mapping[str, str | None], where: str) -> Iterator[Finding]:
    trail, at = [code], links.get(code)
    while at is not None and at not in trail:
        trail.append(at)
        at = links.get(at)
    if at == code:
        yield Finding(where=where, problem="circle", ref=" → ".join([*trail, code]))


def _at_once(one: Row, other: Row) -> bool:
    return all(a["valid_to"] is None or b["valid_from"] < a["valid_to"] for a, b in ((one, other), (other, one)))


def _listed(codes: list[str]) -> str:
    return ", ".join(codes) or "0"
