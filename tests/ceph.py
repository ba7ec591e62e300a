"""A real S3 for tests: Ceph's object gateway with one monitor and one in-memory disk, from Debian's packages.

Plain daemons in a temporary folder, on loopback, stopped by their own process ids. Nothing of the system's is touched.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

PROGRAMS = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
START_WITHIN_S = 90
_CONF = """
[global]
fsid = {fsid}
mon host = 127.0.0.1:{mon_port}
public addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
osd crush chooseleaf type = 0
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon warn on pool no redundancy = false
osd objectstore = memstore
memstore device bytes = 2147483648
ms bind ipv6 = false
run dir = {home}/run
admin socket = {home}/run/$name.asok
log file = {home}/log/$name.log
mon data = {home}/mon
osd data = {home}/osd
keyring = {home}/keyring
rgw frontends = beast endpoint=127.0.0.1:{port}
rgw dns name = 127.0.0.1
"""


def missing_programs() -> list[str]:
    return [name for name in PROGRAMS if shutil.which(name) is None]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Ceph:
    """One cluster. `start` is called once; `stop` ends its three daemons."""

    home: Path
    access_key: str = "tests"
    secret_key: str = ""
    port: int = 0

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> "Ceph":
        deadline = time.monotonic() + START_WITHIN_S
        for folder in ("mon", "osd", "run", "log"):
            (self.home / folder).mkdir(parents=True)
        self.port, mon_port, fsid = free_port(), free_port(), str(uuid.uuid4())
        self.secret_key = secrets.token_hex(16)
        (self.home / "ceph.conf").write_text(_CONF.format(fsid=fsid, mon_port=mon_port, home=self.home, port=self.port))
        self._start_monitor(fsid, mon_port)
        self._start_disk()
        self._until(lambda: "1 up" in self._run("ceph", "osd", "stat"), deadline, "the disk is not up")
        self._run("radosgw", "-n", "client.admin", "--pid-file", f"{self.home}/run/rgw.pid")
        user = ("user", "create", "--uid=tests", "--display-name=tests")
        keys = (f"--access-key={self.access_key}", f"--secret-key={self.secret_key}")
        self._run("radosgw-admin", "-n", "client.admin", *user, *keys)
        self._until(self._answers, deadline, "the gateway does not answer")
        return self

    def stop(self) -> None:
        for name in ("rgw", "osd", "mon"):
            file = self.home / "run" / f"{name}.pid"
            if file.exists() and file.read_text().strip():
                _end(int(file.read_text()))

    def _start_monitor(self, fsid: str, port: int) -> None:
        ring, map_file = f"{self.home}/keyring", f"{self.home}/monmap"
        everything = [word for part in ("mon", "osd", "mgr") for word in ("--cap", part, "allow *")]
        self._run("ceph-authtool", "--create-keyring", ring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        self._run("ceph-authtool", ring, "--gen-key", "-n", "client.admin", *everything)
        self._run("monmaptool", "--create", "--add", "a", f"127.0.0.1:{port}", "--fsid", fsid, map_file)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", map_file, "--keyring", ring)
        self._run("ceph-mon", "-i", "a", "--pid-file", f"{self.home}/run/mon.pid")

    def _start_disk(self) -> None:
        """The disk's key must be known to the monitor before the disk is made, else the gateway waits for ever."""
        disk, ring = str(uuid.uuid4()), f"{self.home}/keyring"
        self._run("ceph", "osd", "new", disk)
        key = self._run("ceph-authtool", "--gen-print-key").strip()
        caps = ("--cap", "mon", "allow profile osd", "--cap", "osd", "allow *", "--cap", "mgr", "allow profile osd")
        self._run("ceph-authtool", ring, "-n", "osd.0", "--add-key", key, *caps)
        self._run("ceph", "auth", "import", "-i", ring)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk)
        self._run("ceph-osd", "-i", "0", "--pid-file", f"{self.home}/run/osd.pid")

    def _run(self, program: str, *words: str) -> str:
        environ = os.environ | {"CEPH_CONF": f"{self.home}/ceph.conf"}
        log = (self.home / "log" / f"{program}.out").open("ab")  # daemons keep it open: a pipe would never end
        with log, (self.home / "log" / "answer").open("wb+") as answer:
            subprocess.run(
                [program, *words], env=environ, stdin=subprocess.DEVNULL, stdout=answer, stderr=log, check=True,
                timeout=START_WITHIN_S,
            )  # fmt: skip
            answer.seek(0)
            return answer.read().decode()

    def _answers(self) -> bool:
        try:
            with urlopen(f"http://{self.endpoint}/", timeout=2):
                return True
        except (URLError, OSError):
            return False

    @staticmethod
    def _until(question, deadline: float, complaint: str) -> None:
        while not question():
            if time.monotonic() > deadline:
                raise TimeoutError(complaint)
            time.sleep(0.2)


def _end(pid: int, patience_s: float = 10) -> None:
    """Ask, wait, insist."""
    try:
        os.kill(pid, signal.SIGTERM)
        for _ in range(int(patience_s * 10)):
            time.sleep(0.1)
            os.kill(pid, 0)
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
