"""A backup of a city at work, restored elsewhere: the same report, the same photo, the same unbroken timeline."""

import io
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.outside.city import City, new_id
from tests.outside.conftest import ROOT, Served, without_ours


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(ROOT / "run"), *words], capture_output=True, text=True, timeout=180, check=False, env=without_ours()
    )


def a_photo() -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").resize((640, 480)).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def backup(serve: Callable[..., Served], tmp_path: Path) -> tuple[Path, str, bytes]:
    """A backup made while the city serves, the code of a report in it, and one of its pictures."""
    city: City = serve().city
    resident, photo = city.device(), new_id()
    sent = resident.request(
        "POST", "/v1/photos", data={"id": photo, "kind": "before"}, files={"file": ("a.jpg", a_photo())}
    )
    assert sent.status_code == 201, sent.text
    report = resident.post("/v1/reports", city.draft(photos=[photo]), 201)

    def ready() -> str | None:
        photos = resident.detail(report["code"])["photos"]
        return photos[0]["urls"]["screen"] if photos and photos[0]["status"] == "ready" else None

    picture = resident.request("GET", city.eventually(ready, within_s=30)).content
    done = run("backup", str(tmp_path / "backup"), "--data", str(city.data), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["files"] > 4
    return tmp_path / "backup", report["code"], picture


def test_what_was_backed_up_comes_back_and_nothing_less_is_accepted(
    backup: tuple[Path, str, bytes], serve: Callable[..., Served], tmp_path: Path
) -> None:
    folder, code, picture = backup
    for number, harm in enumerate((cut, change, lose, add)):
        harmed = tmp_path / f"harmed{number}"
        shutil.copytree(folder, harmed)
        harm(harmed)
        refused = run("restore", str(harmed), "--data", str(tmp_path / "never"))
        assert refused.returncode == 4, harm.__name__
        assert not (tmp_path / "never").exists()

    restored = tmp_path / "restored"
    done = run("restore", str(folder), "--data", str(restored))
    assert done.returncode == 0, done.stderr
    assert run("restore", str(folder), "--data", str(restored)).returncode == 4, "never over something"
    assert run("verify", "--data", str(restored)).returncode == 0, "the hash chains hold"

    city = serve(restored).city
    operator = city.staff("operator")
    found = operator.detail(code)
    assert operator.request("GET", found["photos"][0]["urls"]["screen"]).content == picture
    assert operator.get(f"/v1/reports/{code}/timeline")["items"]


def cut(folder: Path) -> None:
    dump = folder / "database.dump"
    dump.write_bytes(dump.read_bytes()[:-100])


def change(folder: Path) -> None:
    dump = folder / "database.dump"
    text = bytearray(dump.read_bytes())
    text[len(text) // 2] ^= 1
    dump.write_bytes(bytes(text))


def lose(folder: Path) -> None:
    next(path for path in (folder / "objects").rglob("*") if path.is_file()).unlink()


def add(folder: Path) -> None:
    (folder / "objects" / "smuggled").write_bytes(b"not ours")
