"""`simulate`: a believable day (or more) in the demo province, through the public API alone.

An ordinary client: it knows demo.json, the address, and the sink in which a resident reads his code. Interrupted, it
exits 130; the same command goes on from what the server has. A seed plays the same people, places and words.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tqdm import tqdm

from admin.simulation.clock import DemoClock, WaitingClock
from admin.simulation.day import Day, Diary
from admin.simulation.demo import Demo, NotADemo
from admin.simulation.line import Line, Stopped, Unreachable
from admin.simulation.moves import Hands
from admin.simulation.people import People, SignInRefused
from admin.simulation.plan import Plan
from admin.simulation.summary import show, summary
from kit.words import Catalogue

WORDS = Catalogue(Path(__file__).parent / "simulation" / "locales")
OK, FINDINGS, BAD_INPUT, DOWN, INTERRUPTED = 0, 1, 4, 6, 130


def main(argv: list[str]) -> int:
    """Play; the exit code says how it ended."""
    asked = _arguments().parse_args(argv)
    try:
        demo = Demo.read(asked.demo or asked.data / "demo.json")
    except NotADemo as missing:
        return _end(BAD_INPUT, "not-a-demo", file=str(missing))
    line = Line(asked.url or demo.content["base_url"])
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to stop: as if interrupted at the keyboard
    try:
        return _play(asked, demo, line)
    except (KeyboardInterrupt, Stopped):
        return _end(INTERRUPTED, "interrupted")
    except Unreachable as gone:
        return _end(DOWN, "unreachable", what=str(gone))
    except SignInRefused as refusal:
        return _end(BAD_INPUT, "refused", what=str(refusal))
    finally:
        line.stopped.set()
        line.close()


def _play(asked: argparse.Namespace, demo: Demo, line: Line) -> int:
    began = time.monotonic()
    hands = _hands(asked, demo, line)
    answer = line.call("GET", "/v1/agencies").json()
    demo.kinds.update({agency["code"]: agency["kind"] for agency in answer["items"]})
    plan = Plan(asked.seed, demo.content["points"], len(demo.phones))
    with tqdm(total=asked.days * 24.0, unit="h", desc=_say("bar"), file=sys.stderr, bar_format=_BAR) as bar:
        day = Day(hands, plan, days=asked.days, tell=lambda at, diary: _tell(bar, day.start, at, diary))
        found, todo = day.resume(asked.reports)
        if found:
            bar.write(_say("resumed", found=found, todo=todo), file=sys.stderr)
        try:
            day.run()
        except (KeyboardInterrupt, Stopped):
            line.stopped.set()
            _report(asked, day, hands, began, whole=False)
            raise
    _report(asked, day, hands, began, whole=True)
    return FINDINGS if day.diary.did["not_taken"] or line.heard["retry_not_recognised"] else OK


_BAR = "{desc} {percentage:3.0f}% |{bar}| {n:.0f}/{total:.0f} [{elapsed}<{remaining}{postfix}]"


def _hands(asked: argparse.Namespace, demo: Demo, line: Line) -> Hands:
    """The people of the day, with the demo's clock in hand where that is possible."""
    zone = ZoneInfo(demo.content.get("timezone", "Asia/Ho_Chi_Minh"))
    administrator = demo.one("administrator")
    if administrator:
        clock = DemoClock(line, administrator)
        clock.set(datetime.fromisoformat(demo.content["now"]))
        clock.people = People(line, demo, clock, asked.seed)
        if clock.read():
            clock.people.forget(administrator)
            _tell_once("clock-moved")
            return Hands(line, clock.people, demo, clock, asked.seed, zone)
    _tell_once("clock-waits", speed=asked.speed)
    waiting = WaitingClock(line, asked.speed)
    return Hands(line, People(line, demo, waiting, asked.seed), demo, waiting, asked.seed, zone)


def _tell(bar: Any, start: datetime, at: datetime, diary: Diary) -> None:
    bar.update((at - start).total_seconds() / 3600 - bar.n)
    bar.set_postfix_str(f"{diary.did['sent']} → {diary.did['resolved']}", refresh=False)


def _report(asked: argparse.Namespace, day: Day, hands: Hands, began: float, *, whole: bool) -> None:
    facts = summary(day, hands, seconds=time.monotonic() - began, ask=whole)
    sys.stdout.write(show(facts, WORDS, _locale()))
    if asked.json:
        sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run simulate", description=_say("about"))
    parser.add_argument("--url", help=_say("option-url"))
    parser.add_argument("--demo", type=Path, help=_say("option-demo"))
    parser.add_argument("--data", type=Path, default=Path(".data"), metavar="DIR", help=_say("option-demo"))
    parser.add_argument("--speed", type=_positive, default=60.0, help=_say("option-speed"))
    parser.add_argument("--seed", type=int, default=1, help=_say("option-seed"))
    parser.add_argument("--reports", type=_count, default=200, help=_say("option-reports"))
    parser.add_argument("--days", type=_count, default=1, help=_say("option-days"))
    parser.add_argument("--json", action="store_true", help=_say("option-json"))
    return parser


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e7:
        raise ValueError(text)
    return number


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 100_000:
        raise ValueError(text)
    return number


def _locale() -> str:
    wish = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return "vi" if wish.lower().startswith("vi") else "en"


def _say(key: str, **facts: Any) -> str:
    return WORDS.say(key, locale=_locale(), **facts)


def _tell_once(key: str, **facts: Any) -> None:
    sys.stderr.write(_say(key, **facts) + "\n")


def _end(code: int, key: str, **facts: Any) -> int:
    _tell_once(key, **facts)
    return code
