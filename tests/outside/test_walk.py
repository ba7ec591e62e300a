"""The main job, as strangers see it: a report travels from a resident to an agency, a crew, back, and into figures."""

import hashlib
import json
from datetime import datetime
from itertools import pairwise

import jwt

from tests.outside.city import Caller, City, new_id


def clocks(detail: dict, kind: str) -> list[str]:
    return [clock["state"] for clock in detail["clocks"] if clock["kind"] == kind]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_dark_street_is_reported_routed_asked_about_mended_and_disputed(city: City) -> None:
    """Resident → ward → crew, with a question (pause) and a reopening; every promise is kept track of."""
    resident = city.resident(city.accounts("resident")[0]["phone"])
    ward = city.staff("officer", "ubnd-07900", 0)
    leader = city.staff("officer", "ubnd-07900", 1)
    worker_account = next(a for a in city.accounts("field_worker") if a["agency"] == "ubnd-07900")
    worker = city.login(worker_account)

    sent = resident.post("/v1/reports", city.draft("pothole", description="Ổ gà sâu trước cổng trường"), 201)
    assert sent["status"] == "routed"
    assert sent["agency"]["code"] == "ubnd-07900"
    assert sent["area"]["code"] == "07900"
    assert "UBND phường Việt Trì" in sent["because"]["text"]
    assert at(sent["promises"]["acknowledge_by"]) < at(sent["promises"]["resolve_by"])
    report = sent["id"]

    assert ward.step(report, "accept")["status"] == "accepted"
    assert clocks(ward.detail(report), "acknowledge") == ["met"]
    assert ward.step(report, "assign", worker=worker_account["id"])["status"] == "assigned"
    worker.step(report, "accept")
    assert worker.step(report, "start")["status"] == "in_progress"

    asked = worker.step(report, "ask_citizen", text="Ổ gà ở làn nào?")
    assert asked["status"] == "awaiting_citizen"
    assert clocks(asked, "citizen") == ["paused"]
    assert resident.get(f"/v1/reports/{report}/promise")["paused"]["reason"]
    answered = resident.step(report, "answer", text="Làn ngoài cùng bên phải")
    assert (answered["status"], clocks(answered, "citizen")) == ("in_progress", ["running"])

    done = worker.step(report, "submit_result", text="Đã vá bằng bê tông nhựa", no_photo_reason="Máy ảnh hỏng")
    assert done["status"] == "awaiting_approval", "a crew's result without a photo goes to the leader"
    assert clocks(done, "citizen") == ["running"], "waiting for the leader does not stop the clock"
    resolved = leader.step(report, "approve_result")
    assert (resolved["status"], clocks(resolved, "citizen")) == ("resolved", ["met"])
    assert resident.detail(report)["answer"] == "Đã vá bằng bê tông nhựa"

    resident.step(report, "rate", rating="not_satisfied", text="Hôm sau lại bong")
    again = resident.step(report, "reopen", text="Lại bong ra")
    assert again["status"] == "routed"
    assert clocks(again, "citizen") == ["met", "running"]
    assert [clock["cycle"] for clock in again["clocks"] if clock["kind"] == "citizen"] == [1, 2]

    ward.step(report, "start")
    ward.step(report, "submit_result", text="Đã cào bóc và thảm lại", no_photo_reason="Đội thi công giữ ảnh")
    resident.step(report, "rate", rating="satisfied")
    assert resident.step(report, "close")["status"] == "closed"

    whole = leader.get(f"/v1/reports/{report}/timeline")["items"]
    assert [entry["seq"] for entry in whole] == list(range(1, len(whole) + 1))
    assert all(after["prev_hash"] == before["hash"] for before, after in pairwise(whole))
    story = resident.get(f"/v1/reports/{report}/timeline")["items"]
    shown = [entry["seq"] for entry in story]
    assert set(range(1, len(whole) + 1)) - set(shown) == {9}, "what waited for the leader was not the resident's yet"
    assert "Trần Văn Hùng" not in json.dumps(story, ensure_ascii=False), "residents see roles, never names of staff"

    inbox = city.eventually(lambda: resident.get("/v1/inbox")["items"])
    assert {message["report"] for message in inbox} >= {report}


def test_a_flaky_phone_gets_one_report_and_one_answer(city: City) -> None:
    """The same id and body, five times: one 201, four identical replays; the receipt is verifiable by anyone."""
    phone, draft = city.device(), city.draft("street-light", place=1)
    body = json.dumps(draft).encode()
    headers = {"Content-Type": "application/json"}
    answers = [phone.request("POST", "/v1/reports", content=body, headers=headers) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [201] * 5
    assert [answer.headers.get("idempotent-replayed") for answer in answers] == [None, "true", "true", "true", "true"]
    first = answers[0].json()
    assert all(answer.json() == first for answer in answers)

    keys = Caller(city).get("/v1/keys")["keys"]
    key = jwt.PyJWK(keys[0])
    receipt = jwt.decode(first["receipt"]["token"], key, algorithms=["EdDSA"])
    assert receipt["id"] == draft["id"]
    assert receipt["body_sha256"] == hashlib.sha256(body).hexdigest()

    other_body = phone.request("POST", "/v1/reports", json={**draft, "description": "Nội dung khác"})
    assert (other_body.status_code, other_body.json()["type"]) == (409, "/problems/id-reused")
    somebody_else = city.device().request("POST", "/v1/reports", json=draft)
    assert (somebody_else.status_code, somebody_else.json()["type"]) == (409, "/problems/id-taken")


def test_the_receipt_opens_the_report_without_an_account(city: City) -> None:
    phone = city.device()
    sent = phone.post("/v1/reports", city.draft("theft", description="Mất xe đạp trước chợ"), 201)
    stranger = Caller(city)
    assert stranger.request("GET", f"/v1/reports/{sent['code']}").status_code == 404, "sensitive: never public"
    opened = Caller(city, {"X-Report-Secret": sent["receipt"]["secret"]})
    assert opened.detail(sent["id"])["description"] == "Mất xe đạp trước chợ"
    withdrawn = opened.step(sent["id"], "withdraw")
    assert withdrawn["status"] == "withdrawn"
    assert set(clocks(withdrawn, "citizen")) == {"cancelled"}


def test_not_ours_is_counted_and_a_transfer_never_buys_time(city: City) -> None:
    """Returned by one agency, routed by the desk to another: the citizen's clock runs on, the agency's starts anew."""
    phone, desk = city.device(), city.staff("operator")
    sent = phone.post("/v1/reports", city.draft("pothole", description="Lún mặt đường lớn"), 201)
    report, promised = sent["id"], sent["promises"]["resolve_by"]
    ward = city.staff("officer", "ubnd-07900")

    returned = ward.step(report, "return_to_triage", reason_code="not_our_function", text="Đường do Sở quản lý")
    assert (returned["status"], returned["agency"]["code"]) == ("triage", "ioc")
    assert ward.request("GET", f"/v1/reports/{report}/trace").status_code == 404, "no longer theirs"
    assert desk.detail(report)["hops"] == 1

    routed = desk.step(report, "route", agency="so-xay-dung", reason="Đường tỉnh")
    assert (routed["status"], routed["agency"]["code"]) == ("routed", "so-xay-dung")
    assert clocks(routed, "citizen") == ["running"]
    citizen = next(clock for clock in routed["clocks"] if clock["kind"] == "citizen")
    assert citizen["first_due_at"] == promised
    assert "transferred" in clocks(routed, "resolve")
    department = city.staff("officer", "so-xay-dung")
    assert department.step(report, "accept")["status"] == "accepted"


def test_two_officers_one_report_one_wins(city: City) -> None:
    phone, ward = city.device(), city.staff("officer", "ubnd-07900")
    report = phone.post("/v1/reports", city.draft("pothole"), 201)["id"]
    version = ward.request("GET", f"/v1/reports/{report}").headers["etag"]
    body = {"id": new_id(), "action": "accept"}
    won = ward.post(f"/v1/reports/{report}/steps", body, headers={"If-Match": version})
    again = ward.post(f"/v1/reports/{report}/steps", body, headers={"If-Match": version})
    assert again["version"] == won["version"], "the same step sent twice is one step"
    lost = ward.request(
        "POST",
        f"/v1/reports/{report}/steps",
        json={"id": new_id(), "action": "start"},
        headers={"If-Match": version},
    )
    assert (lost.status_code, lost.json()["type"]) == (412, "/problems/stale")
    assert lost.json()["current"]["version"] == won["version"]
    bare = ward.request("POST", f"/v1/reports/{report}/steps", json={"id": new_id(), "action": "start"})
    assert bare.status_code == 428
    early = ward.request(
        "POST",
        f"/v1/reports/{report}/steps",
        json={"id": new_id(), "action": "approve_result"},
        headers={"If-Match": f'"{won["version"]}"'},
    )
    assert (early.status_code, early.json()["type"]) == (409, "/problems/step-not-allowed")
    assert "start" in early.json()["allowed"]


def test_the_live_stream_tells_those_concerned_and_resumes(city: City) -> None:
    phone, ward = city.device(), city.staff("officer", "ubnd-07900")
    power = city.staff("officer", "dien-luc")
    number = next(city.stream(ward, seconds=5))[0]
    report = phone.post("/v1/reports", city.draft("pothole"), 201)["id"]
    ward.step(report, "accept")

    def heard(caller: Caller) -> list[tuple[int, str]]:
        return [
            (number_, data["status"])
            for number_, event, data in city.stream(caller, after=number, seconds=4)
            if event == "report.changed" and data["report"] == report
        ]

    statuses = heard(ward)
    assert [status for _, status in statuses] == ["routed", "routed", "accepted"]
    assert heard(power) == [], "another agency hears nothing of it"
    resumed = [
        data["status"]
        for number_, event, data in city.stream(ward, after=statuses[1][0], seconds=4)
        if event == "report.changed" and data["report"] == report
    ]
    assert resumed == ["accepted"], "nothing again, nothing left out"


def test_nobody_reacts_and_the_ladder_wakes_the_leaders_once(city: City) -> None:
    """Unassigned and forgotten: rungs fire at their percent, the breach is written, each once."""
    phone, ward = city.device(), city.staff("officer", "ubnd-07900")
    sent = phone.post("/v1/reports", city.draft("pothole", description="Hố ga mất nắp"), 201)
    report = sent["id"]
    days = (at(sent["promises"]["resolve_by"]) - at(sent["received_at"])).days + 3
    city.move_clock(days=days)
    ward = city.staff("officer", "ubnd-07900")
    late = ward.detail(report)
    assert late["overdue"]
    story = [entry["action"] for entry in ward.get(f"/v1/reports/{report}/timeline")["items"]]
    assert "breach" in story
    assert "escalate" in story
    city.move_clock(minutes=1)
    ward = city.staff("officer", "ubnd-07900")
    again = [entry["action"] for entry in ward.get(f"/v1/reports/{report}/timeline")["items"]]
    assert again == story, "a second sweep adds nothing"
    leader = city.staff("supervisor")
    assert any(item["id"] == report for item in leader.get("/v1/reports", overdue=True, limit=200)["items"])
