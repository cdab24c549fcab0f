"""What the processes of the region write to their logs, by the way that they write it in production."""

import io
import logging as standard_logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import structlog

from shared import logging


class Logs:
    """The lines written since the last `clear`."""

    def __init__(self, file: io.BytesIO) -> None:
        self._file = file

    def clear(self) -> None:
        self._file.seek(0)
        self._file.truncate()

    @property
    def text(self) -> str:
        return self._file.getvalue().decode()

    def lines(self, event: str) -> list[dict[str, Any]]:
        """Give the lines of one kind of event."""
        return [line for line in map(orjson.loads, self.text.splitlines()) if line["event"] == event]


@contextmanager
def written() -> Iterator[Logs]:
    """Write logs as in production, to memory; everything is put back afterwards."""
    root = standard_logging.getLogger()
    handlers, level, hook, before = root.handlers[:], root.level, sys.excepthook, structlog.get_config()
    file = io.BytesIO()
    logging.configure(service="contract-tests", process="api")
    structlog.configure(logger_factory=structlog.BytesLoggerFactory(file), cache_logger_on_first_use=False)
    try:
        yield Logs(file)
    finally:
        structlog.configure(**before)
        standard_logging.captureWarnings(capture=False)
        root.handlers[:], sys.excepthook = handlers, hook
        root.setLevel(level)
