"""A data folder that was made beforehand, by `mkdir`: everybody may enter it, which must not mislead root."""

import os
from pathlib import Path

import psycopg
import pytest

from kit.embedded import Embedded


@pytest.mark.skipif(os.geteuid() != 0, reason="only root chooses among users")
def test_root_may_be_given_a_folder_that_everybody_can_enter(tmp_path: Path) -> None:
    """The servers' user can enter the folder but not `log` in it, which is private to root."""
    for place in (tmp_path, *tmp_path.parents[:3]):
        place.chmod(place.stat().st_mode | 0o011)
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    with Embedded(data, fast=True) as parts, psycopg.connect(parts.database_url) as link:
        assert link.execute("SELECT 1").fetchone() == (1,)
    assert data.stat().st_mode & 0o777 == 0o755, "a folder that was there keeps its mode"
