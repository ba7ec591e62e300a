"""An earlier system's cases come in: once, whole, with their own times, resumable, and nobody is told."""

import csv
import gzip
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from admin.imports import history
from admin.imports.history import main
from admin.imports.history_map import MapRefused, read_map
from admin.indicators.loading import refresh
from admin.indicators.tables import COLUMNS
from dispatch.tables.directory import Agency, Category, Team
from dispatch.tables.report import Report, TimelineEntry
from dispatch.verify import verify
from kit.clock import utc_now
from kit.db import raw, reading, unit_of_work
from kit.outbox import Outbox
from tests.shared_data import shared
from tests.world import World

VT = "ubnd-07900"
HEAD = "external_id,category,agency,team,source,description,address,lon,lat,received_at,accepted_at,assigned_at"
HEAD = f"{HEAD},resolved_at,due_at,status,answer".split(",")
ONE = {
    "external_id": "A-1", "category": "Ổ gà", "agency": "Đội đường bộ", "team": "Tổ 1", "source": "zalo",
    "description": "Hố sâu giữa đường", "address": "Đường Hùng Vương", "lon": "105.4043", "lat": "21.33262",
    "received_at": "2024-03-04T08:00:00", "accepted_at": "2024-03-04T09:00:00", "assigned_at": "",
    "resolved_at": "2024-03-05T10:00:00+07:00", "due_at": "2024-03-06T17:30:00", "status": "resolved",
    "answer": "Đã vá",
}  # fmt: skip
Import = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def run(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Import:
    """Write rows into a file and import it by a map; exit code and result."""

    def importing(*rows: dict[str, str], by: str = "generic", name: str = "cases.csv") -> tuple[int, dict[str, Any]]:
        path = tmp_path / name
        with gzip.open(path, "wt", newline="") if name.endswith(".gz") else path.open("w", newline="") as file:
            sheet = csv.DictWriter(file, list(rows[0]))
            sheet.writeheader()
            sheet.writerows(rows)
        capsys.readouterr()
        code = main([str(path), "--map", by, "--json"])
        out = capsys.readouterr().out
        return code, json.loads(out.splitlines()[-1]) if out else {}

    return importing


def report(external_id: str = "A-1") -> Report:
    with reading() as session:
        return session.exec(select(Report).where(Report.external_id == external_id)).one()


def actions(external_id: str = "A-1") -> list[tuple[str, str]]:
    with reading() as session:
        entries = select(TimelineEntry).where(TimelineEntry.report_id == report(external_id).id)
        return [(entry.action, entry.to_status) for entry in session.exec(entries.order_by(TimelineEntry.seq))]


def count(statement: str) -> int:
    with reading() as session:
        return int(session.execute(text(statement)).scalar_one())


def test_a_case_becomes_a_report_with_its_own_history_and_promise(run: Import) -> None:
    code, result = run(ONE)
    assert code == 0
    assert result == {
        "read": 1, "created": 1, "updated": 0, "unchanged": 0, "skipped": 0, "rejected": 0, "rejects_file": None,
    }  # fmt: skip
    found = report()
    assert (found.imported, found.external_source, found.is_public, found.channel) == (True, "generic", False, "zalo")
    assert found.received_at == datetime(2024, 3, 4, 1, tzinfo=UTC), "without an offset: the province's wall clock"
    assert (found.category_code, found.agency_code, found.team_code) == ("Ổ gà", "Đội đường bộ", "Tổ 1")
    assert found.area_code == "07900", "the ward of today where none of then is known"
    assert actions() == [("submit", "routed"), ("accept", "accepted"), ("submit_result", "resolved")]
    with reading() as session:
        assert session.get_one(Category, "Ổ gà").parent_code == "imported"
        assert session.get_one(Agency, "Đội đường bộ").parent_code == "imported"
        assert session.get_one(Team, "Tổ 1").agency_code == "Đội đường bộ"
        clocks = session.execute(
            text("SELECT kind, state, due_at, stopped_at, sweep_at FROM sla_clock WHERE report_id = :id ORDER BY kind"),
            {"id": found.id},
        ).all()
        assert list(verify(raw(session))) == []
    due, answered = datetime(2024, 3, 6, 10, 30, tzinfo=UTC), datetime(2024, 3, 5, 3, tzinfo=UTC)
    assert clocks == [("citizen", "met", due, answered, None), ("resolve", "met", due, answered, None)]
    with reading() as session:
        told = set(session.exec(select(Outbox.name)))
    assert "figure.changed" in told
    assert not [name for name in told if name.startswith(("report.", "delivery."))], "nobody is notified of the past"


def test_facts_written_by_the_import_are_those_a_refresh_makes(run: Import) -> None:
    cases = [
        ONE,
        {**ONE, "external_id": "A-2", "resolved_at": "", "status": "routed"},
        {**ONE, "external_id": "A-3", "resolved_at": "2024-03-01T00:00:00", "due_at": ""},
        {**ONE, "external_id": "A-4", "status": "rejected"},
        {**ONE, "external_id": "A-5", "status": "closed", "assigned_at": "2024-03-04T10:00:00"},
        {**ONE, "external_id": "A-6", "status": "in_progress", "resolved_at": "", "accepted_at": ""},
        {**ONE, "external_id": "A-7", "status": "triage", "resolved_at": "", "accepted_at": "", "agency": VT},
        {**ONE, "external_id": "A-8", "category": "pothole", "agency": "cong-an-tinh", "due_at": ""},
    ]
    assert run(*cases)[1]["created"] == 8

    def facts() -> list[Any]:
        names = ", ".join(COLUMNS)
        with reading() as session:
            current = session.execute(text(f"SELECT {names} FROM report_fact ORDER BY code")).all()
            past = session.execute(text(f"SELECT {names}, until FROM report_fact_past ORDER BY code, seq")).all()
        return [list(current), list(past)]

    before = facts()
    with unit_of_work() as session:
        ids = list(session.exec(select(Report.id)))
        assert refresh(session, ids, today=utc_now().date()) == 8
    assert facts() == before


def test_a_second_run_creates_nothing_and_a_changed_case_is_followed(run: Import) -> None:
    still_open = {**ONE, "resolved_at": "", "status": "routed", "answer": ""}
    run(still_open, {**ONE, "external_id": "A-2"})
    before = report()
    code, result = run(still_open, {**ONE, "external_id": "A-2"})
    assert (code, result["created"], result["unchanged"]) == (0, 0, 2)
    code, result = run(ONE, {**ONE, "external_id": "A-2"})
    assert (code, result["created"], result["updated"], result["unchanged"]) == (0, 0, 1, 1)
    after = report()
    assert (after.id, after.status, after.version) == (before.id, "resolved", before.version + 1)
    assert actions() == [("submit", "routed"), ("accept", "accepted"), ("submit_result", "resolved")]
    assert count("SELECT count(*) FROM report_fact WHERE answered_at IS NOT NULL") == 2
    assert count("SELECT count(*) FROM sla_clock WHERE state = 'met'") == 4
    _, result = run({**ONE, "due_at": "2024-03-05T09:00:00"})
    assert result["updated"] == 1
    assert actions()[-1] == ("recalculate", "resolved")
    assert count("SELECT count(*) FROM sla_clock WHERE state = 'breached'") == 2
    run(still_open)
    assert actions()[-1] == ("reopen", "routed")
    with reading() as session:
        assert list(verify(raw(session))) == []


def test_what_people_here_worked_on_is_theirs(run: Import, world: World) -> None:
    """An agency of ours took up an imported case: a later dump does not overwrite it."""
    still_open = {**ONE, "resolved_at": "", "status": "routed", "answer": "", "agency": VT, "accepted_at": ""}
    run(still_open)
    found = report()
    from tests.world import Told

    Told(world, found.id).step(world.officer(VT), "accept")
    code, result = run({**ONE, "agency": VT})
    assert (code, result["updated"], result["rejected"]) == (1, 0, 1)
    assert report().status == "accepted"
    assert reasons(result) == ["worked-on-here"]


def reasons(result: dict[str, Any]) -> list[str]:
    with Path(result["rejects_file"]).open(newline="") as file:
        return [row["reason"] for row in csv.DictReader(file)]


def test_rows_that_cannot_be_read_are_kept_aside_with_their_reason(run: Import) -> None:
    bad = [
        {"external_id": ""},
        {"lat": ""},
        {"lon": "x"},
        {"lat": "nan"},
        {"lat": "91"},
        {"lon": "0", "lat": "0"},
        {"received_at": ""},
        {"received_at": "04/03/2024"},
        {"due_at": "soon"},
        {"status": "Zombie"},
        {"status": "resolved", "resolved_at": ""},
        {"external_id": "A-1"},
    ]
    rows = [ONE] + [{**ONE, "external_id": f"B-{number}", **wrong} for number, wrong in enumerate(bad)]
    code, result = run(*rows)
    assert (code, result["created"], result["rejected"]) == (1, 1, len(bad))
    assert reasons(result) == [
        "no-id", "no-location", "no-location", "no-location", "no-location", "no-location", "no-received-at",
        "unreadable-time", "unreadable-time", "unknown-status", "ended-without-a-time", "twice-in-the-file",
    ]  # fmt: skip
    assert Path(result["rejects_file"]).stat().st_mode & 0o077 == 0, "rows may hold what people wrote"


def test_an_interrupted_import_goes_on_where_it_stopped(run: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "BATCH", 10)
    rows = [{**ONE, "external_id": f"C-{number}"} for number in range(45)]
    whole = history.rows

    def torn(*args: Any) -> Iterable[dict[str, str]]:
        for number, row in enumerate(whole(*args)):
            if number == 25:
                raise KeyboardInterrupt
            yield row

    monkeypatch.setattr(history, "rows", torn)
    assert run(*rows, name="c.csv.gz")[0] == 130
    assert count("SELECT count(*) FROM report") == 20, "finished batches stay, the torn one never was"
    monkeypatch.setattr(history, "rows", whole)
    code, result = run(*rows, name="c.csv.gz")
    assert (code, result["created"], result["unchanged"]) == (0, 25, 20)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("fields: {lon: x, lat: y, received_at: t}", "external_id"),
        ("external_id: id\nfields: {lon: x, lat: y}", "received_at"),
        ("external_id: id\ncolour: red\nfields: {lon: x, lat: y, received_at: t}", "colour"),
        ("external_id: id\nfields: {lon: x, lat: y, received_at: t, smell: s}", "smell"),
        ("external_id: id\ntimezone: Mars/Dune\nfields: {lon: x, lat: y, received_at: t}", "Mars"),
        ("external_id: id\nformat: pdf\nfields: {lon: x, lat: y, received_at: t}", "format"),
        ("external_id: id\nstatus_values: {a: flying}\nfields: {lon: x, lat: y, received_at: t}", "flying"),
        ("external_id: [", "line"),
    ],
)
def test_a_map_that_cannot_work_is_refused_before_anything_is_read(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(content)
    with pytest.raises(MapRefused, match=why):
        read_map(str(path))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a,b\n1,2\n", b"external_id,lon,lat,received_at\n1,2\n"])
def test_a_file_that_is_none_is_refused(world: World, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    assert main([str(path), "--map", "generic"]) == 4
    assert main([str(tmp_path / "missing.csv"), "--map", "generic"]) == 4
    assert count("SELECT count(*) FROM report") == 0


def test_a_map_skips_rows_and_states_constants(run: Import, tmp_path: Path) -> None:
    path = tmp_path / "city.yaml"
    path.write_text(
        "external_id: nr\ntimezone: Europe/Zurich\nskip_if: {kind: [test, '']}\n"
        "fields: {category: kind, lon: x, lat: y, received_at: at, status: state}\n"
        "status_values: {offen: routed}\nconstants: {agency: Tiefbauamt, source: web}\ntimes: '%d.%m.%Y %H:%M'\n"
    )
    row = {"nr": "1", "kind": "Graffiti", "x": "105.4", "y": "21.3", "at": "01.07.2024 12:00", "state": "offen"}
    code, result = run(row, {**row, "nr": "2", "kind": "test"}, {**row, "nr": "3", "kind": ""}, by=str(path))
    assert (code, result["read"], result["created"], result["skipped"]) == (0, 3, 1, 2)
    found = report("1")
    assert (found.external_source, found.agency_code, found.channel) == ("city", "Tiefbauamt", "web")
    assert found.received_at == datetime(2024, 7, 1, 10, tzinfo=UTC)
    assert count("SELECT count(*) FROM sla_clock") == 0, "no due time, no promise"


@pytest.mark.parametrize(
    ("name", "created"), [("bloomington_requests.json", None), ("san_francisco_requests.xml", None)]
)
def test_answers_of_open311_servers_are_taken_as_they_are(
    world: World, capsys: pytest.CaptureFixture[str], name: str, created: int | None
) -> None:
    """Real GeoReport v2 answers; those without a place cannot be reports and are named."""
    path = shared(f"311/open311_samples/{name}")
    main([str(path), "--map", "open311", "--json"])
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert result["read"] == result["created"] + result["rejected"] > 10
    assert result["created"] > 0
    assert set(reasons(result)) <= {"no-location", "ended-without-a-time"} if result["rejected"] else True
