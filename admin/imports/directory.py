"""`./run import directory DIR`: the city's directory from YAML, checked first, shown as a diff, applied whole.

Exit 0 applied (or nothing to do), 4 refused: every reason is printed and nothing was changed. After an edited
calendar the open promises that live by it are computed again, a few hundred reports per transaction; if that is cut
short, `--recalculate` does it again from the start, and what is right already stays.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import select
from tqdm import tqdm

from admin.directory import apply_plan, as_json, plan_edit
from admin.directory_plan import Change, Plan
from admin.imports.areas import BAD_INPUT, OK, WORDS
from admin.imports.directory_files import FILES, DirectoryFiles, Finding, read_folder
from dispatch.recalculate import recalculate
from dispatch.tables.directory import WorkCalendar
from kit.clock import utc_now
from kit.db import reading, unit_of_work
from kit.settings import get_settings
from kit.words import LOCALES

SHOWN = 60  # lines of the diff in the readable text; the JSON has all
SIGNS = {"added": "+", "changed": "~", "ended": "-"}


def main(argv: Sequence[str]) -> int:
    """Read the command line (without `./run import directory`), import, print; returns the exit code."""
    args = _parser().parse_args(argv)
    at = args.at or utc_now()
    files, problems, ignored = read_folder(args.folder)
    if files.empty and not problems:
        names = ", ".join(f"{name}.yaml" for name in FILES)
        print(WORDS.say("directory-empty", args.lang, dir=str(args.folder), names=names), file=sys.stderr)  # noqa: T201
        return BAD_INPUT
    plan, version = (Plan(findings=problems), None) if problems else _run(files, at, dry_run=args.dry_run)
    found = outcome(plan, version, ignored, args.lang)
    found["recalculated"] = 0 if args.dry_run or plan.findings else _recalculate(plan, args)
    if args.json:
        print(json.dumps(found, ensure_ascii=False, default=str))  # noqa: T201 - results go to stdout
    else:
        _print(plan, found, args)
    return BAD_INPUT if plan.findings else OK


def import_folder(folder: Path, *, at: datetime) -> tuple[Plan, int | None]:
    """The folder applied in one transaction; a plan with findings was not. For programs such as the demo."""
    files, problems, _ = read_folder(folder)
    return (Plan(findings=problems), None) if problems else _run(files, at, dry_run=False)


def outcome(plan: Plan, version: int | None, ignored: list[str], locale: str) -> dict[str, Any]:
    """What is printed with --json. `version` is the directory's new one, null if nothing was applied."""
    counts = Counter(change.change for change in plan.changes)
    return {
        "added": counts["added"],
        "changed": counts["changed"],
        "ended": counts["ended"],
        "unchanged": plan.unchanged,
        "changes": as_json(plan),
        "problems": [
            {"where": one.where, "problem": one.problem, "text": in_words(one, locale)} for one in plan.findings
        ],
        "ignored": ignored,
        "applied": version is not None,
        "version": version,
    }


def in_words(finding: Finding, locale: str) -> str:
    return WORDS.say(f"finding-{finding.problem}", locale, ref=finding.ref)


def _run(files: DirectoryFiles, at: datetime, *, dry_run: bool) -> tuple[Plan, int | None]:
    with reading() if dry_run else unit_of_work() as session:
        plan = plan_edit(session, files, at=at)
        version = None if dry_run or plan.findings else apply_plan(session, plan, now=utc_now())
    return plan, version


def _recalculate(plan: Plan, args: argparse.Namespace) -> int:
    """Open promises of the edited calendars, or of all by `--recalculate`; how many reports changed."""
    with reading() as session:
        known = set(session.exec(select(WorkCalendar.code)))
    asked = known if args.recalculate else known & plan.calendars_changed
    return sum(_recalculate_one(code, args.lang) for code in sorted(asked))


def _recalculate_one(calendar: str, locale: str) -> int:
    with tqdm(desc=f"{WORDS.say('progress-recalculating', locale)} {calendar}", disable=None) as bar:

        def told(reports: int) -> None:
            bar.update(reports)

        return recalculate(calendar, now=utc_now(), tell=told)


def _print(plan: Plan, found: dict[str, Any], args: argparse.Namespace) -> None:
    for line in _lines(plan.changes, args.lang):
        print(line)  # noqa: T201
    if found["ignored"]:
        names = ", ".join(found["ignored"])
        print(WORDS.say("directory-ignored", args.lang, names=names), file=sys.stderr)  # noqa: T201
    counts = {name: found[name] for name in ("added", "changed", "ended", "unchanged")}
    print(WORDS.say("directory-summary", args.lang, **counts))  # noqa: T201
    if plan.findings:
        print(WORDS.say("directory-refused", args.lang), file=sys.stderr)  # noqa: T201
        for one in found["problems"]:
            print(f"  {one['where']}: {one['text']}", file=sys.stderr)  # noqa: T201
    elif args.dry_run:
        print(WORDS.say("dry-run", args.lang))  # noqa: T201
    elif found["version"]:
        print(WORDS.say("directory-applied", args.lang, version=str(found["version"])))  # noqa: T201
    if found["recalculated"]:
        print(WORDS.say("directory-recalculated", args.lang, n=found["recalculated"]))  # noqa: T201


def _lines(changes: Sequence[Change], locale: str) -> Iterable[str]:
    for change in changes[:SHOWN]:
        yield f"{SIGNS[change.change]} {change.kind} {change.code}"
        for name, (before, after) in change.fields.items():
            yield f"    {name}: {_short(before)} → {_short(after)}"
    if len(changes) > SHOWN:
        yield WORDS.say("areas-more", locale, n=len(changes) - SHOWN)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 100 else f"{text[:99]}…"


def _instant(text: str) -> datetime:
    """An RFC 3339 instant; without an offset, and for a bare day, the installation's own time."""
    at = datetime.fromisoformat(text)
    if len(text) == len("2026-01-01"):
        at = datetime.combine(at.date(), time(0))
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(get_settings().timezone))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run import directory", description=__doc__)
    parser.add_argument("folder", metavar="DIR", type=Path)
    parser.add_argument("--dry-run", action="store_true", help="show the diff, write nothing")
    parser.add_argument("--at", type=_instant, metavar="INSTANT", help="when new versions begin; now by default")
    parser.add_argument("--recalculate", action="store_true", help="compute every open promise again")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line of stdout")
    parser.add_argument("--lang", default="en", choices=LOCALES)
    return parser
