"""Categories, agencies and teams that an earlier system names and we do not know: created under `imported`."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import psycopg
from sqlmodel import Session

from admin.imports.history_case import OTHER, ImportedCase
from dispatch.rulebook import bump_version
from kit.db import raw

ROOT = "imported"
_LONG_AGO = date(1970, 1, 1)
_CATEGORY = """
INSERT INTO category (code, parent_code, name_vi, name_en, icon, sort, publication, sensitive, needs_approval, severity,
    quiet_days, duplicate_radius_m, duplicate_days, proof_radius_m, active, imported)
SELECT c.code, %(parent)s, c.vi, c.en, '', 900, 'never', false, false, 2, 7, 50, 7, 100, false, true
FROM unnest(%(codes)s::text[], %(vi)s::text[], %(en)s::text[]) AS c(code, vi, en) ON CONFLICT DO NOTHING
"""
_AGENCY = """
INSERT INTO agency (code, name_vi, name_en, kind, parent_code, is_desk, valid_from)
SELECT a.code, a.vi, a.en, 'department', %(parent)s, false, %(since)s
FROM unnest(%(codes)s::text[], %(vi)s::text[], %(en)s::text[]) AS a(code, vi, en) ON CONFLICT DO NOTHING
"""
_TEAM = """
INSERT INTO team (code, agency_code, name) SELECT t.code, t.agency, t.code
FROM unnest(%(codes)s::text[], %(agencies)s::text[]) AS t(code, agency) ON CONFLICT DO NOTHING
"""
_PERSON = "INSERT INTO person (id, alias, locale, created_at) VALUES (%s, %s, 'vi', %s) ON CONFLICT DO NOTHING"


class Directory:
    """What the directory knows, for the length of one import."""

    def __init__(self, session: Session, source: str, now: datetime) -> None:
        connection = raw(session)
        self.reporter: UUID = uuid5(NAMESPACE_URL, f"hien-truong:imported:{source}")
        connection.execute(_PERSON, (self.reporter, source, now))
        self.sensitive = dict(connection.execute("SELECT code, sensitive FROM category").fetchall())
        self.calendars = dict(connection.execute("SELECT code, calendar_code FROM agency").fetchall())
        self.teams = {row[0] for row in connection.execute("SELECT code FROM team")}
        desk = connection.execute("SELECT code FROM agency WHERE is_desk ORDER BY code LIMIT 1").fetchone()
        self.desk: str | None = desk[0] if desk else None

    def provide(self, session: Session, cases: Iterable[ImportedCase]) -> None:
        """Create what these cases name and nobody knows; the directory's version moves if anything was."""
        cases, connection = list(cases), raw(session)
        categories = {case.category for case in cases} - set(self.sensitive)
        agencies = {case.agency for case in cases} - set(self.calendars)
        teams = {case.team: case.agency for case in cases if case.team and case.team not in self.teams}
        if categories:
            self._categories(connection, categories)
        if agencies:
            self._agencies(connection, agencies)
        if teams:
            connection.execute(_TEAM, {"codes": list(teams), "agencies": list(teams.values())})
            self.teams |= set(teams)
        if categories or agencies or teams:
            bump_version(session)

    def _categories(self, connection: psycopg.Connection[Any], codes: set[str]) -> None:
        if ROOT not in self.sensitive:
            _write(connection, _CATEGORY, [ROOT], None, vi="Nhập từ hệ thống cũ", en="Imported")
        named = {OTHER} & codes
        if named:
            _write(connection, _CATEGORY, sorted(named), ROOT, vi="Không ghi lĩnh vực", en="No category given")
        _write(connection, _CATEGORY, sorted(codes - named - {ROOT}), ROOT)
        self.sensitive |= dict.fromkeys(codes | {ROOT}, False)

    def _agencies(self, connection: psycopg.Connection[Any], codes: set[str]) -> None:
        if ROOT not in self.calendars:
            _write(connection, _AGENCY, [ROOT], None, vi="Đơn vị nhập từ hệ thống cũ", en="Imported agencies")
        _write(connection, _AGENCY, sorted(codes - {ROOT}), ROOT)
        self.calendars |= dict.fromkeys(codes | {ROOT}, None)


def _write(
    connection: psycopg.Connection[Any],
    statement: str,
    codes: list[str],
    parent: str | None,
    vi: str = "",
    en: str = "",
) -> None:
    """The earlier system's word is code and name at once, unless names are given."""
    names = {"vi": [vi or code for code in codes], "en": [en or code for code in codes]}
    connection.execute(statement, {"codes": codes, "parent": parent, "since": _LONG_AGO, **names})
