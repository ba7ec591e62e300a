"""The private PostgreSQL of one data folder: made, started after whatever happened, stopped.

fsync and synchronous_commit stay on: a machine that crashes loses no acknowledged report. `fast` turns them off
for tests that are not about durability, and lets the application role create databases from a template.
"""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from kit.embedded_folder import port_is_free
from kit.embedded_host import Keeper, PartFailed, PartsMissing, end_leftovers
from kit.embedded_process import ServerProcess, wait_until

ROLE = DATABASE = "hien_truong"
EXTENSIONS = ("postgis", "pg_trgm", "btree_gist")
STOP_MODES = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}
RECOVERY_S = 300.0  # After a crash the log is replayed before the server is ready.

# Statements and their values may name people: neither goes into the log.
SETTINGS = """\
# Written at every start. Put what you want otherwise into tuning.conf beside this file.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 8MB
maintenance_work_mem = 64MB
max_wal_size = 1GB
checkpoint_timeout = 10min
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
password_encryption = 'scram-sha-256'
logging_collector = on
log_directory = '{logs}'
log_filename = 'postgres-%a.log'
log_file_mode = 0600
log_rotation_age = 1d
log_truncate_on_rotation = on
log_line_prefix = '%m [%p] '
log_min_error_statement = panic
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
{durability}
include_if_exists = 'tuning.conf'
"""
DURABLE = "fsync = on\nsynchronous_commit = on\nfull_page_writes = on"
FAST = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off"
# The owner of the machine's folder is the superuser, by who he is; everyone else needs the password.
ACCESS = """\
local all postgres                peer map=keeper
local all all                     scram-sha-256
host  all postgres 0.0.0.0/0      reject
host  all all      127.0.0.1/32   scram-sha-256
"""


class Postgres:
    """One cluster. `start` and `stop` may be called again and again; nothing here knows the tables."""

    def __init__(self, *, keeper: Keeper, sockets: Path, logs: Path, fast: bool = False) -> None:
        self.data = keeper.home / "pg"
        self.sockets = sockets
        self.port = 0
        self._keeper, self._logs, self._fast = keeper, logs, fast
        self.process = ServerProcess("postgres", logs / "first-words.log")

    def clear_leftovers(self) -> None:
        """End the cluster's earlier life, if it is still running, and what it left behind.

        PostgreSQL trusts a process number in postmaster.pid. After a crash of the machine that number may belong
        to a stranger; once nobody runs in the folder any more, the file can only be stale.
        """
        end_leftovers(self.data, "postgres", first=self._written_pid(), gently=signal.SIGINT)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for stale in self.sockets.glob(".s.PGSQL.*"):
            stale.unlink(missing_ok=True)

    def start(self, port: int) -> None:
        """Start on loopback `port` and wait until it answers; makes the cluster first where there is none."""
        self.port = port
        self._keeper.folder(self._logs)
        programs = find_programs(self._version())
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster(programs)
        self._configure()
        serve = (str(programs / "postgres"), "-D", str(self.data))
        self.process.start(self._keeper.command(*serve, on_orphaned="INT"))
        if not wait_until(lambda: self._is_ready() or not self.process.alive, patience_s=RECOVERY_S):
            raise PartFailed(f"PostgreSQL was not ready after {RECOVERY_S:.0f} s; its log: {self._logs}")
        if not self.process.alive:
            raise PartFailed(f"PostgreSQL did not start:\n{self.process.last_words()}\n{self._log_end()}")

    def provide(self, password: str) -> None:
        """Make role, database and extensions, each only where missing, so that a broken first start heals."""
        with self.connect("postgres") as keeper:
            known = keeper.execute("select 1 from pg_roles where rolname = %s", [ROLE]).fetchone()
            rights = sql.SQL("createdb" if self._fast else "nocreatedb")
            verb = sql.SQL("alter" if known else "create")
            role, secret = sql.Identifier(ROLE), sql.Literal(password)
            plain = sql.SQL("{} role {} login nosuperuser nocreaterole {} password {}")
            keeper.execute(plain.format(verb, role, rights, secret))
            if not keeper.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                keeper.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(DATABASE), role))
        with self.connect(DATABASE) as keeper:
            for name in EXTENSIONS:
                keeper.execute(sql.SQL("create extension if not exists {}").format(sql.Identifier(name)))
            keeper.execute(sql.SQL("alter schema public owner to {}").format(role))

    def keeper_address(self, database: str = DATABASE) -> str:
        """libpq's address of the superuser, who is known by his user on this machine and has no password."""
        return make_conninfo(host=str(self.sockets), port=self.port, user="postgres", dbname=database)

    def connect(self, database: str = DATABASE) -> psycopg.Connection:
        """A superuser's connection in autocommit. For the keeper of the machine only."""
        return psycopg.connect(self.keeper_address(database), autocommit=True)

    def stop(self, mode: str = "fast") -> None:
        """Stop by one of PostgreSQL's three modes; `immediate` is a crash and is recovered from at the next start."""
        self.process.stop(STOP_MODES[mode])

    def _make_cluster(self, programs: Path) -> None:
        """initdb into a folder beside the real one, renamed at the end: a half-made cluster never counts."""
        draft = self.data.with_name("pg.draft")
        shutil.rmtree(draft, ignore_errors=True)
        self._keeper.folder(draft)
        words = ["--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=reject"]
        sync = ["--no-sync"] if self._fast else []
        command = self._keeper.command(str(programs / "initdb"), "-D", str(draft), *words, *sync)
        maker = ServerProcess("initdb", self._logs / "initdb.log")
        maker.start(command)
        wait_until(lambda: not maker.alive, patience_s=120.0)
        if not (draft / "global" / "pg_control").exists() or not (draft / "PG_VERSION").exists():
            maker.stop(signal.SIGKILL)
            raise PartFailed(f"initdb failed:\n{maker.last_words()}")
        draft.rename(self.data)

    def _configure(self) -> None:
        durability = FAST if self._fast else DURABLE
        settings = SETTINGS.format(port=self.port, sockets=self.sockets, logs=self._logs, durability=durability)
        self._keeper.write(self.data / "postgresql.conf", settings)
        self._keeper.write(self.data / "pg_hba.conf", ACCESS)
        peers = "".join(f"keeper {name} postgres\n" for name in self._keeper.peers)
        self._keeper.write(self.data / "pg_ident.conf", peers)

    def _status_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def _written_pid(self) -> int | None:
        lines = self._status_lines()
        return int(lines[0]) if lines and lines[0].strip().isdigit() else None

    def _is_ready(self) -> bool:
        lines = self._status_lines()  # The eighth line of postmaster.pid is the server's state.
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def _version(self) -> str:
        marker = self.data / "PG_VERSION"
        return marker.read_text(encoding="ascii").strip() if marker.exists() else ""

    def _log_end(self, lines: int = 12) -> str:
        logs = sorted(self._logs.glob("postgres-*.log"), key=os.path.getmtime)
        if not logs:
            return ""
        return "\n".join(logs[-1].read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    @property
    def port_was_taken(self) -> bool:
        """Whether a failed start is explained by somebody else listening on the port."""
        return not self.process.alive and not port_is_free(self.port)


def find_programs(version: str = "") -> Path:
    """The folder of PostgreSQL's programs (≥ 15, with PostGIS), of exactly `version` where given."""
    root, shared = Path("/usr/lib/postgresql"), Path("/usr/share/postgresql")
    found = [
        int(place.name)
        for place in root.glob("[1-9]*")
        if (place / "bin" / "postgres").exists() and place.name.isdigit() and int(place.name) >= 15
    ]
    fitting = [number for number in found if version in {"", str(number)}]
    complete = [n for n in fitting if (shared / str(n) / "extension" / "postgis.control").exists()]
    if not complete:
        wanted = version or "15"
        raise PartsMissing(f"PostgreSQL {wanted} with PostGIS is missing (postgresql-{wanted}-postgis-3)")
    return root / str(max(complete)) / "bin"
