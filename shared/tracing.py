"""W3C trace context: which request or event the work at hand belongs to.

Read from a header (HTTP `traceparent`, the Kafka header of the same name), kept in a context variable,
written to the journal and the logs. Source: https://www.w3.org/TR/trace-context/ (version 00).
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Self

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_SAMPLED = "01"


@dataclass(frozen=True, slots=True)
class Trace:
    """One step (span) of a trace. Ids are lower-case hex: 32 digits for the trace, 16 for a span."""

    trace_id: str
    span_id: str
    parent_span_id: str | None = None
    flags: str = _SAMPLED

    @classmethod
    def begin(cls) -> Self:
        return cls(secrets.token_hex(16), secrets.token_hex(8))

    @classmethod
    def follow(cls, traceparent: str | None) -> Self:
        """A new span of the trace that a header names; of a new trace when it names none or is malformed."""
        match = _TRACEPARENT.fullmatch(traceparent or "")
        # A later version may add fields, version 00 may not; an id of zeros means that there is none.
        if match is None or (match[0].startswith("00") and match[4]):
            return cls.begin()
        trace_id, parent, flags = match[1], match[2], match[3]
        if not trace_id.strip("0") or not parent.strip("0"):
            return cls.begin()
        return cls(trace_id, secrets.token_hex(8), parent, flags)

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


current: ContextVar[Trace | None] = ContextVar("trace", default=None)
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def current_trace() -> Trace:
    """The step at hand; outside any, a new trace."""
    return current.get() or Trace.begin()


def current_traceparent() -> str:
    """The step at hand as the value of a `traceparent` header."""
    return current_trace().traceparent


@contextmanager
def following(traceparent: str | None) -> Iterator[Trace]:
    """Do a piece of work as a step of the trace that a header names."""
    trace = Trace.follow(traceparent)
    token = current.set(trace)
    try:
        yield trace
    finally:
        current.reset(token)
