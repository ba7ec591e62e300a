"""`serve`: the arguments, the one line `ready URL` on stdout, and the page of a first start."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from api.cli.instance import DEFAULT_DATA, REMEMBERED
from api.cli.page import print_page
from api.cli.words import tell, words
from api.serve import Plan, PortTaken, Supervisor
from kit.embedded_folder import DataFolder


def main(argv: list[str]) -> int:
    """Serve until told to stop; the exit code says why it ended."""
    asked = _arguments().parse_args(argv)
    plan = Plan(
        data_dir=asked.data,
        host=asked.host,
        port=asked.port,
        profile=asked.profile,
        web_processes=asked.workers,
    )
    if plan.profile == "prod" and _holds_a_demo(plan.data_dir):
        tell("cli-demo-in-prod")
        return 2

    def when_ready(base_url: str) -> None:
        print(f"ready {base_url}", flush=True)  # noqa: T201 - the contract with whoever started us
        if asked.page:
            print_page(base_url, plan.data_dir)

    try:
        return Supervisor(plan, when_ready=when_ready).run()
    except PortTaken:
        tell("cli-port-taken", host=plan.host, port=str(plan.port))
        return 6


def _holds_a_demo(data_dir: Path) -> bool:
    """Whether this folder was ever served as a demo: then its database has accounts whose passwords were printed."""
    remembered = DataFolder(data_dir).read(REMEMBERED)
    return (data_dir / "demo.json").exists() or remembered.get("profile") == "demo"


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run serve", description=words("serve-about"))
    parser.add_argument("--port", type=int, default=8000, help=words("serve-port"))
    parser.add_argument("--host", default="127.0.0.1", help=words("serve-host"))
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, metavar="DIR", help=words("serve-data"))
    profile = os.environ.get("HT_PROFILE", "demo")
    parser.add_argument("--profile", choices=["demo", "prod"], default=profile, help=words("serve-profile"))
    parser.add_argument("--workers", type=_processes, default=2, metavar="N", help=words("serve-workers"))
    parser.add_argument("--page", action="store_true", help=words("serve-page"))
    return parser


def _processes(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise ValueError(text)
    return number
