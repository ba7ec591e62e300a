"""Durable report creation over HTTP, 32 clients in a closed loop, beside the same rows bare and a bare answer."""

import json
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.bench import bare_rows
from tests.bench.cities import Served, served
from tests.bench.cpu import cpu_of, family_of
from tests.bench.load import Line, closed_loop, must, request
from tests.bench.progress import tell
from tests.bench.table import Row, repeated
from tests.bench.templates import WORDS
from tests.outside.city import City, new_id

CLIENTS, SECONDS, DEFAULT_SIZE = 32, 8.0, 10_000
REACH_PER_CPU, REACH_WEB_MS, REACH_P99_MS = 0.5, 4.0, 250.0
ROOT = Path(__file__).resolve().parents[2]


def drafts(city: City, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Reports as phones make them, spread over the demo's wards and categories."""
    number = 0
    while True:
        draft = city.draft(
            city.demo["categories"][number % len(city.demo["categories"])],
            place=chance.randrange(len(city.demo["points"])),
            description=f"{WORDS[number % len(WORDS)]} (tổ {chance.randrange(1, 40)})",
        )
        place = draft["location"]
        place["lat"], place["lon"] = place["lat"] + chance.gauss(0, 3e-4), place["lon"] + chance.gauss(0, 3e-4)
        yield draft
        number += 1


def once(place: Served, seconds: float = SECONDS) -> dict[str, float]:
    """One round: tokens first, then the loop, then CPU."""
    tokens = [place.city.device().headers["Authorization"].removeprefix("Bearer ") for _ in range(CLIENTS)]
    source = drafts(place.city, random.Random(seconds))
    meter = place.meter()

    async def send(line: Line, number: int) -> None:
        body = json.dumps(next(source), ensure_ascii=False).encode()
        must(await line.ask(request("POST", "/v1/reports", token=tokens[number], body=body)), 201)

    meter.start()
    driver = time.process_time()
    took = closed_loop(place.base_url, send, clients=CLIENTS, seconds=seconds)
    driver = time.process_time() - driver
    spent = meter.read()
    return {
        "rate": took.rate, "p50_ms": took.ms(0.5), "p95_ms": took.ms(0.95), "p99_ms": took.ms(0.99),
        "generator_ms": 1000 * driver / took.count,
        **{f"{name}_ms": 1000 * value / took.count for name, value in spent.items()},
    }  # fmt: skip


def run(root: Path, size: int = DEFAULT_SIZE) -> list[Row]:
    """Rows for `./run bench create`."""
    with served(root, size) as place:
        begun = place.now()
        tell("create: warming up")
        once(place, 3.0)
        ours = repeated(lambda: once(place))
        drained = _drain(place)
        tell("create: the same rows bare")
        with psycopg.connect(place.database_url, autocommit=True) as connection:
            model = bare_rows.Model(connection, begun)
        bare = repeated(lambda: bare_rows.measure(place.database_url, model, 5.0))
    answer = repeated(bare_answer)
    whole = bare["backends_ms"] + bare["driver_ms"]
    per_cpu = whole / ours["front_ms"]
    return [
        {
            "job": f"create, {CLIENTS} clients, {size:,} reports there, per CPU second of web + backends",
            "ours": 1000 / ours["front_ms"], "yardstick": 1000 / whole, "unit": "reports per CPU s", "ratio": per_cpu,
            "reach": f"≥ {REACH_PER_CPU} ×", "ok": per_cpu >= REACH_PER_CPU, **ours,
            "yardstick_rows": model.rows_per_report, "yardstick_driver_ms": bare["driver_ms"],
            "yardstick_backends_ms": bare["backends_ms"], "backends_ratio": bare["backends_ms"] / ours["backends_ms"],
        },
        {
            "job": "create, wall clock, everything embedded on this machine", "ours": ours["rate"],
            "yardstick": bare["rate"], "unit": "reports/s", "ratio": ours["rate"] / bare["rate"],
            "work_behind_done_after_s": drained,
        },
        {
            "job": "create, web CPU per report beside a bare ASGI answer", "ours": ours["web_ms"],
            "yardstick": answer["cpu_ms"], "unit": "ms", "ratio": answer["cpu_ms"] / ours["web_ms"],
            "reach": f"≤ {REACH_WEB_MS} ms", "ok": ours["web_ms"] <= REACH_WEB_MS, "bare_answers_per_s": answer["rate"],
        },
        {
            "job": "create, 99 of 100 answered within", "ours": ours["p99_ms"], "yardstick": bare["p99_ms"],
            "unit": "ms", "reach": f"≤ {REACH_P99_MS:.0f} ms", "ok": ours["p99_ms"] <= REACH_P99_MS,
        },
    ]  # fmt: skip


def _drain(place: Served, within_s: float = 60.0) -> float:
    """Seconds until relay and worker have caught up, at most `within_s`: the yardstick is measured in quiet."""
    began = time.monotonic()
    with psycopg.connect(place.database_url, autocommit=True) as connection:
        while time.monotonic() - began < within_s:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM outbox WHERE stream_no IS NULL)"
                " + (SELECT count(*) FROM job WHERE state IN ('queued', 'running'))"
            ).fetchone()
            if row and row[0] == 0:
                break
            time.sleep(0.5)
    return time.monotonic() - began


@contextmanager
def _bare_server() -> Iterator[tuple[str, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.bare_app", str(port)], cwd=ROOT)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait()


def bare_answer(seconds: float = 4.0) -> dict[str, float]:
    """Rate and CPU of the same requests answered by nothing at all."""
    body = json.dumps({"id": new_id(), "description": WORDS[0] * 2}).encode()
    ready = request("POST", "/v1/reports", token="x" * 380, body=body)

    async def send(line: Line, _number: int) -> None:
        must(await line.ask(ready), 201)

    with _bare_server() as (url, pid):
        closed_loop(url, send, clients=CLIENTS, seconds=1.0)
        before = sum(map(cpu_of, family_of(pid)))
        took = closed_loop(url, send, clients=CLIENTS, seconds=seconds)
        spent = sum(map(cpu_of, family_of(pid))) - before
    return {"rate": took.rate, "cpu_ms": 1000 * spent / took.count}
