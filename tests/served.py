"""A started server for tests that know only its address: `serve` with the demo province, stopped by SIGTERM."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
READY_WITHIN_S = 180.0
STOP_WITHIN_S = 30.0


@dataclass(frozen=True)
class Served:
    """Where it answers, and what demo.json said when it was ready."""

    base_url: str
    data_dir: Path
    demo: dict[str, Any]

    def account(self, role: str, *, agency: str | None = None) -> dict[str, Any]:
        """A demo account by role, of an agency where one is named."""
        return next(
            account
            for account in self.demo["accounts"]
            if account["role"] == role and agency in (None, account.get("agency"))
        )


@contextmanager
def serving(data_dir: Path) -> Iterator[Served]:
    """Start `serve` on a free port and wait for its one line."""
    command = [sys.executable, "-m", "api", "serve", "--port", "0", "--data", str(data_dir), "--profile", "demo"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HT_")}
    with (data_dir.parent / f"{data_dir.name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=clean, stdout=subprocess.PIPE, stderr=log)
        try:
            base_url = _ready(process, Path(log.name))
            yield Served(base_url, data_dir, json.loads((data_dir / "demo.json").read_text("utf-8")))
        finally:
            process.terminate()
            try:
                process.wait(STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()


def _ready(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """The address of the line `ready http://…`; RuntimeError with the log's end when it does not come."""
    assert process.stdout
    deadline, said = time.monotonic() + READY_WITHIN_S, b""
    while time.monotonic() < deadline and process.poll() is None:
        if select.select([process.stdout], [], [], 0.2)[0]:
            said += os.read(process.stdout.fileno(), 4096)
        for line in said.splitlines():
            if line.startswith(b"ready http") and said.endswith(b"\n"):
                return line.split()[1].decode()
    raise RuntimeError(f"serve did not get ready: {log.read_text('utf-8', 'replace')[-3000:]}")
