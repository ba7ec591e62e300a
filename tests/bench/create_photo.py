"""The same creation with one 2.5 MB photo sent before it (one shot), beside the same bytes put into the store."""

import io
import json
import os
import random
import tempfile
import threading
import time
from pathlib import Path

from PIL import Image

from media.store_local import FileStore
from tests.bench.cities import Served, served
from tests.bench.create import DEFAULT_SIZE, drafts
from tests.bench.load import Line, Took, closed_loop, must, request
from tests.bench.progress import tell
from tests.bench.table import Row, repeated
from tests.outside.city import new_id

CLIENTS, SECONDS, PHOTO_BYTES, REACH = 32, 6.0, 2_500_000, 0.6


def photo() -> bytes:
    """A JPEG of about PHOTO_BYTES: texture, as cameras make it."""
    noise = Image.effect_noise((1250, 940), 40).resize((2500, 1880), Image.Resampling.BICUBIC)
    picture = Image.merge("RGB", (noise, noise.transpose(Image.Transpose.ROTATE_180), noise))
    best = b""
    for quality in range(70, 100, 3):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality)
        best = out.getvalue()
        if len(best) >= PHOTO_BYTES:
            break
    return best


def form(data: bytes, photo_id: str) -> tuple[bytes, str]:
    """Multipart body and content type of POST /v1/photos."""
    mark = f"bench{photo_id}"
    fields = "".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("id", photo_id), ("kind", "before"))
    )
    head = f'{fields}--{mark}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
    body = (head + "Content-Type: image/jpeg\r\n\r\n").encode() + data + f"\r\n--{mark}--\r\n".encode()
    return body, f"multipart/form-data; boundary={mark}"


def once(place: Served, data: bytes, seconds: float = SECONDS) -> dict[str, float]:
    """Photo, then report naming it; each client its own phone."""
    tokens = [place.city.device().headers["Authorization"].removeprefix("Bearer ") for _ in range(CLIENTS)]
    source, meter = drafts(place.city, random.Random(7)), place.meter()

    async def send(line: Line, number: int) -> None:
        photo_id = new_id()
        body, kind = form(data, photo_id)
        must(await line.ask(request("POST", "/v1/photos", token=tokens[number], body=body, content_type=kind)), 201)
        told = json.dumps(next(source) | {"photos": [photo_id]}, ensure_ascii=False).encode()
        must(await line.ask(request("POST", "/v1/reports", token=tokens[number], body=told)), 201)

    meter.start()
    took = closed_loop(place.base_url, send, clients=CLIENTS, seconds=seconds)
    spent = meter.read()
    return {
        "rate": took.rate, "p50_ms": took.ms(0.5), "p95_ms": took.ms(0.95), "p99_ms": took.ms(0.99),
        **{f"{name}_ms": 1000 * value / took.count for name, value in spent.items()},
    }  # fmt: skip


def bare(data: bytes, folder: Path, seconds: float = 5.0) -> dict[str, float]:
    """The same bytes put into the store of files, fsync and all, by eight threads that do nothing else."""
    store, took = FileStore(folder), Took()
    until = time.perf_counter() + seconds

    def work() -> None:
        while time.perf_counter() < until:
            began = time.perf_counter()
            store.put(f"{new_id()}/original-{os.urandom(8).hex()}", data, "image/jpeg")
            took.seconds.append(time.perf_counter() - began)

    cpu, began = time.process_time(), time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took.wall_s = time.perf_counter() - began
    return {"rate": took.rate, "cpu_ms": 1000 * (time.process_time() - cpu) / took.count}


def run(root: Path, size: int = DEFAULT_SIZE) -> list[Row]:
    """Rows for `./run bench create-photo`."""
    data = photo()
    with tempfile.TemporaryDirectory(dir=root) as folder:
        tell(f"create-photo: {len(data) / 1e6:.1f} MB into the store, bare")
        yardstick = repeated(lambda: bare(data, Path(folder)))
    with served(root, size) as place:
        tell("create-photo: warming up")
        once(place, data, 3.0)
        ours = repeated(lambda: once(place, data))
    ratio = ours["rate"] / yardstick["rate"]
    return [
        {
            "job": f"create with a photo of {len(data) / 1e6:.1f} MB, {CLIENTS} clients", "ours": ours["rate"],
            "yardstick": yardstick["rate"], "unit": "reports/s", "ratio": ratio, "reach": f"≥ {REACH} ×",
            "ok": ratio >= REACH, **ours, "yardstick_cpu_ms": yardstick["cpu_ms"],
        }
    ]  # fmt: skip
