"""`python -m api COMMAND …`: one table of commands, each imported only when it is asked for.

Exit codes (interfaces.md §1): 0 ok · 1 findings · 2 usage · 3 needs root once · 4 bad input, nothing changed ·
5 data folder in use · 6 a dependency is down · 130 interrupted.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence

import psycopg

from api.cli.words import tell
from kit.embedded import FolderBusy, PartFailed, PartsMissing
from kit.settings import SettingsRefused

Main = Callable[[list[str]], int | None]

# Commands that look after their own instance, or need none.
OWN = {
    "serve": "api.cli.serve",
    "web": "api.cli.web",
    "worker": "api.cli.worker",
    "beat": "api.cli.beat",
    "relay": "api.cli.relay",
    "migrate": "api.cli.migrate",
    "prepare": "api.cli.prepare",
    "backup": "api.cli.backup",
    "restore": "api.cli.restore",
    "verify": "api.cli.verify",
    "simulate": "admin.simulate",
    "bench": "tests.bench.__main__",
    "torture": "tests.torture.__main__",
}
# Commands that work on the database of a running or stopped data folder: it is opened for them, `--data` included.
INSIDE = {
    ("import", "areas"): "admin.imports.areas",
    ("import", "directory"): "admin.imports.directory",
    ("import", "history"): "admin.imports.history",
    ("rebuild-figures",): "admin.indicators.rebuild",
}


def main(argv: Sequence[str]) -> int:
    """Run one command; returns its exit code."""
    command, rest = (argv[0], list(argv[1:])) if argv else ("", [])
    if command in OWN:
        return _finish(_main_of(OWN[command])(rest))
    for words, module in INSIDE.items():
        if tuple(argv[: len(words)]) == words:
            return _inside(module, list(argv[len(words) :]))
    known = sorted({*OWN, *(" ".join(words) for words in INSIDE)})
    tell("cli-unknown-command", command=command or "?", known=", ".join(known))
    return 2


def _inside(module: str, argv: list[str]) -> int:
    """Open the data folder that `--data` names and run the command on its database."""
    from api.cli.instance import opened, split_data

    run = _main_of(module)
    data_dir, rest = split_data(argv)
    if (not rest and module.startswith("admin.imports.")) or {"-h", "--help"} & set(rest):
        return _finish(run(rest or ["--help"]))
    with opened(data_dir):
        return _finish(run(rest))


def _main_of(module: str) -> Main:
    found: Main = importlib.import_module(module).main
    return found


def _finish(code: int | None) -> int:
    return 0 if code is None else code


def run_and_exit(argv: Sequence[str]) -> int:
    """`main`, with what it may raise told in one line instead of a trace."""
    try:
        return main(argv)
    except FolderBusy as busy:
        tell("cli-folder-busy", folder=str(busy.folder), pid=str(busy.pid))
        return 5
    except PartsMissing as missing:
        tell("cli-parts-missing", what=str(missing))
        return 3
    except PartFailed as failed:
        tell("cli-part-failed", what=str(failed))
        return 6
    except SettingsRefused as refused:
        tell("cli-settings-refused", what=str(refused))
        return 2
    except psycopg.OperationalError as down:
        tell("cli-database-down", what=str(down).strip().splitlines()[0])
        return 6
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Who read our output has gone (`| head`); there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(run_and_exit(sys.argv[1:]))
