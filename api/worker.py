"""What a worker, the beat and the relay must know: importing this registers every task and tick."""

import admin.indicators.tasks  # noqa: F401
import dispatch.tasks  # noqa: F401
import media.tasks  # noqa: F401
import notifications.tasks  # noqa: F401
from kit.queue import configure

app = configure()
