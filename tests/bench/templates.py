"""A few hundred reports that really lived: sent, accepted, worked on, answered, disputed, through the public API.

The city's clock moves between the phases, so that their clocks, breaches and durations are those of real days. All
other reports of a benchmark city are copies of these (`tests.bench.fill`).
"""

import time
from collections.abc import Iterable
from typing import Any

import psycopg

from tests.bench.progress import tell
from tests.outside.city import Caller, City

# Steps of the officer (o) and the sender (s) by phase; between two phases the city's clock moves by HOURS.
HOURS = (3, 21, 26, 47)
LIVES: tuple[tuple[tuple[str, str], ...], ...] = (
    (("o", "accept"), ("o", "start"), ("o", "submit_result"), ("s", "close")),
    (("o", "accept"), ("o", "submit_result"), ("s", "rate"), ("s", "close")),
    (("", ""), ("o", "accept"), ("o", "submit_result"), ("s", "close")),
    (("o", "accept"), ("o", "ask_citizen"), ("s", "answer"), ("o", "submit_result+close")),
    (("o", "reject"),),
    (("o", "accept"), ("o", "submit_result"), ("s", "reopen"), ("o", "submit_result+close")),
    (("o", "accept"), ("o", "start")),
    (("o", "accept"),),
    (),
    (("", ""), ("", ""), ("", ""), ("o", "accept")),
    (("o", "accept"), ("o", "ask_citizen")),
    (("o", "accept"), ("", ""), ("", ""), ("o", "submit_result")),
)
FACTS: dict[str, dict[str, Any]] = {
    "submit_result": {"text": "Đã xử lý xong tại hiện trường", "no_photo_reason": "Trời tối, máy ảnh hỏng"},
    "ask_citizen": {"text": "Xin cho biết thêm vị trí cụ thể?"},
    "answer": {"text": "Ngay đầu ngõ, cạnh cột điện thứ hai"},
    "reject": {"reason_code": "not-found", "text": "Đã đến nơi, không còn hiện tượng như phản ánh"},
    "rate": {"rating": "satisfied"},
    "reopen": {"text": "Hôm sau lại như cũ"},
}
WORDS = (
    "Đèn đường không sáng, ngõ tối, trẻ em đi học về không an toàn",
    "Ổ gà sâu giữa đường, mưa xuống không nhìn thấy, đã có người ngã xe",
    "Rác thải chất đống trước cổng chợ, bốc mùi nhiều ngày chưa thu gom",
    "Nắp cống bị vỡ, nguy hiểm cho người đi bộ vào buổi tối",
    "Karaoke di động quá 22 giờ, cả khu phố không ngủ được",
    "Nước thải xả thẳng ra mương, cá chết nổi trắng",
)


def make_templates(city: City, count: int) -> int:
    """Let `count` reports live through all phases; returns how many did. Places and kinds come from demo.json."""
    reasons = {item["code"] for item in Caller(city).get("/v1/reasons")["items"]}
    FACTS["reject"]["reason_code"] = "not-found" if "not-found" in reasons else min(reasons)
    reports = list(_send(city, count))
    for phase, hours in enumerate(HOURS):
        city.move_clock(hours=hours)
        tell(f"template reports: phase {phase + 1} of {len(HOURS)}")
        for report in reports:
            if phase < len(report["life"]) and report["life"][phase][0]:
                _act(city, report, *report["life"][phase])
    return len(reports)


def _send(city: City, count: int) -> Iterable[dict[str, Any]]:
    officers = {account["agency"] for account in city.accounts("officer")}
    categories, phone = city.demo["categories"], city.device()
    for number in range(count):
        draft = city.draft(
            categories[number % len(categories)],
            place=number // len(categories),
            description=WORDS[number % len(WORDS)],
            address=f"Số {number % 90 + 1}, tổ {number % 14 + 1}",
        )
        sent = phone.post("/v1/reports", draft, 201)
        agency = sent["agency"]["code"]
        if sent["status"] == "routed" and agency in officers:
            # Ten in twelve lives end; the wheel turns by another number than the categories'.
            life = LIVES[(number // 3 + number) % len(LIVES)]
            yield {"id": sent["id"], "secret": sent["receipt"]["secret"], "agency": agency, "life": life}


def _act(city: City, report: dict[str, Any], who: str, actions: str) -> None:
    """One or two steps; the sender acts by his receipt's secret, since access tokens age with the city's clock."""
    for action in actions.split("+"):
        by_sender = who == "s" or action == "close"
        officer = city.staff("officer", report["agency"])
        caller = Caller(city, {"X-Report-Secret": report["secret"]}) if by_sender else officer
        path = f"/v1/reports/{report['id']}/allowed-steps"
        if caller.get(path)["status"] == "awaiting_approval":
            city.staff("officer", report["agency"], -1).step(report["id"], "approve_result")
        if action in caller.get(path)["allowed"]:
            caller.step(report["id"], action, **FACTS.get(action, {}))


def wait_for_facts(database_url: str, reports: int, *, within_s: float = 120.0) -> None:
    """Until the worker has derived the facts of every report."""
    until = time.monotonic() + within_s
    with psycopg.connect(database_url, autocommit=True) as connection:
        while True:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM report_fact), (SELECT count(*) FROM outbox WHERE stream_no IS NULL),"
                " (SELECT count(*) FROM job WHERE task = 'figures.refresh' AND state = 'queued')"
            ).fetchone()
            if row and row[0] >= reports and row[1] == row[2] == 0:
                return
            if time.monotonic() > until:
                raise TimeoutError(f"facts, outbox, jobs after {within_s:.0f} s: {row}")
            time.sleep(0.5)
