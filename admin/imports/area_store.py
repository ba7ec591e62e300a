"""Drafts of areas against the area table: what is new, changed, the same; then the writing of it.

An area is (layer, code, valid_from), because codes are reused for other ground. A ward that gets new limits on a
later day is a new row, and the old one ends that day. Rows are never deleted: reports point at them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import shapely
from sqlmodel import Session

from admin.imports.features import AreaDraft
from kit.db import raw
from kit.geo import SRID


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How a set of drafts is to stand in the table. Days are local; `valid_to` is the first that no longer counts."""

    layer: str
    valid_from: date
    valid_to: date | None = None
    approximate: bool = False
    source: str = ""
    replace: bool = False  # approximate areas of the layer that the drafts do not name end at valid_from


@dataclass(frozen=True, kw_only=True)
class Row:
    """What the table knows of one area, its ground apart."""

    id: int
    code: str
    valid_from: date
    valid_to: date | None
    approximate: bool
    content_hash: str

    def overlaps(self, start: date, end: date | None) -> bool:
        return (end is None or self.valid_from < end) and (self.valid_to is None or start < self.valid_to)


@dataclass(kw_only=True)
class AreaPlan:
    """What will be done. The day beside a draft is its end (None: open), sooner where a later version stands."""

    inserts: list[tuple[AreaDraft, date | None]] = field(default_factory=list)
    updates: list[tuple[int, AreaDraft, date | None]] = field(default_factory=list)
    closes: list[tuple[int, date]] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    ours: list[str] = field(default_factory=list)  # drafts for the neighbour layer that are our own wards

    @property
    def touches_anything(self) -> bool:
        return bool(self.inserts or self.updates or self.closes)


def rows_of(session: Session, layer: str) -> dict[str, list[Row]]:
    """Code → its rows in this layer, oldest first."""
    found: dict[str, list[Row]] = {}
    for row in raw(session).execute(
        "SELECT id, code, valid_from, valid_to, approximate, content_hash FROM area WHERE layer = %s"
        " ORDER BY code, valid_from",
        (layer,),
    ):
        one = Row(id=row[0], code=row[1], valid_from=row[2], valid_to=row[3], approximate=row[4], content_hash=row[5])
        found.setdefault(one.code, []).append(one)
    return found


def grounds_on(session: Session, layer: str, on: date) -> dict[str, Any]:
    """Code → ground of the areas of this layer that are valid on that day."""
    rows = raw(session).execute(
        "SELECT code, ST_AsBinary(geom) FROM area WHERE layer = %s AND valid_from <= %s"
        " AND (valid_to IS NULL OR valid_to > %s)",
        (layer, on, on),
    )
    return {code: shapely.from_wkb(bytes(wkb)) for code, wkb in rows}


def make_plan(session: Session, drafts: Sequence[AreaDraft], wish: Wish) -> AreaPlan:
    """Compare the drafts with the table. Writes nothing."""
    plan, present = AreaPlan(), rows_of(session, wish.layer)
    if wish.layer == "neighbour":
        own = _standing(rows_of(session, "ward"), wish)
        plan.ours = [draft.code for draft in drafts if draft.code in own]
        drafts = [draft for draft in drafts if draft.code not in own]
    for draft in drafts:
        _plan_one(plan, draft, present.get(draft.code, []), wish)
    named = {draft.code for draft in drafts}
    if wish.replace:
        leftover = (row for rows in present.values() for row in rows if row.approximate and row.code not in named)
        _close(plan, leftover, wish)
    if wish.layer == "ward":  # A unit is ours or a neighbour's, never both.
        others = rows_of(session, "neighbour")
        _close(plan, (row for code in sorted(named & set(others)) for row in others[code]), wish)
    return plan


def write_plan(session: Session, plan: AreaPlan, wish: Wish, *, batch: int = 200) -> Iterable[int]:
    """Carry the plan out; yields the number of areas written so far after each batch."""
    cursor = raw(session).cursor()
    cursor.executemany("UPDATE area SET valid_to = %s WHERE id = %s", [(end, id_) for id_, end in plan.closes])
    jobs: list[tuple[int | None, AreaDraft, date | None]] = [(None, *insert) for insert in plan.inserts]
    jobs += plan.updates
    for start in range(0, len(jobs), batch):
        part = jobs[start : start + batch]
        cursor.executemany(_INSERT, [_values(draft, wish, end) for id_, draft, end in part if id_ is None])
        cursor.executemany(
            _UPDATE, [_values(draft, wish, end) | {"id": id_} for id_, draft, end in part if id_ is not None]
        )
        yield min(start + batch, len(jobs))


_GROUND = f"ST_SetSRID(ST_GeomFromWKB(%(wkb)s), {SRID})"
_INSERT = f"""INSERT INTO area (layer, code, name, parent_code, valid_from, valid_to, approximate, source, area_m2,
    content_hash, geom) VALUES (%(layer)s, %(code)s, %(name)s, %(parent)s, %(valid_from)s, %(valid_to)s,
    %(approximate)s, %(source)s, %(area_m2)s, %(hash)s, {_GROUND})"""  # noqa: S608 - no outside text
_UPDATE = f"""UPDATE area SET name = %(name)s, parent_code = %(parent)s, valid_to = %(valid_to)s,
    approximate = %(approximate)s, source = %(source)s, area_m2 = %(area_m2)s, content_hash = %(hash)s,
    geom = {_GROUND} WHERE id = %(id)s"""  # noqa: S608 - no outside text


def _values(draft: AreaDraft, wish: Wish, end: date | None) -> dict[str, Any]:
    return {
        "layer": wish.layer,
        "code": draft.code,
        "name": draft.name,
        "parent": draft.parent,
        "valid_from": wish.valid_from,
        "valid_to": end,
        "approximate": wish.approximate,
        "source": wish.source,
        "area_m2": draft.area_m2,
        "hash": draft.content_hash,
        "wkb": shapely.to_wkb(draft.ground),
    }


def _standing(present: dict[str, list[Row]], wish: Wish) -> set[str]:
    return {code for code, rows in present.items() if any(row.overlaps(wish.valid_from, wish.valid_to) for row in rows)}


def _plan_one(plan: AreaPlan, draft: AreaDraft, rows: list[Row], wish: Wish) -> None:
    same_day = next((row for row in rows if row.valid_from == wish.valid_from), None)
    before = next((row for row in reversed(rows) if row.valid_from < wish.valid_from), None)
    after = next((row for row in rows if row.valid_from > wish.valid_from), None)
    end = min((day for day in (wish.valid_to, after and after.valid_from) if day), default=None)
    told_before = same_day or (before if before and before.valid_to == end else None)
    if told_before and _says_the_same(told_before, draft, wish, end):
        plan.unchanged.append(draft.code)  # also when told again from a later day on: nothing happened that day
    elif same_day:
        plan.updates.append((same_day.id, draft, end))
        plan.changed.append(draft.code)
    else:
        supersedes = before is not None and before.overlaps(wish.valid_from, end)
        if before and supersedes:
            plan.closes.append((before.id, wish.valid_from))
        plan.inserts.append((draft, end))
        (plan.changed if supersedes else plan.added).append(draft.code)


def _says_the_same(row: Row, draft: AreaDraft, wish: Wish, end: date | None) -> bool:
    return (row.content_hash, row.valid_to, row.approximate) == (draft.content_hash, end, wish.approximate)


def _close(plan: AreaPlan, rows: Iterable[Row], wish: Wish) -> None:
    """End rows that stand on the day; one that began that very day ends before it counted."""
    for row in rows:
        if row.valid_to is None or row.valid_to > max(row.valid_from, wish.valid_from):
            plan.closes.append((row.id, max(row.valid_from, wish.valid_from)))
            plan.closed.append(row.code)
