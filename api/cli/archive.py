"""The form of a backup: a folder with a manifest that knows every file's size and SHA-256."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FORM = 1
MANIFEST, SEAL = "manifest.json", "manifest.sha256"
DUMP, KEYS, OBJECTS = "database.dump", "secrets.json", "objects"
KEPT_SECRETS = ("secret_key", "seal_key", "token_private_key")  # Passwords of the servers are made anew.
PLAIN_FILES = ("anchors.jsonl", "instance.json", "demo.json", "clock.json")


class BackupBroken(RuntimeError):
    """The folder is not, or no longer, the whole backup that was written."""


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_in(folder: Path) -> Iterator[Path]:
    """Every file below `folder`, as paths relative to it, in a stable order."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in {MANIFEST, SEAL}:
            yield path.relative_to(folder)


def write_manifest(folder: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Describe what lies in `folder`; the seal is written last, so that a cut backup has none."""
    files = [
        {"path": str(name), "bytes": (folder / name).stat().st_size, "sha256": digest(folder / name)}
        for name in files_in(folder)
    ]
    manifest = {"form": FORM, **facts, "files": files}
    write_synced(folder / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False))
    write_synced(folder / SEAL, digest(folder / MANIFEST) + "\n")
    return manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a backup whose every file is there and unchanged; raises BackupBroken."""
    try:
        sealed = (folder / SEAL).read_text(encoding="ascii").strip()
        if digest(folder / MANIFEST) != sealed:
            raise BackupBroken(MANIFEST)
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as unreadable:
        raise BackupBroken(f"{MANIFEST}, {SEAL}") from unreadable
    if manifest.get("form") != FORM:
        raise BackupBroken(f"form {manifest.get('form')}")
    known = {entry["path"]: entry for entry in manifest["files"]}
    found = {str(name) for name in files_in(folder)}
    if odd := sorted(set(known) ^ found):
        raise BackupBroken(", ".join(odd[:5]))
    for name, entry in known.items():
        path = folder / name
        if path.stat().st_size != entry["bytes"] or digest(path) != entry["sha256"]:
            raise BackupBroken(name)
    return manifest


def copy_tree(source: Path, target: Path) -> None:
    """Copy the objects; one that is erased while we copy is left out."""
    for name in files_in(source) if source.is_dir() else ():
        if name.name.startswith("."):
            continue  # An upload that is being written.
        (target / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            shutil.copy2(source / name, target / name)
        except FileNotFoundError:
            (target / name).unlink(missing_ok=True)


def write_synced(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def is_empty(folder: Path) -> bool:
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
