"""pg_dump and pg_restore of the installed PostgreSQL, without a password on any command line."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from psycopg.conninfo import conninfo_to_dict

from kit.embedded import PartFailed
from kit.embedded_postgres import find_programs


def run_tool(name: str, words: Sequence[str], *, database_url: str | None = None) -> str:
    """Run one of PostgreSQL's programs against a database; its stdout. Raises PartFailed with its last words."""
    command = [str(find_programs() / name), *words]
    environ = os.environ | (_connection(database_url) if database_url else {})
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PartFailed(f"{name}: {done.stderr.strip()[-600:]}")
    return done.stdout


def _connection(database_url: str) -> dict[str, str]:
    """libpq's variables for an address; a password among them is seen by the same user only."""
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
    parts = conninfo_to_dict(database_url)
    return {variable: str(parts[name]) for name, variable in names.items() if parts.get(name)}
