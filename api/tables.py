"""Every table of the system, for migrations: importing this module fills the metadata."""

import importlib.util

import dispatch.people.tables
import dispatch.tables.directory
import dispatch.tables.promise
import dispatch.tables.report  # noqa: F401 - imported for what they register
import kit.jobs
import kit.outbox  # noqa: F401
from kit.db import metadata

for _name in ("media.tables", "notifications.tables", "admin.indicators.tables"):
    try:
        if importlib.util.find_spec(_name):
            importlib.import_module(_name)
    except ModuleNotFoundError:
        pass

__all__ = ["metadata"]
