"""create → accept → assign → resolve → read, through the public API, with 10 k, 100 k and 1 M reports already there."""

import json
import random
from pathlib import Path
from typing import Any

from tests.bench.cities import Served, served
from tests.bench.create import drafts
from tests.bench.load import Answer, Line, closed_loop, must, request
from tests.bench.progress import tell
from tests.bench.table import Row, repeated
from tests.outside.city import City, new_id

CLIENTS, SECONDS = 8, 10.0
SIZES, FULL_SIZE = (10_000, 100_000, 1_000_000), 10_000_000
REACH = {100_000: 0.9, 1_000_000: 0.9, FULL_SIZE: 0.8}
AGENCY = "ubnd-07900"


def _token(caller: Any) -> str:
    return str(caller.headers["Authorization"]).removeprefix("Bearer ")


class Lives:
    """Whole lives of reports of one ward: its officer works, phones send."""

    def __init__(self, city: City) -> None:
        city.relogin()
        self.officer = _token(city.staff("officer", AGENCY))
        self.phones = [_token(city.device()) for _ in range(CLIENTS)]
        self.worker = next(a["id"] for a in city.accounts("field_worker") if a["agency"] == AGENCY)
        self.drafts = drafts(city, random.Random(3))
        self.home = city.demo["points"][0]

    async def one(self, line: Line, number: int) -> None:
        draft = next(self.drafts) | {"category": "pothole"}
        draft["location"] = {"lat": self.home["lat"], "lon": self.home["lon"], "source": "map"}
        body = json.dumps(draft, ensure_ascii=False).encode()
        must(await line.ask(request("POST", "/v1/reports", token=self.phones[number], body=body)), 201)
        path, version = f"/v1/reports/{draft['id']}", '"1"'
        for action, facts in (
            ("accept", {}),
            ("assign", {"worker": self.worker}),
            ("submit_result", {"text": "Đã vá xong", "no_photo_reason": "Máy ảnh hỏng"}),
        ):
            answer = await self._step(line, path, version, action, facts)
            version = answer.header(b"etag")
        read = must(await line.ask(request("GET", path, token=self.phones[number])), 200)
        if read.json()["status"] != "resolved":
            raise AssertionError(read.json()["status"])

    async def _step(self, line: Line, path: str, version: str, action: str, facts: dict[str, Any]) -> Answer:
        body = json.dumps({"id": new_id(), "action": action, **facts}).encode()
        ready = request("POST", f"{path}/steps", token=self.officer, body=body, if_match=version)
        return must(await line.ask(ready), 200)


def once(place: Served, seconds: float = SECONDS) -> dict[str, float]:
    """One round; five requests a life."""
    lives, meter = Lives(place.city), place.meter()
    meter.start()
    took = closed_loop(place.base_url, lives.one, clients=CLIENTS, seconds=seconds)
    spent = meter.read()
    return {
        "rate": took.rate, "p50_ms": took.ms(0.5), "p95_ms": took.ms(0.95), "p99_ms": took.ms(0.99),
        **{f"{name}_ms": 1000 * value / took.count for name, value in spent.items()},
    }  # fmt: skip


def run(root: Path, size: int | None = None, *, full: bool = False) -> list[Row]:
    """Rows for `./run bench lifecycle`: the first size is the yardstick of the others."""
    sizes = [SIZES[0], size] if size else [*SIZES, *([FULL_SIZE] if full else [])]
    rows: list[Row] = []
    first: dict[str, float] | None = None
    for count in dict.fromkeys(sizes):
        with served(root, count) as place:
            tell(f"lifecycle with {count:,} reports there")
            once(place, 4.0)
            ours = repeated(lambda place=place: once(place))  # type: ignore[misc]
        first = first or ours
        reach = REACH.get(count)
        # Per CPU second: what stands behind (worker, relay) shares the two cores with what is measured.
        ratio = first["front_ms"] / ours["front_ms"]
        rows.append(
            {
                "job": f"create → accept → assign → resolve → read, {count:,} reports there",
                "ours": 1000 / ours["front_ms"], "yardstick": 1000 / first["front_ms"], "unit": "lives per CPU s",
                "ratio": ratio, "reach": f"≥ {reach} × of {SIZES[0]:,}" if reach else "",
                "ok": ratio >= reach if reach else None, "wall_ratio": ours["rate"] / first["rate"], **ours,
            }
        )  # fmt: skip
    return rows
