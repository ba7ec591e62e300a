"""`verify [--report CODE]`: recompute the hash chains of the timelines of a running or stopped data folder."""

from __future__ import annotations

from api.cli.instance import opened, split_data
from dispatch import verify


def main(argv: list[str]) -> int:
    """0 when everything is whole, 1 with findings."""
    data_dir, rest = split_data(argv)
    with opened(data_dir) as settings:
        return verify.main(rest, settings)
