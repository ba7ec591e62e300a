"""Every program behind the web knows every task: a forgotten import would stop the relay at the first such event."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASK = """
import api.worker
from api.subscriptions import SUBSCRIPTIONS
from kit.jobs import TICKS, WORK
wanted = {task for tasks in SUBSCRIPTIONS.values() for task in tasks}
print(sorted(wanted - WORK.keys()), "dispatch.sweep" in TICKS, "media.sweep" in TICKS)
"""


def test_a_worker_knows_whatever_an_event_may_ask_of_it() -> None:
    """Asked in a fresh process: here, other tests have imported half of the house already."""
    said = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[] True True"
