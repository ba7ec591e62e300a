"""Photo pipeline beside bare Pillow: decode + resize to the same sizes + encode, with the same settings.

Same made 12-megapixel JPEG, the median of `ROUNDS` rounds counts. The yardstick does only those three things: no
orientation, metadata, colour profile, hash, placeholder or process of its own.
"""

import io
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image

from media import sandbox
from media.pipeline import RENDITIONS, WEBP_METHOD, WEBP_QUALITY, fitting, render

HERE = Path(__file__).resolve().parents[2]
ROUNDS = 7
REACH_RATIO, REACH_RSS_MB = 0.85, 200


def made_photo() -> bytes:
    """4000 × 3000 pixels of texture at about 3 MB, lying on its side, with a place in its EXIF."""
    texture = Image.effect_noise((1000, 750), 60).resize((4000, 3000), Image.Resampling.BICUBIC)
    colour = Image.merge("RGB", (texture, texture.transpose(Image.Transpose.ROTATE_180), texture.rotate(3)))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "N", 2: (21, 18, 0), 3: "E", 4: (105, 12, 0)})
    out = io.BytesIO()
    colour.save(out, "JPEG", quality=90, exif=exif)
    return out.getvalue()


def bare(data: bytes) -> None:
    """The least that gives the same three files."""
    image = Image.open(io.BytesIO(data))
    image.load()
    for longest in RENDITIONS.values():
        image = image.resize(fitting(image.size, longest), Image.Resampling.LANCZOS)
        image.save(io.BytesIO(), "WEBP", quality=WEBP_QUALITY, method=WEBP_METHOD)


WAYS: dict[str, Callable[[bytes], Any]] = {"bare": bare, "pipeline": render, "sandbox": sandbox.render}


def peak_mb(name: str, data: bytes) -> float:
    """Peak memory of one photo in a process that does nothing else."""
    script = f"from tests.bench.photo import alone; alone({name!r})"
    done = subprocess.run([sys.executable, "-c", script], input=data, capture_output=True, check=True, cwd=HERE)
    return float(done.stdout)


def alone(name: str) -> None:
    """Called in the fresh process: photo on stdin, megabytes on stdout."""
    WAYS[name](sys.stdin.buffer.read())
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def seconds(way: Callable[[bytes], Any], data: bytes) -> float:
    started = time.perf_counter()
    way(data)
    return time.perf_counter() - started


def run() -> list[dict[str, Any]]:
    """Rows for `./run bench photo`: the ways take turns, so that a busy machine slows all of them alike."""
    data = made_photo()
    for way in WAYS.values():
        way(data)
    rounds = [{name: seconds(way, data) for name, way in WAYS.items()} for _ in range(ROUNDS)]
    peak = peak_mb("pipeline", data)  # the sandbox's child runs the same stages
    rows = []
    for name, what in (("pipeline", "all stages, in process"), ("sandbox", "as in production, a process per photo")):
        ratio = median(each["bare"] / each[name] for each in rounds)
        rows.append(
            {
                "job": f"12-megapixel JPEG ({len(data) / 1e6:.1f} MB) → 3 WebP + hash + placeholder: {what}",
                "ours": round(1 / median(each[name] for each in rounds), 2),
                "yardstick": round(1 / median(each["bare"] for each in rounds), 2),
                "unit": "photos/s, one at a time",
                "ratio": round(ratio, 2),
                "reach": f"≥ {REACH_RATIO} ×, ≤ {REACH_RSS_MB} MB",
                "peak_mb": round(peak),
                "ok": ratio >= REACH_RATIO and peak <= REACH_RSS_MB,
            }
        )
    return rows
