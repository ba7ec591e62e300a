"""A report comes in within three round trips to the database: BEGIN, one statement, COMMIT."""

from typing import Any

import psycopg
import pytest

from tests.world import World


def test_a_report_costs_three_round_trips(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the second report on: the first of a process also reads the directory."""
    world.report("pothole")
    trips: list[int] = []
    plainly = psycopg.Connection.wait

    def wait(self: Any, *told: Any, **more: Any) -> Any:
        trips.append(1)
        return plainly(self, *told, **more)

    monkeypatch.setattr(psycopg.Connection, "wait", wait)
    told = world.report("street-light", at="Nông Trang")
    assert len(trips) == 3
    monkeypatch.undo()
    assert told.actions() == ["submit", "route"]
    assert len(told.clocks("citizen")) == 1
