"""A stranger's questions to the doors: lost answers, secrets by code, words that wait, streams that outlive a token."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from api.v1.stream import concerns, is_forgotten, read_lines
from dispatch.domain.actors import Actor
from kit.db import unit_of_work
from kit.ids import new_id
from tests.api_client import Api, refused
from tests.world import Told

VT, OTHER = "ubnd-07900", "moi-truong-do-thi"


def stamped() -> int:
    """What the relay does to new events; the last number."""
    with unit_of_work() as session:
        session.execute(text("UPDATE outbox SET stream_no = nextval('outbox_stream') WHERE stream_no IS NULL"))
        return int(session.execute(text("SELECT max(stream_no) FROM outbox")).scalar_one())


def step(api: Api, told: Told, who: Actor | None, version: int, body: dict, **headers: str) -> object:
    headers = {"If-Match": f'"{version}"', **headers}
    return api.ask("POST", f"/v1/reports/{told.id}/steps", who, json=body, headers=headers)


def test_a_step_that_took_the_report_away_may_be_repeated_until_something_else_happens(api: Api) -> None:
    world = api.world
    told, officer = world.report("illegal-construction"), world.officer(VT)
    body = {"id": str(new_id()), "action": "transfer", "agency": OTHER, "reason": "Không phải việc của phường"}
    first, again = (step(api, told, officer, 1, body) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200), again.text
    assert again.json()["agency"]["code"] == OTHER
    told.step(world.officer(OTHER), "accept")
    refused(step(api, told, officer, 1, body), 404, "not-found")


def test_the_answer_is_the_senders_only_when_the_leader_has_agreed(api: Api) -> None:
    world = api.world
    told, officer, worker, sender = world.report(), world.officer(VT), world.worker(VT), world.resident()
    told.step(officer, "assign", worker=worker.id)
    told.step(worker, "submit_result", text="Đã vá tạm", no_photo_reason="Máy ảnh hỏng")

    def heard(who: Actor | None) -> str:
        return "".join(api.ask("GET", f"/v1/reports/{told.id}{part}", who).text for part in ("", "/timeline"))

    assert "Đã vá tạm" in heard(officer)
    assert "Đã vá tạm" not in heard(sender)
    assert "Đã vá tạm" not in heard(None)
    told.step(world.role("supervisor"), "approve_result")
    assert "Đã vá tạm" in heard(sender)
    assert "Đã vá tạm" in heard(None)


def test_the_receipts_secret_opens_the_report_by_its_code_too(api: Api) -> None:
    body = api.report(category="illegal-construction")
    sent = api.ask("POST", "/v1/reports", api.world.resident(), json=body).json()
    secret = {"X-Report-Secret": sent["receipt"]["secret"]}
    refused(api.ask("GET", f"/v1/reports/{sent['code']}"), 404, "not-found")
    assert api.ask("GET", f"/v1/reports/{sent['code']}", headers=secret).status_code == 200
    taken = api.ask(
        "POST", f"/v1/reports/{sent['code']}/steps", json={"id": str(new_id()), "action": "withdraw"},
        headers={**secret, "If-Match": "1"},
    )  # fmt: skip
    assert taken.json()["status"] == "withdrawn", taken.text
    wrong = {"X-Report-Secret": "0" * 40}
    refused(api.ask("GET", f"/v1/reports/{sent['code']}", headers=wrong), 404, "not-found")


def test_two_taps_on_follow_are_one(api: Api) -> None:
    told, an = api.world.report(), api.world.resident("An")
    api.as_(an)
    gate = threading.Barrier(4)

    def tap(_: int) -> int:
        gate.wait()
        return api.ask("POST", f"/v1/reports/{told.id}/follow", an).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(tap, range(4))) == {204}


def test_likeness_tells_nothing_of_a_denunciation(api: Api) -> None:
    words = "Tôi tố cáo ông Bảy nhận tiền của nhà thầu"
    told, officer = api.world.report(description=words), api.world.officer(VT)
    told.step(api.world.role("operator"), "route", agency=VT, reason="Xem tại chỗ")
    row = told.row
    params = {"lat": row.lat, "lon": row.lon, "text": words}
    items = api.ask("GET", "/v1/reports/nearby", officer, params=params).json()["items"]
    assert [(item["id"], item["likeness"]) for item in items] == [(str(told.id), 0.0)]


def test_the_stream_tells_those_who_help_and_only_the_worker_who_has_it(api: Api) -> None:
    world = api.world
    told, officer, worker = world.report(), world.officer(VT), world.worker(VT)
    told.step(officer, "add_support", agency=OTHER)
    told.step(officer, "assign", worker=worker.id)
    last = stamped()
    line = read_lines(last - 1)[0]
    assert line.data["action"] == "assign"
    assert concerns(line, world.officer(OTHER), None)
    mate = Actor(id=new_id(), role=worker.role, agency=VT)
    assert not concerns(line, mate, told.row.team_code)
    assert concerns(line, worker, None)


def test_a_place_in_a_stream_that_never_was_begins_anew(api: Api) -> None:
    """A database restored to yesterday gives smaller numbers than its readers have seen."""
    api.world.report()
    last = stamped()
    assert not is_forgotten(last)
    assert is_forgotten(last + 1000)


def test_a_stream_ends_with_its_token(api: Api) -> None:
    officer = api.world.officer(VT)
    with api.http.stream("GET", "/v1/stream", headers=api.as_(officer), timeout=10) as response:
        lines = response.iter_lines()
        assert json.loads(next(line for line in lines if line.startswith("data:"))[5:]) == {}
        api.world.forward(days=1)
        assert [line for line in lines if line.startswith("event: report")] == []
