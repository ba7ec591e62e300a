"""What a worker, the beat and the relay must know: importing this registers every task and tick."""

import notifications.tasks  # noqa: F401
from kit.queue import configure

app = configure()
