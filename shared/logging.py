"""Structured logs that cannot carry personal data: one JSON object per line, on standard output.

    log = structlog.get_logger(component="relay")
    log.info("batch_sent", events=12)

What may be written is decided by type, not by looking for words: text, numbers, moments, ids and collections
of these. A withheld value, a database row, a request model or any other object shows as its class only. Of an
exception the class and where it happened are written, no local values, and its message only when the class is
our own: a database's message repeats the row (`DETAIL: Key (bsn)=..`). Libraries that use the standard
library's logging come out by the same way.
"""

import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import date, datetime
from enum import Enum
from pathlib import PurePath
from types import TracebackType
from typing import Any, Final
from uuid import UUID

import orjson
import structlog

from shared import tracing

_OWN_PACKAGES: Final = frozenset({"shared", "services", "jeugdregio", "demo"})
_SCHEMA_FACTS: Final = ("sqlstate", "schema_name", "table_name", "column_name", "constraint_name", "errno")
_FRAMES: Final = 30
_CHAIN: Final = 8
# Libraries that say at INFO what our own access log says better, or name addresses with their queries.
_QUIET: Final = ("httpx", "httpcore", "aiokafka", "uvicorn.access")

Event = MutableMapping[str, Any]


def configure(*, service: str, process: str, level: str = "INFO") -> None:
    """Set up the logs of this process; `process` is api, worker or the name of a command."""
    number = logging.getLevelNamesMapping()[level]
    structlog.configure(
        processors=[
            _Context(service, process),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            _describe_exception,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Bridge()], level=number, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    logging.captureWarnings(capture=True)
    sys.excepthook = _last_words


class _Context:
    """Adds which process this is and which request or event it is working on."""

    def __init__(self, service: str, process: str) -> None:
        self._fixed = {"service": service, "process": process}

    def __call__(self, _logger: object, _method: str, event: Event) -> Event:
        event.update(self._fixed)
        request_id, trace = tracing.request_id.get(), tracing.current.get()
        if request_id:
            event["request_id"] = request_id
        if trace:
            event["trace_id"], event["span_id"] = trace.trace_id, trace.span_id
        return event


def _describe_exception(_logger: object, _method: str, event: Event) -> Event:
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        event["exception"] = describe(error)
    return event


def describe(error: BaseException, depth: int = _CHAIN) -> dict[str, Any]:
    """What may be known of an exception: class, place, causes; the message only of our own classes."""
    kind = type(error)
    described: dict[str, Any] = {"type": f"{kind.__module__}.{kind.__qualname__}"}
    if kind.__module__.split(".")[0] in _OWN_PACKAGES:
        described["message"] = str(error)
    facts = {name: getattr(error, name, None) for name in _SCHEMA_FACTS}
    described |= {name: fact for name, fact in facts.items() if fact is not None}
    described["frames"] = _frames(error.__traceback__)
    if isinstance(error, BaseExceptionGroup) and depth:
        described["exceptions"] = [describe(each, depth - 1) for each in error.exceptions]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and depth:
        described["cause"] = describe(cause, depth - 1)
    return described


def _frames(trace: TracebackType | None) -> list[str]:
    summary = traceback.StackSummary.extract(traceback.walk_tb(trace), lookup_lines=False)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in summary[-_FRAMES:]]


def _render(_logger: object, _method: str, event: Event) -> bytes:
    return orjson.dumps(writable(event))


def writable(value: object) -> Any:  # noqa: ANN401, PLR0911 - any JSON value; one line per kind
    """The value as it may stand in a log: plain types as they are, anything else as its class."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Enum):
        return writable(value.value)
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, UUID | PurePath):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping) and type(value).__module__ == "builtins":
        return {key: writable(each) for key, each in value.items() if isinstance(key, str)}
    if isinstance(value, list | tuple | set | frozenset):
        return [writable(each) for each in value]
    return f"<{type(value).__name__}>"


class _Bridge(logging.Handler):
    """Takes the records of the standard library's logging to the same lines."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger(component=record.name)
        log.log(record.levelno, _message(record), exc_info=record.exc_info or None)


def _message(record: logging.LogRecord) -> str:
    # Only the first line: asyncio puts a task's exception, message and all, on the second.
    template = record.msg if isinstance(record.msg, str) else f"<{type(record.msg).__name__}>"
    arguments = record.args if isinstance(record.args, tuple) else ()
    try:
        text = template % tuple(_argument(each) for each in arguments) if arguments else template
    except (TypeError, ValueError):
        text = template
    return text.split("\n", 1)[0]


def _argument(value: object) -> object:
    return f"<{type(value).__name__}>" if isinstance(value, BaseException) else writable(value)


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    del kind
    if isinstance(error, KeyboardInterrupt):
        return
    structlog.get_logger(component="process").critical("uncaught", exc_info=error.with_traceback(trace))
