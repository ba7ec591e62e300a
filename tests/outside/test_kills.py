"""Three kills of every kind while residents report, and many at one report: the short form of `./run torture`.

Each test proves that its kills met work under way (requests in flight, jobs under lease, messages waiting, events not
stamped) and then compares the residents' ledger with the database, the events with their jobs, the deliveries with
the sink. What is compared stands in tests/torture/books.py.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.torture.instance import Instance
from tests.torture.ledger import Ledger
from tests.torture.rows import KILL_ROWS, RACES, Result, Torture

pytestmark = [pytest.mark.kill, pytest.mark.timeout(180)]

KILLS = 3
KEYS, ROUNDS = 60, 200
SETTLED_WITHIN_S = 60.0
# Lost work is looked for soon, so that a test does not wait for the product's half minutes.
SHORT_WAITS = {"HT_VISIBILITY_TIMEOUT": "5", "HT_STUCK_AFTER": "5", "HT_LEASE_FOR": "10"}
ROWS = {row.name: row for row in KILL_ROWS}


@pytest.fixture(scope="module")
def torture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Torture]:
    """A server of its own and one ledger for all rows: what an earlier kill lost, a later test finds too."""
    home = tmp_path_factory.mktemp("torture")
    instance, ledger = Instance(home / "data", **SHORT_WAITS), Ledger(home / "ledger.jsonl")
    since = datetime.now(UTC)
    try:
        instance.start()
        yield Torture(instance=instance, ledger=ledger, since=since)
    finally:
        instance.stop()
        ledger.close()


def struck(torture: Torture, name: str, kills: int = KILLS) -> Result:
    """The row, done; everything that the books complain about fails the test."""
    result = torture.kill_row(ROWS[name], kills)
    assert result.findings == []
    assert result.hits >= result.wanted
    assert result.settled_s < SETTLED_WITHIN_S
    return result


def test_the_database_promises_durability_to_whom_it_serves(torture: Torture) -> None:
    assert torture.durability_row().findings == []


def test_web_processes_die_with_requests_in_flight(torture: Torture) -> None:
    result = struck(torture, "F1")
    assert result.lost_answers >= KILLS, "each kill cut at least one request"


def test_the_supervisor_dies_and_everything_is_started_again(torture: Torture) -> None:
    struck(torture, "F1m", kills=1)


def test_workers_die_in_the_middle_of_photos(torture: Torture) -> None:
    struck(torture, "F2")


def test_the_relay_dies_before_it_has_stamped(torture: Torture) -> None:
    struck(torture, "F3r")


def test_postgresql_is_stopped_at_once(torture: Torture) -> None:
    struck(torture, "F4")


def test_a_backend_of_postgresql_dies(torture: Torture) -> None:
    struck(torture, "F5")


def test_redis_dies_with_messages_waiting(torture: Torture) -> None:
    struck(torture, "F7")


def test_redis_loses_everything(torture: Torture) -> None:
    struck(torture, "F8")


def test_a_photo_is_stored_and_its_row_is_not_there_yet(torture: Torture) -> None:
    """The object without a row is swept a day later (tests/flow/test_photo_sweeps.py); the phone's retry makes one."""
    struck(torture, "F13")


def test_the_same_report_many_times_at_once_is_one_report(torture: Torture) -> None:
    about, race, unit = RACES["F27"]
    assert torture.race_row("F27", about, race, **{unit: KEYS}).findings == []


def test_one_step_by_many_officers_at_once_is_taken_once(torture: Torture) -> None:
    about, race, unit = RACES["F31"]
    result = torture.race_row("F31", about, race, **{unit: ROUNDS})
    assert result.findings == []
    assert result.hits == ROUNDS
