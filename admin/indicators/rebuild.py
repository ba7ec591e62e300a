"""`./run rebuild-figures [--from DAY] [--to DAY]`: the facts of these days from timelines, clocks and reports, anew.

Day by day, each its own transaction: interrupted, it is simply run again; while it runs, figures stay whole.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import date, timedelta

from tqdm import tqdm

from admin.indicators.loading import days_of_reports, rebuild
from admin.indicators.tasks import keep_sums, today
from kit.db import reading, unit_of_work

OK, USAGE, INTERRUPTED = 0, 2, 130


def main(argv: Sequence[str]) -> int:
    """Read the command line, rebuild, print how many days and reports; returns the exit code."""
    parser = argparse.ArgumentParser(prog="run rebuild-figures", description=__doc__)
    parser.add_argument(
        "--from", dest="start", type=date.fromisoformat, metavar="DAY", help="first day; all if missing"
    )
    parser.add_argument("--to", dest="end", type=date.fromisoformat, metavar="DAY", help="the day after the last one")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line of stdout")
    args = parser.parse_args(argv)
    with reading() as session:
        known = days_of_reports(session)
    first, last = known or (today(), today())
    first, last = args.start or first, args.end or last
    if last < first:
        print("--to lies before --from", file=sys.stderr)  # noqa: T201
        return USAGE
    days = [first + timedelta(days=number) for number in range((last - first).days)]
    try:
        reports = sum(_one_day(day) for day in tqdm(days, unit="day", disable=None))
    except KeyboardInterrupt:
        return INTERRUPTED
    keep_sums()
    found = {"days": len(days), "reports": reports}
    print(json.dumps(found) if args.json else f"{found['days']} days, {found['reports']} reports")  # noqa: T201
    return OK


def _one_day(day: date) -> int:
    with unit_of_work() as session:
        return rebuild(session, day, day + timedelta(days=1), today=today())
