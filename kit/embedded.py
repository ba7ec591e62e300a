"""The private PostgreSQL and Redis of one data folder, as one thing: start, stop, addresses, and mending.

    with Embedded(Path(".data")) as parts:
        connect(parts.database_url)

One instance per folder (FolderBusy), any writable folder, root or ordinary user. The servers are children of the
caller and end with it, also when it is killed. Start from the main thread: Linux tells a child of its parent's
death by thread.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from kit.embedded_folder import DataFolder, FolderBusy
from kit.embedded_host import Keeper, PartFailed, PartsMissing, choose_keeper, socket_folder
from kit.embedded_postgres import DATABASE, ROLE, Postgres
from kit.embedded_redis import Redis

__all__ = ["Addresses", "Embedded", "FolderBusy", "PartFailed", "PartsMissing", "running_addresses"]

PORT_NAMES = ("postgres", "redis")
READY = "pg.ready"  # Written once role, database and extensions are made; a new password makes them anew.


class Addresses:
    """Where the parts of a folder answer. Contains passwords: never log it."""

    def __init__(self, folder: DataFolder, ports: dict[str, int]) -> None:
        password, broker = folder.secret("database_password"), folder.secret("broker_password")
        place = f"127.0.0.1:{ports['postgres']}/{DATABASE}"
        self.database_url = f"postgresql://{ROLE}:{quote(password)}@{place}"
        self.broker_url = f"redis://:{quote(broker)}@127.0.0.1:{ports['redis']}/0"


def running_addresses(data_dir: Path | str) -> Addresses | None:
    """The addresses of an instance that another process runs in this folder; None where nobody does."""
    folder = DataFolder(data_dir)
    ports = {name: int(port) for name, port in folder.read("ports.json").items()}
    if folder.holder() is None or any(name not in ports for name in PORT_NAMES):
        return None
    return Addresses(folder, ports)


class Embedded:
    """Both servers of one folder. `fast` gives up durability, for tests that are not about it."""

    def __init__(self, data_dir: Path | str, *, fast: bool = False, database: bool = True, broker: bool = True) -> None:
        self.folder = DataFolder(data_dir)
        self._fast, self._wants_database, self._wants_broker = fast, database, broker
        self.postgres: Postgres | None = None
        self.redis: Redis | None = None
        self.addresses: Addresses | None = None

    def start(self) -> None:
        """Start what is not running. Raises FolderBusy, PartsMissing or PartFailed; then nothing is left running."""
        if self.postgres_pid or self.redis_pid:
            self.mend()
            return
        self.folder.lock()
        try:
            keeper = choose_keeper(self.folder)
            self._prepare(keeper)
            self._start_on_free_ports()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both, Redis first, and give the folder free. Does nothing where nothing runs."""
        try:
            if self.redis:
                self.redis.stop()
        finally:
            try:
                if self.postgres:
                    self.postgres.stop()
            finally:
                self.folder.unlock()

    def __enter__(self) -> Embedded:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # ── addresses ───────────────────────────────────────────────────────────────────────────────────

    @property
    def database_url(self) -> str:
        """The address (libpq form) of the application's database; the role is no superuser."""
        return self._known.database_url

    @property
    def keeper_address(self) -> str:
        """libpq's address of a superuser, through the private socket; of use to the owner of the folder only."""
        if self.postgres is None:
            raise PartFailed("there is no embedded database")
        return self.postgres.keeper_address()

    @property
    def broker_url(self) -> str:
        return self._known.broker_url

    @property
    def postgres_pid(self) -> int:
        """The server's process (its helpers are its children); 0 while it does not run."""
        return self.postgres.process.pid if self.postgres else 0

    @property
    def redis_pid(self) -> int:
        return self.redis.process.pid if self.redis else 0

    @property
    def _known(self) -> Addresses:
        if self.addresses is None:
            raise PartFailed("the embedded parts have not been started")
        return self.addresses

    # ── mending and breaking ────────────────────────────────────────────────────────────────────────

    def restart_postgres(self, mode: str = "fast") -> None:
        """Stop PostgreSQL by `smart`, `fast` or `immediate` (a crash) and start it on the same port."""
        if self.postgres:
            self.postgres.stop(mode)
            self.postgres.clear_leftovers()
            self.postgres.start(self.postgres.port)

    def restart_redis(self) -> None:
        """Stop Redis and start it on the same port, with what its journal holds."""
        if self.redis:
            self.redis.stop()
            self.redis.clear_leftovers()
            self.redis.start(self.redis.port, self.folder.secret("broker_password"))

    def mend(self) -> list[str]:
        """Start again what has died, on the same port; the names of what was started."""
        mended = []
        if self.postgres and not self.postgres.process.alive:
            self.restart_postgres()
            mended.append("postgres")
        if self.redis and not self.redis.process.alive:
            self.restart_redis()
            mended.append("redis")
        return mended

    # ── first steps ─────────────────────────────────────────────────────────────────────────────────

    def _prepare(self, keeper: Keeper) -> None:
        logs = self.folder.path / "log"
        if keeper.home != self.folder.path:
            logs = keeper.folder(keeper.home / "log")
        if self._wants_database and self.postgres is None:
            sockets = socket_folder(self.folder, keeper)
            self.postgres = Postgres(keeper=keeper, sockets=sockets, logs=logs / "postgres", fast=self._fast)
        if self._wants_broker and self.redis is None:
            self.redis = Redis(keeper=keeper, logs=logs / "redis", fast=self._fast)
        for part in (self.postgres, self.redis):
            if part:
                part.clear_leftovers()

    def _start_on_free_ports(self, tries: int = 3) -> None:
        """Somebody may take a port between our look and our start; then look again."""
        for attempt in range(tries):
            ports = self.folder.ports(PORT_NAMES, anew=attempt > 0)
            self.addresses = Addresses(self.folder, ports)
            try:
                self._start_parts(ports)
            except PartFailed:
                taken = self.postgres is not None and self.postgres.port_was_taken
                if attempt + 1 == tries or not taken:
                    raise
                if self.redis:
                    self.redis.stop()
            else:
                return

    def _start_parts(self, ports: dict[str, int]) -> None:
        if self.redis:
            self.redis.start(ports["redis"], self.folder.secret("broker_password"))
        if self.postgres:
            self.postgres.start(ports["postgres"])
            self._provide_once(self.postgres)

    def _provide_once(self, postgres: Postgres) -> None:
        password = self.folder.secret("database_password")
        marker = {"role": ROLE, "fast": self._fast, "password_mark": sha256(password.encode()).hexdigest()[:8]}
        if self.folder.read(READY) != marker:
            postgres.provide(password)
            self.folder.write(READY, marker)
