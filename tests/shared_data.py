"""The one door to the real data beside the checkout; a test that needs it skips, saying why, where it is absent."""

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("HT_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def shared(name: str) -> Path:
    """Path of one real data file or folder, named relative to the data folder (e.g. ``vn/test_points.csv``)."""
    path = ROOT / name
    if not path.exists():
        pytest.skip(f"real data is not here: {path}")
    return path
