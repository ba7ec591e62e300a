"""`backup TARGET`: database, photos and keys of a running or stopped data folder, into a new folder."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from api.cli.archive import (
    DUMP,
    KEPT_SECRETS,
    KEYS,
    OBJECTS,
    PLAIN_FILES,
    copy_tree,
    is_empty,
    write_manifest,
    write_synced,
)
from api.cli.instance import DEFAULT_DATA, opened
from api.cli.migrate import newest_migration
from api.cli.postgres_tools import run_tool
from api.cli.words import tell, words
from kit.embedded_folder import DataFolder
from kit.jobs import machine_now
from kit.settings import Settings


def main(argv: list[str]) -> int:
    """The backup appears under its name only when it is whole."""
    asked = _arguments().parse_args(argv)
    target: Path = asked.target.resolve()
    if not is_empty(target):
        tell("backup-target-used", folder=str(target))
        return 4
    draft = target.with_name(f".{target.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    try:
        with opened(asked.data) as settings:
            made = _copy(settings, DataFolder(asked.data), draft)
        if target.exists():
            target.rmdir()
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    size = sum(entry["bytes"] for entry in made["files"])
    tell("backup-done", files=len(made["files"]), bytes=size, folder=str(target))
    if asked.json:
        print(json.dumps({"folder": str(target), "files": len(made["files"]), "bytes": size}))  # noqa: T201
    return 0


def _copy(settings: Settings, folder: DataFolder, draft: Path) -> dict[str, list[dict[str, int]]]:
    """In this order: anchors never ahead of the database, photos never behind it."""
    for name in PLAIN_FILES:
        if (folder.path / name).exists():
            shutil.copy2(folder.path / name, draft / name)
    kept = {name: value for name, value in folder.read(KEYS).items() if name in KEPT_SECRETS}
    write_synced(draft / KEYS, json.dumps(kept))
    options = ["--format=custom", "--no-owner", "--no-acl", f"--file={draft / DUMP}"]
    options.append("--exclude-table-data=public.spatial_ref_sys")  # PostGIS brings its own rows.
    run_tool("pg_dump", options, database_url=settings.database_url)
    in_files = not settings.s3_endpoint
    if in_files:
        copy_tree(settings.data_dir / OBJECTS, draft / OBJECTS)
    made_at = machine_now().isoformat(timespec="seconds")
    facts = {"made_at": made_at, "migration": newest_migration(), "objects": "files" if in_files else "s3"}
    return write_manifest(draft, facts)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run backup", description=words("backup-about"))
    parser.add_argument("target", type=Path, metavar="TARGET", help=words("backup-target"))
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, metavar="DIR", help=words("serve-data"))
    parser.add_argument("--json", action="store_true")
    return parser
