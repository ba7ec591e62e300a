"""`import directory`: what an administrator writes is checked, shown and applied whole, or nothing is."""

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from pydantic import ValidationError
from sqlmodel import col, select

from admin.demo.load import FOLDER, load_areas
from admin.directory import DirectoryRefused, edit
from admin.imports import directory
from admin.imports.directory_files import FILES, schema_of
from admin.imports.plain_yaml import UnreadableYaml, read_yaml
from dispatch import rulebook
from dispatch.domain.actors import Actor, Role
from dispatch.intake import Draft, submit_report
from dispatch.people.tables import AuditEntry, Person
from dispatch.tables.directory import (
    Agency,
    CalendarDay,
    Category,
    DirectoryVersion,
    FunctionHolder,
    RoutingRule,
    SlaPolicy,
)
from dispatch.tables.report import Report
from kit.db import reading, unit_of_work
from kit.ids import new_id

START = "2025-07-01T00:00:00+07:00"
NOON = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)


@pytest.fixture
def run(db, capsys):
    """Runs the command; returns (exit code, the JSON on the last line)."""

    def command(*argv):
        capsys.readouterr()
        code = directory.main([*map(str, argv), "--json"])
        lines = capsys.readouterr().out.splitlines()
        return code, json.loads(lines[-1]) if lines else None

    return command


@pytest.fixture
def city(run, tmp_path) -> Path:
    """The demo province's directory, applied, and a copy of its files to edit."""
    load_areas()
    folder = tmp_path / "city"
    shutil.copytree(FOLDER, folder)
    code, found = run(folder, "--at", START)
    assert (code, found["problems"], found["applied"]) == (0, [], True)
    return folder


def change(folder: Path, file: str, before: str, after: str) -> None:
    text = (folder / f"{file}.yaml").read_text(encoding="utf-8")
    assert before in text
    (folder / f"{file}.yaml").write_text(text.replace(before, after, 1), encoding="utf-8")


def rules(code: str) -> list[RoutingRule]:
    with reading() as session:
        return list(
            session.exec(select(RoutingRule).where(RoutingRule.code == code).order_by(col(RoutingRule.version)))
        )


def version() -> int:
    with reading() as session:
        return session.exec(select(DirectoryVersion.version)).one()


def problems(found) -> set[tuple[str, str]]:
    return {(one["where"], one["problem"]) for one in found["problems"]}


def test_the_demo_directory_stands_with_one_committee_and_one_police_per_ward(city):
    with reading() as session:
        names = {agency.code: agency.name_vi for agency in session.exec(select(Agency))}
        held = session.exec(select(FunctionHolder).where(FunctionHolder.function_code == "ward-security")).all()
    assert names["ubnd-07900"] == "UBND phường Việt Trì"
    assert names["ca-04924"] == "Công an xã Lương Sơn"
    assert sum(code.startswith("ubnd-") and code != "ubnd-tinh" for code in names) == 148
    assert {(row.agency_code, row.area_layer, row.area_code) for row in held} >= {("ca-07900", "ward", "07900")}
    assert len(held) == 148


def test_the_same_folder_again_changes_nothing(city, run):
    before = version()
    code, found = run(city)
    assert (code, found["added"], found["changed"], found["ended"], found["applied"]) == (0, 0, 0, 0, False)
    assert found["unchanged"] > 1000
    assert version() == before


def test_files_that_are_no_directory_files_are_named(city, run):
    assert run(city)[1]["ignored"] == ["people.yaml"]


def test_an_edited_rule_is_a_new_version_and_the_old_one_ends_where_it_begins(city, run):
    change(city, "rules", "rank: 50, valid_from", "rank: 40, valid_from")
    code, found = run(city, "--at", "2026-12-01T08:00:00+07:00")
    (changed,) = found["changes"]
    assert code == 0
    assert (changed["kind"], changed["code"], changed["change"]) == ("rules", "traffic-rush-hour", "changed")
    assert changed["fields"]["rank"] == [50, 40]
    old, new = rules("traffic-rush-hour")
    at = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    assert (old.version, old.valid_to, new.version, new.valid_from, new.valid_to) == (1, at, 2, at, None)
    assert (old.rank, new.rank) == (50, 40)
    # told again: the same content is no third version
    assert run(city)[1]["changes"] == []


def test_an_edited_policy_keeps_the_old_promise_for_what_came_before(city, run):
    change(city, "policies", "citizen: {working_days: 3}", "citizen: {working_days: 2}")
    run(city, "--at", "2026-12-01T08:00:00+07:00")
    with reading() as session:
        old, new = session.exec(select(SlaPolicy).where(SlaPolicy.code == "normal").order_by(col(SlaPolicy.version)))
    assert old.targets["citizen"] == {"unit": "working_days", "amount": 3, "day_rule": "end_of_day"}
    assert new.targets["citizen"]["amount"] == 2
    assert old.valid_to == new.valid_from


def test_a_version_cannot_begin_before_the_one_in_force(city, run):
    change(city, "rules", "rank: 50, valid_from", "rank: 40, valid_from")
    run(city, "--at", "2026-12-01T08:00:00+07:00")
    change(city, "rules", "rank: 40, valid_from", "rank: 30, valid_from")
    code, found = run(city, "--at", "2026-11-01T08:00:00+07:00")
    assert (code, problems(found)) == (4, {("rules traffic-rush-hour", "older-version")})
    assert len(rules("traffic-rush-hour")) == 2


@pytest.mark.parametrize(
    ("file", "before", "after", "problem"),
    [
        ("rules", "categories: [traffic-jam, accident-spot]", "categories: [traffic-jams]", "unknown-category"),
        ("rules", "function: public-transport", "function: tramways", "unknown-function"),
        ("rules", "function: public-transport", "agency: so-giao-thong", "unknown-agency"),
        ("rules", "categories: [bus-service]}", 'categories: [bus-service], areas: [{code: "99999"}]}', "unknown-area"),
        ("rules", "code: buses", "code: parking", "code-twice"),
        ("functions", "agency: so-y-te", "agency: so-giao-thong", "unknown-agency"),
        ("functions", "so-y-te, valid_from: 2025-07-01}", "so-y-te}, {agency: so-cong-thuong}", "two-holders"),
        ("functions", "so-y-te, valid_from: 2025", "so-y-te, valid_from: 2020", "holder-outside-life"),
        ("agencies", "kind: desk", "kind: department", "desk-count"),
        ("agencies", "code: so-xay-dung, kind: department", "code: so-xay-dung, kind: desk", "desk-count"),
        ("agencies", "calendar: utility-daily", "calendar: shifts", "unknown-calendar"),
        ("agencies", "code: ubnd-tinh, kind", "code: ubnd-tinh, parent: so-y-te, kind", "circle"),
        ("calendars", "holidays: VN", "holidays: XX", "unknown-country"),
        ("calendars", "default: true", "default: false", "default-calendar-count"),
        ("calendars", 'mon: [["07:30", "11:30"], ["13:30", "17:30"]]', 'mon: [["11:30", "07:30"]]', "shape"),
        ("policies", "category: tree-trim", "category: trees", "unknown-category"),
        ("policies", "working_hours: 16}", "working_hours: 16, working_days: 2}", "shape"),
        ("policies", "at_percent: 50", "at_percent: 0", "shape"),
        ("categories", "sensitive: true, severity: 3,", "sensitive: true, publication: always, severity: 3,", "shape"),
        ("categories", "severity: 3", "severity: 9", "shape"),
        ("categories", "icon: pothole", "colour: red", "shape"),
        ("rules", 'hours: [["22:00", "06:00"]]', 'hours: [["22:00", "22:00"]]', "shape"),
        ("rules", "function: public-transport", "function: public-transport, agency: ioc", "shape"),
        ("rules", "function: public-transport,", "", "shape"),
        ("rules", "weekdays: [1, 2, 3, 4, 5]", "weekdays: [0]", "shape"),
        ("rules", "rules:", "rules: [", "shape"),
        ("agencies", "UBND {unit}", "UBND {district}", "shape"),
        ("agencies", 'code: "ca-{code}"', "code: police", "shape"),
        ("functions", ', for_each_area: ward}', "}", "shape"),
    ],
)  # fmt: skip
def test_what_could_not_run_is_refused_and_nothing_changes(city, run, file, before, after, problem):
    change(city, file, before, after)
    stood = version()
    code, found = run(city)
    assert code == 4
    assert problem in {kind for _, kind in problems(found)}
    assert all(one["text"] for one in found["problems"])
    assert found["applied"] is False
    assert version() == stood


def test_one_wrong_line_holds_back_a_hundred_right_ones(city, run):
    change(city, "categories", "Potholes and damaged roads", "Potholes")
    change(city, "rules", "categories: [bus-service]", "categories: [trams]")
    assert run(city)[0] == 4
    with reading() as session:
        assert session.get_one(Category, "pothole").name_en == "Potholes and damaged roads"


def test_a_function_that_loses_its_last_holder_breaks_the_rules_that_point_at_it(city, run):
    change(city, "functions", "  - code: food-safety", "  - code: food-safety-2")
    with unit_of_work() as session:
        for holder in session.exec(select(FunctionHolder).where(FunctionHolder.function_code == "food-safety")):
            holder.valid_to = date(2026, 1, 1)
    code, found = run(city)
    assert (code, problems(found)) == (4, {("rule food", "no-holder")})


def test_a_dry_run_shows_the_diff_and_writes_nothing(city, run, capsys):
    change(city, "categories", "Potholes and damaged roads", "Potholes")
    stood = version()
    code, found = run(city, "--dry-run")
    assert (code, found["changed"], found["applied"]) == (0, 1, False)
    assert found["changes"][0]["fields"] == {"name_en": ["Potholes and damaged roads", "Potholes"]}
    assert version() == stood
    assert directory.main([str(city), "--dry-run"]) == 0
    text = capsys.readouterr().out
    assert '~ categories pothole\n    name_en: "Potholes and damaged roads" → "Potholes"' in text


def test_a_handover_of_a_duty_ends_the_old_holder_on_the_day(city, run):
    change(city, "functions", "[{agency: so-y-te, valid_from: 2025-07-01}]", "[{agency: so-cong-thuong}]")
    code, found = run(city, "--at", "2026-12-01")
    assert (code, found["added"], found["ended"]) == (0, 1, 1)
    with reading() as session:
        rows = session.exec(select(FunctionHolder).where(FunctionHolder.function_code == "food-safety"))
        held = {row.agency_code: (row.valid_from, row.valid_to) for row in rows}
    assert held == {
        "so-y-te": (date(2025, 7, 1), date(2026, 12, 1)),
        "so-cong-thuong": (date(2026, 12, 1), None),
    }


def test_days_of_the_file_come_and_go_but_a_person_s_row_stays(city, run):
    with unit_of_work() as session:
        swapped = session.get_one(CalendarDay, ("vn-office", date(2026, 1, 2)))
        swapped.source, swapped.hours = "row", [["07:30", "11:30"]]
    change(city, "calendars", "- date: 2026-08-22", "- date: 2026-08-29")
    code, found = run(city)
    assert (code, found["added"], found["ended"]) == (0, 1, 1)
    with reading() as session:
        days = {day.on_date: day.hours for day in session.exec(select(CalendarDay))}
        office = rulebook.current(session).calendars["vn-office"]
    assert days[date(2026, 1, 2)] == [["07:30", "11:30"]]
    assert date(2026, 8, 22) not in days
    assert office.is_working_date(date(2026, 8, 29))
    assert office.is_working_date(date(2026, 1, 10))
    assert not office.is_working_date(date(2026, 9, 2))


def test_three_working_days_over_the_swapped_new_year(city):
    """Received Wednesday 31 December 2025, 16:00: 1 and 2 January are off, so day three is Wednesday 7 January."""
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    with reading() as session:
        office = rulebook.current(session).calendars["vn-office"]
    due = office.add_days(datetime(2025, 12, 31, 16, 0, tzinfo=zone), 3)
    assert due == datetime(2026, 1, 7, 17, 30, tzinfo=zone)


def test_a_new_holiday_moves_the_promises_that_are_running(city, run):
    """Received Tuesday 24 November 2026 at noon; then the Wednesday is declared a day off."""
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    resident = Actor(id=new_id(), role=Role.RESIDENT)
    draft = Draft(id=new_id(), category="pothole", lon=105.4043, lat=21.33262, description="Ổ gà lớn")
    with unit_of_work() as session:
        session.add(Person(id=resident.id, alias="A", created_at=NOON))
        session.flush()
        submit_report(session, draft, reporter=resident, now=NOON)
    change(city, "calendars", "- date: 2026-08-22", OFF_DAY + "      - date: 2026-08-22")
    code, found = run(city, "--at", NOON.isoformat())
    assert (code, found["added"], found["recalculated"]) == (0, 1, 1)
    with reading() as session:
        report = session.get_one(Report, draft.id)
        assert (report.agency_code, report.due_at) == ("ubnd-07900", datetime(2026, 11, 30, 17, 30, tzinfo=zone))
    assert run(city, "--recalculate")[1]["recalculated"] == 0


OFF_DAY = """- date: 2026-11-25
        name: {vi: Nghỉ đột xuất, en: Sudden day off}
"""


def test_a_part_of_the_files_leaves_the_rest_as_it_is(city, run, tmp_path):
    part = tmp_path / "part"
    part.mkdir()
    (part / "categories.yaml").write_text(
        "categories:\n  - {code: pothole, parent: traffic, name: {vi: Ổ gà, en: Pothole}, publication: always}\n"
    )
    code, found = run(part)
    assert code == 0
    assert {(one["kind"], one["code"]) for one in found["changes"]} == {("categories", "pothole")}
    with reading() as session:
        assert session.get_one(Category, "pothole").parent_code == "traffic"


def test_a_folder_without_files_is_a_bad_input(run, tmp_path):
    assert run(tmp_path)[0] == 4


def test_a_ward_pattern_needs_wards_first(run, tmp_path):
    shutil.copytree(FOLDER, tmp_path / "city")
    code, found = run(tmp_path / "city")
    assert code == 4
    assert "no-areas" in {kind for _, kind in problems(found)}


def test_one_rule_is_edited_like_a_file_and_noted_for_the_auditor(city):
    rule = {
        "code": "buses",
        "title": {"vi": "Xe buýt", "en": "Buses"},
        "when": {"categories": ["bus-service"]},
        "agency": "so-cong-thuong",
    }
    with unit_of_work() as session:
        edit(session, "rules", rule, at=NOON)
    old, new = rules("buses")
    assert (old.valid_to, new.agency_code, new.function_code) == (NOON, "so-cong-thuong", None)
    with reading() as session:
        notes = session.exec(select(AuditEntry).where(AuditEntry.name == "directory.changed")).all()
        assert notes[-1].data["changes"] == ["changed rules buses"]
    with pytest.raises(DirectoryRefused) as refused, unit_of_work() as session:
        edit(session, "rules", rule | {"agency": "nobody"}, at=NOON + timedelta(hours=1))
    assert refused.value.errors[0].detail == "unknown-agency nobody"
    with pytest.raises(ValidationError), unit_of_work() as session:
        edit(session, "rules", rule | {"agency": None}, at=NOON)
    assert len(rules("buses")) == 2


def test_an_edited_category_keeps_its_group_and_its_place(city):
    with reading() as session:
        before = session.get_one(Category, "noise")
    with unit_of_work() as session:
        edit(session, "categories", {"code": "noise", "name": {"vi": "Ồn", "en": "Noise"}}, at=NOON)
    with reading() as session:
        after = session.get_one(Category, "noise")
    assert (after.parent_code, after.sort, after.name_vi) == (before.parent_code, before.sort, "Ồn")


@pytest.mark.parametrize("name", FILES)
def test_our_own_files_fit_the_published_schema(name):
    schema = schema_of(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    content = read_yaml(FOLDER / f"{name}.yaml")
    jsonschema.validate(content, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content | {"unknown": 1}, schema)


def test_yaml_has_no_surprises(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("a: 13:30\nb: no\nc: 07110\nd: 2026-01-02\ne: 12\nf: true\ng:\nh: 1.5\non: off\n")
    assert read_yaml(path) == {
        "a": "13:30", "b": "no", "c": "07110", "d": "2026-01-02", "e": 12, "f": True, "g": None, "h": 1.5, "on": "off",
    }  # fmt: skip
    for wrong in ("a: 1\na: 2\n", "a: [1\n", "!!python/object/apply:os.system [ls]", "a: \x00"):
        path.write_text(wrong)
        with pytest.raises(UnreadableYaml):
            read_yaml(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UnreadableYaml):
        read_yaml(path)
