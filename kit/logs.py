"""Structured logs: one JSON line per event with request, report and job ids; never personal data."""

import logging
import sys
from contextvars import ContextVar

import structlog

from kit.settings import get_settings

request_id: ContextVar[str] = ContextVar("request_id", default="")
_KEPT = 2000  # characters of any one value: a hostile field must not flood the log


def _with_context(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if request_id.get():
        event["request_id"] = request_id.get()
    return {key: _cut(key, value) for key, value in event.items()}


def _cut(key: str, value: object) -> object:
    """A trace is kept from its end, where the cause stands."""
    if not isinstance(value, str) or len(value) <= _KEPT:
        return value
    return value[-_KEPT:] if key == "exception" else value[:_KEPT]


def set_up_logs(process: str) -> None:
    """All loggers of this process write JSON lines to stderr; `process` names it in each line."""
    structlog.contextvars.bind_contextvars(process=process)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _with_context,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(get_settings().log_level)
    for noisy in ("uvicorn.access", "celery.app.trace", "celery.worker.strategy", "urllib3", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
