"""`./run import areas FILE… --layer L`: polygons in, a lint of how they fit out.

A bad feature is refused alone (exit 1) and the others load; a file that cannot be read stops everything before
anything is written (exit 4). Reading and linting hold no transaction open; writing is one.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from admin.imports.area_store import AreaPlan, Wish, grounds_on, make_plan, write_plan
from admin.imports.features import AreaDraft, Names, Refused, UnreadableFile, read_features, unique
from admin.imports.topology import Gap, Overlap, gaps, overlaps
from dispatch.rulebook import bump_version
from kit.db import reading, unit_of_work
from kit.words import LOCALES, Catalogue

WORDS = Catalogue(Path(__file__).parent / "locales")
LAYERS = ("ward", "province", "district", "neighbour")
SHOWN = 20  # lines of one kind in the readable text; the JSON has all
OK, FINDINGS, BAD_INPUT = 0, 1, 4
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an import did and found."""

    plan: AreaPlan
    refused: list[Refused] = field(default_factory=list)
    overlaps: list[Overlap] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def as_json(self, locale: str) -> dict[str, Any]:
        counts = {name: len(getattr(self.plan, name)) for name in ("added", "changed", "unchanged", "closed", "ours")}
        return counts | {
            "invalid": [{"code": one.code, "problem": in_words(one, locale)} for one in self.refused],
            "overlaps": [asdict(one) for one in self.overlaps],
            "gaps": [asdict(one) for one in self.gaps],
        }


def main(argv: Sequence[str]) -> int:
    """Read the command line (without `./run import areas`), import, print; returns the exit code."""
    args = _parser().parse_args(argv)
    wish = Wish(
        layer=args.layer,
        valid_from=args.valid_from,
        valid_to=args.valid_to,
        source=args.source or ", ".join(path.name for path in args.files),
        replace=args.replace,
    )
    names = Names(code=args.code_field, name=args.name_field, parent=args.parent_field)
    try:
        found = [one for path in args.files for one in _bar(read_features(path, names), "reading", args.lang)]
    except UnreadableFile as bad:
        print(WORDS.say("cannot-read", args.lang, detail=str(bad)), file=sys.stderr)  # noqa: T201
        print(WORDS.say("nothing-changed", args.lang), file=sys.stderr)  # noqa: T201
        return BAD_INPUT
    checked = list(unique(found))
    drafts = [one for one in checked if isinstance(one, AreaDraft)]
    refused = [one for one in checked if isinstance(one, Refused)]
    plan = import_drafts(drafts, wish, dry_run=args.dry_run, locale=args.lang)
    outcome = lint(drafts, wish, plan, refused, dry_run=args.dry_run, locale=args.lang)
    _print(outcome, args)
    return FINDINGS if refused else OK


def import_drafts(drafts: Sequence[AreaDraft], wish: Wish, *, dry_run: bool, locale: str = "en") -> AreaPlan:
    """Plan and, unless a dry run, write in one transaction; the directory's version moves if anything did."""
    for draft in _bar(drafts, "measuring", locale):
        _ = draft.content_hash, draft.area_m2  # worked out now, so that no transaction waits for it
    if dry_run:
        with reading() as session:
            return make_plan(session, drafts, wish)
    with unit_of_work() as session:
        plan = make_plan(session, drafts, wish)
        with tqdm(total=len(plan.inserts) + len(plan.updates), desc=_doing("writing", locale), disable=None) as bar:
            for written in write_plan(session, plan, wish):
                bar.update(written - bar.n)
        if plan.touches_anything:
            bump_version(session, areas=True)
    return plan


def lint(
    drafts: Sequence[AreaDraft],
    wish: Wish,
    plan: AreaPlan,
    refused: list[Refused],
    *,
    dry_run: bool,
    locale: str = "en",
) -> Outcome:
    """How the imported areas fit among all areas of the layer on the first day they count."""
    with reading() as session:
        standing = grounds_on(session, wish.layer, wish.valid_from)
    taken = {draft.code: draft.ground for draft in drafts if draft.code not in set(plan.ours)}
    if dry_run:
        standing = {code: ground for code, ground in standing.items() if code not in set(plan.closed)} | taken
    of = taken.keys() & standing.keys()
    with tqdm(total=2, desc=_doing("linting", locale), disable=None) as bar:
        shared = overlaps(standing, of=of)
        bar.update()
        missing = gaps(standing, of=of)
        bar.update()
    return Outcome(plan=plan, refused=refused, overlaps=shared, gaps=missing)


def in_words(refused: Refused, locale: str) -> str:
    return WORDS.say(f"problem-{refused.problem}", locale, detail=refused.detail)


def _doing(what: str, locale: str) -> str:
    return WORDS.say(f"progress-{what}", locale)


def _bar(things: Iterable[T], doing: str, locale: str) -> Iterable[T]:
    yield from tqdm(things, desc=_doing(doing, locale), disable=None)


def _print(outcome: Outcome, args: argparse.Namespace) -> None:
    found = outcome.as_json(args.lang)
    if args.json:
        print(json.dumps(found, ensure_ascii=False))  # noqa: T201 - results go to stdout
        return
    for line in _lines(found, args.layer, args.lang):
        print(line)  # noqa: T201
    if args.dry_run:
        print(WORDS.say("dry-run", args.lang))  # noqa: T201


def _lines(found: Mapping[str, Any], layer: str, locale: str) -> Iterable[str]:
    counts = {name: found[name] for name in ("added", "changed", "unchanged", "closed")}
    yield WORDS.say("areas-summary", locale, layer=layer, **counts)
    if found["ours"]:
        yield WORDS.say("areas-ours", locale, n=found["ours"])
    for key, many in (("areas-refused", "invalid"), ("areas-overlap", "overlaps"), ("areas-gap", "gaps")):
        for one in found[many][:SHOWN]:
            shown = {name: str(value) for name, value in one.items()}
            yield WORDS.say(key, locale, **shown, m2=shown.get("area_m2", ""))
        if len(found[many]) > SHOWN:
            yield WORDS.say("areas-more", locale, n=len(found[many]) - SHOWN)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run import areas", description=__doc__)
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="GeoJSON, also .gz")
    parser.add_argument("--layer", required=True, choices=LAYERS)
    parser.add_argument("--code-field", default="code", metavar="PROPERTY")
    parser.add_argument("--name-field", default="name", metavar="PROPERTY")
    parser.add_argument("--parent-field", default="province_code", metavar="PROPERTY")
    parser.add_argument("--valid-from", default=date(2025, 7, 1), type=date.fromisoformat, metavar="DAY")
    parser.add_argument("--valid-to", default=None, type=date.fromisoformat, metavar="DAY")
    parser.add_argument("--source", default="", help="where the polygons come from; the file names by default")
    parser.add_argument("--replace", action="store_true", help="end approximate areas that the files do not name")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line of stdout")
    parser.add_argument("--lang", default="en", choices=LOCALES)
    return parser
