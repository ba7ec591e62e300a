"""Every operation for every caller (`authz.yaml`): who is answered, who refused, for whom the report is not there."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from dispatch.domain.actors import Actor
from kit.ids import new_id
from tests.api_client import Api, everything, refused
from tests.empty_tables import empty_tables
from tests.world import Told, World, restore_directory

FILE = yaml.safe_load((Path(__file__).parent / "authz.yaml").read_text("utf-8"))
CALLERS, SETS, OPERATIONS = FILE["callers"], FILE["sets"], FILE["operations"]
DENIALS = {401: "unauthenticated", 403: "forbidden"}
IN_PATH = {"token": "x", "photo_id": str(new_id()), "name": "agencies", "message_id": str(new_id()), "layer": "areas",
           "delivery_id": str(new_id()), "z": "9", "x": "405", "y": "224"}  # fmt: skip


def spread(names: list[str]) -> list[str]:
    return [one for name in names for one in SETS.get(name, [name])]


class Story:
    """A private report with a crew, and everybody who might look at it."""

    def __init__(self, http: httpx.Client) -> None:
        self.world = World()
        self.api = Api(http, self.world)
        self.told = self.private_report("Karaoke đến khuya")
        agency = self.told.row.agency_code
        other = "moi-truong-do-thi"
        self.people: dict[str, Actor | None] = {"anonymous": None} | {
            "owner": self.world.resident("Hà"),
            "other": self.world.resident("Bình"),
            "officer_own": self.world.officer(agency),
            "officer_other": self.world.officer(other),
            "worker_assigned": self.world.worker(agency),
            "worker_other": self.world.worker(other),
        }  # fmt: skip
        self.people |= {role: self.world.role(role) for role in CALLERS[-4:]}
        self.device = ""

    def private_report(self, words: str = "Xưởng cưa ban đêm") -> Told:
        """`ubnd-07900` has it and gave it to its first worker."""
        told = self.world.report(category="illegal-construction", description=words)
        officer = self.world.officer("ubnd-07900")
        told.step(officer, "accept")
        told.step(officer, "assign", worker=self.world.worker("ubnd-07900").id)
        return told

    def fresh_device(self) -> None:
        asked = {"token": f"fcm-{new_id()}", "platform": "android"}
        self.device = self.api.ask("POST", "/v1/devices", self.people["owner"], json=asked).json()["id"]

    def call(self, operation: str, caller: str, *, report: Told | None = None) -> httpx.Response:
        """One cell. Without a report the request names one that does not exist."""
        method, path = operation.partition("#")[0].split(" ")
        cell, named = OPERATIONS[operation], str(report.id if report else new_id())
        device = self.device if report else str(new_id())
        where = path.format(**IN_PATH, named=named, device_id=device)
        if "query" in cell:
            where += "?" + cell["query"].replace("{report}", named)
        more: dict[str, Any] = {"headers": {"If-Match": f'"{report.row.version if report else 1}"'}}
        if "body" in cell:
            more["content"] = json.dumps(cell["body"]).replace("{new}", str(new_id()))
            more["headers"]["Content-Type"] = "application/json"
        if path == "/v1/stream":
            headers = self.api.as_(self.people[caller])
            with self.api.http.stream(method, where, headers=headers) as answer:
                if answer.status_code != 200:
                    answer.read()
            return answer
        return self.api.ask(method, where, self.people[caller], **more)


@pytest.fixture(scope="module")
def story(migrated: Any, address: str) -> Iterator[Story]:
    empty_tables()
    restore_directory()
    with httpx.Client(base_url=address, trust_env=False, timeout=30) as http:
        yield Story(http)


def test_no_operation_and_no_caller_is_missing(story: Story) -> None:
    paths = story.api.ask("GET", "/v1/openapi.json").json()["paths"]
    live = {f"{method.upper()} {path}" for path, found in paths.items() for method in found}
    assert {operation.partition("#")[0] for operation in OPERATIONS} == live
    for operation, cell in OPERATIONS.items():
        placed = [caller for where in ("allow", "hidden", 401, 403) for caller in spread(cell.get(where, []))]
        assert sorted(placed) == sorted(CALLERS), operation


def bare(answer: httpx.Response) -> tuple[Any, ...]:
    """An answer without what is different each time."""
    kept = {name: value for name, value in answer.headers.items() if name not in {"x-request-id", "date"}}
    mark = answer.headers["x-request-id"]
    return answer.status_code, kept, answer.text.replace(mark, "")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_cells(story: Story, operation: str) -> None:
    cell = OPERATIONS[operation]
    story.fresh_device()
    before = everything()
    for status, name in DENIALS.items():
        for caller in spread(cell.get(status, [])):
            refused(story.call(operation, caller, report=story.told), status, name)
    for caller in spread(cell.get("hidden", [])):
        there, missing = story.call(operation, caller, report=story.told), story.call(operation, caller)
        refused(there, 404, "not-found")
        assert bare(there) == bare(missing), caller
    assert everything() == before
    writes = not operation.startswith("GET")
    for caller in spread(cell.get("allow", [])):
        report = story.private_report() if writes and "{named}" in operation else story.told
        if "{device_id}" in operation:
            story.fresh_device()
        answer = story.call(operation, caller, report=report)
        assert answer.status_code in cell.get("ok", range(200, 300)), (caller, answer.text)
        if operation == "POST /v1/auth/logout":
            story.api._signed.clear()


DERIVED = (
    "/v1/reports?limit=200", "/v1/reports?q=Karaoke", "/v1/reports?category=illegal-construction",
    "/v1/reports?status=assigned", "/v1/reports/nearby?lat=21.33262&lon=105.4043&category=illegal-construction",
    "/v1/inbox?limit=200", "/v1/figures/reports?indicator=received&limit=1000",
    "/v1/figures?indicator=received&group_by=category",
)  # fmt: skip


@pytest.mark.parametrize("caller", ["anonymous", "other", "officer_other", "worker_other"])
@pytest.mark.parametrize("path", DERIVED)
def test_no_derived_view_tells_of_a_hidden_report(story: Story, caller: str, path: str) -> None:
    """B77: lists, search, nearby, inbox and the reports behind figures."""
    row = story.told.row
    said = story.api.ask("GET", path, story.people[caller]).text
    for telling in (str(row.id), row.code, f"{row.code[:4]}-{row.code[4:]}", "Karaoke"):
        assert telling not in said


def test_a_report_that_moved_on_is_gone_for_the_agency_before(story: Story) -> None:
    """B80."""
    told, officer = story.private_report(), story.people["officer_own"]
    path = f"/v1/reports/{told.id}"
    assert story.api.ask("GET", path, officer).status_code == 200
    told.step(story.people["operator"], "transfer", agency="moi-truong-do-thi", reason="Thuộc đơn vị khác")
    for tail in ("", "/timeline", "/promise", "/trace", "/allowed-steps"):
        refused(story.api.ask("GET", path + tail, officer), 404, "not-found")
        assert story.api.ask("GET", path + tail, story.people["officer_other"]).status_code == 200
    refused(story.api.ask("GET", path, story.people["worker_assigned"]), 404, "not-found")


PUBLIC = {
    "id", "code", "status", "category", "category_name", "agency", "area", "severity", "ambiguous", "support",
    "received_at", "version", "overdue", "at_risk", "promises", "imported", "external_id", "because", "location",
    "occurred_at", "agency_since", "supporting", "clocks", "photos", "answer", "rating", "lead", "notices",
    "description", "cycle", "hops", "is_public", "assignment", "reporter", "address", "attributes", "text_flags",
}  # fmt: skip
EMPTY_FOR_STRANGERS = {"assignment": None, "reporter": None, "address": "", "attributes": {}, "text_flags": []}


@pytest.mark.parametrize("caller", ["anonymous", "other", "officer_other"])
def test_strangers_see_the_public_form_of_a_public_report_and_no_more(story: Story, caller: str) -> None:
    """B82: the fields are a list, not what happens to be there."""
    told = story.world.report(
        category="pothole", description="Ổ gà", address="Số nhà 7 ngõ 12", lon=105.404321, lat=21.332612
    )
    who = story.people[caller]
    if told.row.agency_code == "moi-truong-do-thi" and caller == "officer_other":
        pytest.skip("he handles it")
    body = story.api.ask("GET", f"/v1/reports/{told.id}", who).json()
    assert set(body) == PUBLIC
    assert EMPTY_FOR_STRANGERS.items() <= body.items()
    assert (body["location"]["lat"], body["location"]["lon"]) == (21.333, 105.404)
    rows = story.api.ask("GET", "/v1/reports", who, params={"category": "pothole"})
    timeline = story.api.ask("GET", f"/v1/reports/{told.id}/timeline", who)
    owner = str(story.people["owner"].id)
    for said in (json.dumps(body), rows.text, timeline.text):
        for private in ("ngõ 12", "105.40432", owner, '"alias"'):
            assert private not in said
    assert {line["data"] == {} for line in timeline.json()["items"]} == {True}
    for word in ("ngõ 12", "nha 7"):
        assert story.api.ask("GET", "/v1/reports", who, params={"q": word}).json()["items"] == []
    refused(
        story.api.ask("GET", "/v1/reports", story.people["other"], params={"assigned_to": owner}),
        422,
        "validation-error",
    )
