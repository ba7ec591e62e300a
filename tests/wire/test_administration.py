"""The directory by HTTP: an edit works at once, is versioned and noted, or is refused with its places."""

import unicodedata
from typing import TYPE_CHECKING

from tests.api_client import refused

if TYPE_CHECKING:
    from tests.api_client import Api

RULE = {
    "code": "pothole-by-department",
    "title": {"vi": "Ổ gà do Sở Xây dựng xử lý", "en": "Potholes go to the Department of Construction"},
    "when": {"categories": ["pothole"]},
    "agency": "so-xay-dung",
    "rank": 1,
}


def test_a_new_rule_works_for_the_next_report(api: "Api") -> None:
    resident, admin = api.world.resident(), api.world.role("administrator")
    before = api.ask("POST", "/v1/reports", resident, json=api.report()).json()
    shape = api.ask("GET", "/v1/schemas/rules.json").json()
    assert shape["properties"]["rules"], "the shape of a rule is public"
    made = api.ask("POST", "/v1/routing-rules", admin, json=RULE)
    assert made.status_code == 200, made.text
    assert [change["code"] for change in made.json()["changes"]] == ["pothole-by-department"]
    after = api.ask("POST", "/v1/reports", resident, json=api.report()).json()
    assert (before["agency"]["code"], after["agency"]["code"]) == ("ubnd-07900", "so-xay-dung")
    listed = api.ask("GET", "/v1/routing-rules", admin).json()["items"]
    assert {"pothole-by-department", "road-ward"} <= {rule["code"] for rule in listed}


def test_a_rule_to_nobody_is_refused_and_only_the_administrator_may_try(api: "Api") -> None:
    admin, officer = api.world.role("administrator"), api.world.officer("ubnd-07900")
    rule = RULE
    refused(api.ask("POST", "/v1/routing-rules", officer, json=rule), 403, "forbidden")
    body = refused(
        api.ask("POST", "/v1/routing-rules", admin, json=rule | {"agency": "khong-co"}), 422, "directory-refused"
    )
    assert body["errors"]
    refused(api.ask("POST", "/v1/routing-rules", admin, json=rule | {"strange": 1}), 422, "unknown-field")


def test_crews_functions_and_promises_can_be_read(api: "Api") -> None:
    supervisor = api.world.role("supervisor")
    functions = api.ask("GET", "/v1/functions", supervisor).json()["items"]
    assert any(holder["agency_code"] == "ubnd-07900" for one in functions for holder in one["holders"])
    assert api.ask("GET", "/v1/sla-policies", supervisor).json()["items"]
    assert any(one["is_default"] for one in api.ask("GET", "/v1/calendars", supervisor).json()["items"])


def test_what_was_reported_nearby_is_offered_with_its_likeness(api: "Api") -> None:
    first, second = api.world.resident("Hà"), api.world.resident("Nam")
    desk, officer = api.world.role("operator"), api.world.officer("ubnd-07900")
    sent = api.ask("POST", "/v1/reports", first, json=api.report()).json()
    version = api.ask("GET", f"/v1/reports/{sent['id']}", officer).headers["etag"]
    step = {"id": api.report()["id"], "action": "accept"}
    assert api.ask("POST", f"/v1/reports/{sent['id']}/steps", officer, json=step, headers={"If-Match": version})
    place = api.report()["location"]
    query = {**place, "category": "pothole", "text": "o ga sau truoc cong truong"}
    items = api.ask("GET", "/v1/reports/nearby", second, params=query).json()["items"]
    assert [item["code"] for item in items] == [sent["code"]]
    assert items[0]["likeness"] > 0.6
    assert items[0]["distance_m"] < 1
    assert api.ask("GET", "/v1/reports/nearby", desk, params=place).json()["items"][0]["likeness"] is None
    assert api.ask("POST", f"/v1/reports/{sent['code']}/follow", second).status_code == 204


def test_who_was_slower_gets_the_fresh_state_with_the_refusal(api: "Api") -> None:
    officer = api.world.officer("ubnd-07900")
    sent = api.ask("POST", "/v1/reports", api.world.resident(), json=api.report()).json()
    path, seen = f"/v1/reports/{sent['id']}/steps", {"If-Match": '"1"'}
    api.ask("POST", path, officer, json={"id": api.report()["id"], "action": "accept"}, headers=seen)
    late = api.ask("POST", path, officer, json={"id": api.report()["id"], "action": "start"}, headers=seen)
    current = refused(late, 412, "stale")["current"]
    assert (current["status"], current["version"]) == ("accepted", 2)


def test_words_are_found_without_their_accents(api: "Api") -> None:
    """Typed on a keyboard without Vietnamese, or pasted as NFD: the same report is found."""
    officer = api.world.officer("ubnd-07900")
    body = api.report(description="Đường Nguyễn Huệ ngập sâu", address="Ngõ 12, phường Việt Trì")
    sent = api.ask("POST", "/v1/reports", api.world.resident(), json=body).json()
    for words in ("duong nguyen hue", "ĐƯỜNG NGUYỄN", unicodedata.normalize("NFD", "Đường Nguyễn Huệ"), "ngo 12"):
        found = api.ask("GET", "/v1/reports", officer, params={"q": words}).json()["items"]
        assert [item["code"] for item in found] == [sent["code"]], words
    assert api.ask("GET", "/v1/reports", officer, params={"q": "100% ngập_"}).json()["items"] == []


def test_a_phone_number_in_the_text_is_covered_for_all_but_its_sender(api: "Api") -> None:
    officer, sender = api.world.officer("ubnd-07900"), api.world.resident()
    said = "Ổ gà trước nhà, gọi tôi 0912 345 678"
    sent = api.ask("POST", "/v1/reports", sender, json=api.report(description=said)).json()
    path = f"/v1/reports/{sent['id']}"
    covered = "Ổ gà trước nhà, gọi tôi •••"
    assert api.ask("GET", path, officer).json()["description"] == covered
    assert api.ask("GET", f"{path}/timeline", officer).json()["items"][0]["text"] == covered
    assert api.ask("GET", "/v1/reports", officer).json()["items"][0]["description"] == covered
    assert api.ask("GET", path, sender).json()["description"] == said


def test_the_same_id_with_another_contact_is_another_content(api: "Api") -> None:
    sender = api.world.resident()
    body = api.report(contact={"phone": "0912345678", "notify": ["sms"]})
    assert api.ask("POST", "/v1/reports", sender, json=body).status_code == 201
    assert api.ask("POST", "/v1/reports", sender, json=body).headers["idempotent-replayed"] == "true"
    other = body | {"contact": {"phone": "0912345679", "notify": ["sms"]}}
    refused(api.ask("POST", "/v1/reports", sender, json=other), 409, "id-reused")
