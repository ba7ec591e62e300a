"""`restore SOURCE`: a new data folder from a backup. Everything is checked before anything is written."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import psycopg
from psycopg import sql

from api.cli.archive import (
    DUMP,
    KEYS,
    OBJECTS,
    PLAIN_FILES,
    BackupBroken,
    copy_tree,
    is_empty,
    read_manifest,
    write_synced,
)
from api.cli.instance import DEFAULT_DATA, given_settings
from api.cli.migrate import bring_up_to_date
from api.cli.postgres_tools import run_tool
from api.cli.words import tell, words
from kit.embedded import Embedded
from kit.embedded_folder import DataFolder, write_private


def main(argv: list[str]) -> int:
    """The data folder exists afterwards whole or not at all."""
    asked = _arguments().parse_args(argv)
    source, data_dir = asked.source.resolve(), asked.data.resolve()
    if not is_empty(data_dir):
        tell("restore-data-used", folder=str(data_dir))
        return 4
    try:
        read_manifest(source)
    except BackupBroken as broken:
        tell("restore-broken", what=str(broken))
        return 4
    folder = DataFolder(data_dir)
    try:
        _restore(source, folder)
    except BaseException:
        shutil.rmtree(data_dir, ignore_errors=True)
        raise
    tell("restore-done", folder=str(data_dir))
    if asked.json:
        print(json.dumps({"folder": str(data_dir)}))  # noqa: T201 - results go to stdout
    return 0


def _restore(source: Path, folder: DataFolder) -> None:
    folder.prepare()
    for name in (*PLAIN_FILES, KEYS):
        if (source / name).exists():
            write_private(folder.path / name, (source / name).read_text(encoding="utf-8"))
    copy_tree(source / OBJECTS, folder.path / OBJECTS)
    given = given_settings().get("HT_DATABASE_URL")
    if given:
        _fill(source / DUMP, given, folder, keeper=given)
        return
    with Embedded(folder.path, broker=False) as parts:
        _fill(source / DUMP, parts.database_url, folder, keeper=parts.keeper_address)


def _fill(dump: Path, database_url: str, folder: DataFolder, *, keeper: str) -> None:
    """Extensions by who may make them, everything else by the application's role."""
    listing = run_tool("pg_restore", ["--list", str(dump)]).splitlines()
    with psycopg.connect(keeper, autocommit=True) as link:
        for name in (line.split(" EXTENSION - ")[1].split()[0] for line in listing if " EXTENSION - " in line):
            if not name.startswith("COMMENT"):
                link.execute(sql.SQL("create extension if not exists {}").format(sql.Identifier(name)))
    wanted = folder.path / "run" / "restore.list"
    own = [line for line in listing if " EXTENSION " not in line and " SCHEMA " not in line]
    write_synced(wanted, "\n".join(own) + "\n")
    options = ["--no-owner", "--no-acl", "--exit-on-error", f"--use-list={wanted}", "--dbname=", str(dump)]
    run_tool("pg_restore", options, database_url=database_url)
    wanted.unlink()
    with psycopg.connect(database_url, autocommit=True) as link:
        link.execute("analyze")
    bring_up_to_date(database_url)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run restore", description=words("restore-about"))
    parser.add_argument("source", type=Path, metavar="SOURCE", help=words("restore-source"))
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, metavar="DIR", help=words("serve-data"))
    parser.add_argument("--json", action="store_true")
    return parser
