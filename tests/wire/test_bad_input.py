"""The bad-input matrix for bodies (B25–B47, B54–B56, B62, B63, B79, B92): refused by name, unechoed, unkept."""

import json
import time
from dataclasses import replace
from typing import Any

import pytest

from dispatch import rulebook
from kit.db import reading
from kit.ids import new_id
from tests.api_client import Api, everything, refused

ID = "01981d2e-7a10-7c3b-9f4e-2b6c8d0e1f2a"
CANARY = "mat-khau-cua-toi"
INVALID, UNKNOWN = (422, "validation-error"), (422, "unknown-field")
NOT_JSON, MALFORMED, OUTSIDE = (400, "malformed-json"), (400, "malformed-request"), (422, "location-out-of-area")


def body(**more: Any) -> bytes:
    place = {"lat": 21.33262, "lon": 105.4043}
    whole = {"id": ID, "category": "pothole", "description": CANARY, "location": place} | more
    return json.dumps({name: value for name, value in whole.items() if value is not None}).encode()


def place(**more: Any) -> bytes:
    return body(location={"lat": 21.33262, "lon": 105.4043} | more)


def raw(text: str, instead_of: str = '"pothole"') -> bytes:
    """The good body with one value written by hand."""
    return body().decode().replace(instead_of, text).encode("utf-8", "surrogatepass")


ZALGO = "o" + "\u0300\u0323" * 8
BODIES = {
    "B25 NaN": (raw("NaN", "21.33262"), INVALID),
    "B25 -Infinity": (raw("-Infinity", "21.33262"), INVALID),
    "B25 1e309": (raw("1e309", "21.33262"), INVALID),
    "B25 1e309 in attributes": (body(attributes={"lane": 0}).replace(b"0}}", b"1e309}}"), INVALID),
    "B26 swapped": (place(lat=105.4043, lon=21.33262), OUTSIDE),
    "B26 null island": (place(lat=0, lon=0), OUTSIDE),
    "B26 beyond the pole": (place(lat=90.0001), OUTSIDE),
    "B26 outside": (place(lat=10.77, lon=106.7), OUTSIDE),
    "B27 lon 999": (place(lon=999), INVALID),
    "B28 words": (place(lat="a", lon="b"), INVALID),
    "B28 nulls": (place(lat=None, lon=None), INVALID),
    "B28 an array": (body(location=[105.4, 21.3]), INVALID),
    "B29 crs": (place(crs="EPSG:3857"), UNKNOWN),
    "B33 accuracy below 0": (place(accuracy_m=-1), INVALID),
    "B33 accuracy 1e9": (place(accuracy_m=1e9), INVALID),
    "B33 altitude": (place(altitude="12"), UNKNOWN),
    "B33 true": (place(lat=True), INVALID),
    "B33 text number": (place(lat="21.0"), INVALID),
    "B34 100,000 brackets": (b"[" * 100_000, NOT_JSON),
    "B34 20,000 nested": (b"[" * 20_000 + b"]" * 20_000, NOT_JSON),
    "B34 nested in a known member": (body(attributes=json.loads("[" * 40 + "]" * 40)), NOT_JSON),
    "B35 900 deep in an unknown member": (body()[:-1] + b', "x": ' + b"[" * 900 + b"]" * 900 + b"}", UNKNOWN),
    "B37 repeated member": (body()[:-1] + b', "category": "theft"}', MALFORMED),
    "B37 repeated inside": (raw('21.3, "lat": 21.4', "21.33262"), MALFORMED),
    "B37 UTF-16": (body().decode().encode("utf-16"), MALFORMED),
    "B38 5,000 digits": (raw("9" * 5000, "21.33262"), MALFORMED),
    "B38 more than a double holds": (body(attributes={"lane": 2**63}), INVALID),
    "B39 NUL in text": (body(description=f"{CANARY}\0"), INVALID),
    "B39 NUL in an attribute": (body(attributes={"lane": f"{CANARY}\0"}), INVALID),
    "B39 NUL in a name": (body(attributes={f"{CANARY}\0": "x"}), INVALID),
    "B40 lone surrogate": (raw('"\\ud800"'), INVALID),
    "B40 lone surrogate in an attribute": (body(attributes={"lane": "\ud800"}), INVALID),
    "B40 byte FF": (body() + b"\xff", MALFORMED),
    "B42 override in a name": (body(contact={"name": f"{CANARY}\u202e"}), INVALID),
    "B42 isolate in an address": (body(address=f"{CANARY}\u2066x"), INVALID),
    "B43 nothing but the unseen": (body(category="\u200b\ufeff"), INVALID),
    "B44 full-width digits in a phone": (body(contact={"phone": "０９１２３４５６０１"}), (422, "phone-invalid")),
    "B45 tower of accents": (body(description=ZALGO), INVALID),
    "B45 5,001 signs": (body(description="ạ" * 5001), INVALID),
    "B45 20 KB of emoji": (body(description="🕳" * 5120), INVALID),
    "B45 long attribute": (body(attributes={"lane": "a" * 501}), INVALID),
    "B62 no id": (body(id=None), INVALID),
    "B62 UUIDv4": (body(id="6ba7b810-9dad-41d1-80b4-00c04fd430c8"), INVALID),
    "B62 upper case": (body(id=ID.upper()), INVALID),
    "B47 urn": (body(id=f"urn:uuid:{ID}"), INVALID),
    "B47 braces": (body(id=f"{{{ID}}}"), INVALID),
    "B47 no dashes": (body(id=ID.replace("-", "")), INVALID),
    "B62 256 signs": (body(id="a" * 256), INVALID),
    "B79 status": (body(status="closed"), UNKNOWN),
    "B79 agency": (body(agency="ubnd-07900"), UNKNOWN),
    "B79 public": (body(is_public=True, created_by=str(new_id())), UNKNOWN),
    "B92 100 KB of a as email": (body(contact={"email": "a" * 100_000}), INVALID),
    "B92 100 KB of a as phone": (body(contact={"phone": "a" * 100_000}), INVALID),
    "unknown category": (body(category=CANARY), (422, "unknown-category")),
    "a branch is no category": (body(category="traffic"), (422, "unknown-category")),
    "no offset": (body(occurred_at="2026-01-01T08:00:00"), INVALID),
    "neither words nor photo": (body(description=" "), INVALID),
    "not an object": (b'["x"]', INVALID),
    "nothing": (b"", NOT_JSON),
    "a word": (b"null", INVALID),
    "trailing comma": (body()[:-1] + b",}", NOT_JSON),
    "single quotes": (b"{'id': 1}", NOT_JSON),
    "two documents": (body() + body(), NOT_JSON),
    "too large": (body(description="a" * 300_000), (413, "payload-too-large")),
}


def test_every_bad_body_is_refused_by_name_without_echo_and_changes_nothing(api: Api) -> None:
    ha = api.world.resident()
    api.as_(ha)
    before = everything()
    failed = {}
    for row, (sent, (status, slug)) in BODIES.items():
        began = time.perf_counter()
        answer = api.ask("POST", "/v1/reports", ha, content=sent, headers={"Content-Type": "application/json"})
        took = time.perf_counter() - began
        try:
            refused(answer, status, slug)
            assert CANARY not in answer.text
            assert took < (0.3 if row.startswith("B92") else 2)
        except (AssertionError, KeyError, ValueError) as error:
            failed[row] = (answer.status_code, str(error).splitlines()[0][:150])
    assert failed == {}
    assert everything() == before


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": ""}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://evil.vn"}, 415),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415),
    ],
)
def test_only_plain_json_is_read(api: Api, headers: dict[str, str], expected: int) -> None:
    """B54, B56."""
    answer = api.ask("POST", "/v1/reports", api.world.resident(), content=body(), headers=headers)
    refused(answer, expected, "unsupported-media-type")


def test_the_same_id_is_one_report_for_ever_and_nobody_elses(api: Api) -> None:
    """B63: another body, another reporter; nothing of the first is told."""
    ha, binh = api.world.resident("Hà"), api.world.resident("Bình")
    sent = api.report()
    first = api.ask("POST", "/v1/reports", ha, json=sent)
    again = api.ask("POST", "/v1/reports", ha, json=sent)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()
    refused(api.ask("POST", "/v1/reports", ha, json=sent | {"description": "Khác"}), 409, "id-reused")
    taken = refused(api.ask("POST", "/v1/reports", binh, json=sent), 409, "id-taken")
    assert set(taken) == {"type", "title", "status", "detail", "instance"}


def test_words_are_kept_composed_and_read_back_as_written(api: Api) -> None:
    """B41, B42, B46: NFD becomes NFC, right-to-left text and emoji stay, what is unseen in a code is dropped."""
    ha = api.world.resident()
    for text in ("Đường Nguyễn Huệ \u202bשלום\u202c 🕳️", "<script>alert(1)</script>", "{{7*7}} %s ${HOME}", "a\tb\r\nc"):
        decomposed = api.report(
            category="pot\u200bhole\ufeff", description=text.replace("ễ", "e\u0302\u0303").replace("ệ", "e\u0323\u0302")
        )
        sent = api.ask("POST", "/v1/reports", ha, json=decomposed)
        assert sent.status_code == 201, sent.text
        read = api.ask("GET", f"/v1/reports/{sent.json()['id']}", ha).json()
        assert (read["description"], read["category"]) == (text, "pothole")
    found = api.ask("GET", "/v1/reports", ha, params={"q": "Nguye\u0302\u0303n"}).json()["items"]
    assert len(found) == 1


def test_a_decomposed_text_is_measured_as_it_is_kept(api: Api) -> None:
    """B45: 5,000 signs are 5,000 signs, typed on a Mac or not."""
    sent = api.report(description="e\u0323\u0302" * 5000)
    assert api.ask("POST", "/v1/reports", api.world.resident(), json=sent).status_code == 201


def test_a_step_without_a_version_or_with_an_old_one_changes_nothing(api: Api) -> None:
    """B64."""
    told = api.world.report()
    officer = api.world.officer(told.row.agency_code)
    step = {"id": str(new_id()), "action": "accept"}
    api.as_(officer)
    before = everything()
    path = f"/v1/reports/{told.id}/steps"
    for if_match in ({}, {"If-Match": "*"}, {"If-Match": '"x"'}):
        refused(api.ask("POST", path, officer, json=step, headers=if_match), 428, "precondition-required")
    stale = refused(api.ask("POST", path, officer, json=step, headers={"If-Match": '"7"'}), 412, "stale")
    assert (stale["current"]["version"], stale["current"]["status"]) == (1, "routed")
    for wrong in ({"action": "escalate"}, {"action": "ROUTE"}, {"id": "x"}, {"worker": "{x}"}, {"until": 1}):
        refused(api.ask("POST", path, officer, json=step | wrong, headers={"If-Match": '"1"'}), *INVALID)
    refused(api.ask("POST", path, officer, json=step | {"agency_id": 1}, headers={"If-Match": '"1"'}), *UNKNOWN)
    assert everything() == before


def test_no_report_is_refused_by_an_old_directory(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A web process that has not heard of the new category looks again before it says no."""
    with reading() as session:
        now = rulebook.current(session)
    monkeypatch.setattr(rulebook, "_cached", replace(now, version=now.version - 1, categories={}))
    ha = api.world.resident()
    assert api.ask("POST", "/v1/reports", ha, json=api.report()).status_code == 201
    refused(api.ask("POST", "/v1/reports", ha, json=api.report(category="nothing")), 422, "unknown-category")
