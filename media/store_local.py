"""Objects as files under the data directory (the embedded default), and in memory (tests)."""

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from kit.jobs import machine_now
from kit.problems import Unavailable
from media.objects import ObjectMissing, Stat, checked, shelf_of


class FileStore:
    """`root/{originals|renditions}/{last two hex digits of the photo id}/{photo id}_{rendition}-{hash}`, mode 0600."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _path(self, key: str) -> Path:
        photo_id, name = checked(key).split("/")
        return self.root / shelf_of(key) / photo_id[-2:] / f"{photo_id}_{name}"

    def put(self, key: str, data: bytes, content_type: str) -> None:  # noqa: ARG002 - the shape of the door
        """Written aside, synced, then renamed: a reader or a crash never meets half a file."""
        target = self._path(key)
        try:
            _make_folder(target.parent)
            aside = target.parent / f".{secrets.token_hex(8)}.tmp"
            try:
                with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(aside, target)
            except OSError:
                aside.unlink(missing_ok=True)
                raise
            _sync_folder(target.parent)
        except OSError as full_or_broken:
            raise Unavailable(retry_after=30) from full_or_broken

    def get(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as missing:
            raise ObjectMissing() from missing

    def stat(self, key: str) -> Stat:
        try:
            found = self._path(key).stat()
        except FileNotFoundError as missing:
            raise ObjectMissing() from missing
        return Stat(key=key, bytes=found.st_size, written_at=datetime.fromtimestamp(found.st_mtime, UTC))

    def delete(self, key: str) -> None:
        path = self._path(key)
        path.unlink(missing_ok=True)
        if path.parent.exists():
            _sync_folder(path.parent)

    def list(self, prefix: str = "", *, older_than: datetime | None = None) -> Iterator[Stat]:
        drawers = f"*/{prefix[34:36]}" if len(prefix) >= 36 else "*/*"
        for drawer in self.root.glob(drawers):
            for entry in os.scandir(drawer):
                key = entry.name.replace("_", "/", 1)
                with suppress(ObjectMissing):  # half-written files of a crash, and files deleted meanwhile
                    found = self.stat(key)
                    if key.startswith(prefix) and (older_than is None or found.written_at < older_than):
                        yield found

    def presign(self, key: str, seconds: int) -> str | None:  # noqa: ARG002 - the shape of the door
        return None

    def tidy(self, older_than: datetime) -> int:
        removed = 0
        for aside in self.root.glob("*/*/.*.tmp"):
            with suppress(FileNotFoundError):
                if datetime.fromtimestamp(aside.stat().st_mtime, UTC) < older_than:
                    aside.unlink()
                    removed += 1
        return removed


class MemoryStore:
    """The same, for tests that are not about storage."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, datetime]] = {}

    def put(self, key: str, data: bytes, content_type: str) -> None:  # noqa: ARG002 - the shape of the door
        self.objects[checked(key)] = (data, machine_now())

    def get(self, key: str) -> bytes:
        if checked(key) not in self.objects:
            raise ObjectMissing()
        return self.objects[key][0]

    def stat(self, key: str) -> Stat:
        return Stat(key=key, bytes=len(self.get(key)), written_at=self.objects[key][1])

    def delete(self, key: str) -> None:
        self.objects.pop(checked(key), None)

    def list(self, prefix: str = "", *, older_than: datetime | None = None) -> Iterator[Stat]:
        for key in [key for key in self.objects if key.startswith(prefix)]:
            found = self.stat(key)
            if older_than is None or found.written_at < older_than:
                yield found

    def tidy(self, older_than: datetime) -> int:  # noqa: ARG002 - the shape of the door
        return 0

    def presign(self, key: str, seconds: int) -> str | None:  # noqa: ARG002 - the shape of the door
        return None


def _make_folder(folder: Path) -> None:
    """With its parents; each new entry is synced, else a power cut could take the folder and the photo in it."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
