"""What is stated to the service itself: which statement counts (`statement`), and what all have in common (`wire`)."""

from services.monitoring.stated.domain.statement import (
    TOPIC,
    Kind,
    Level,
    Number,
    Outcome,
    Statement,
    decide,
    not_yet,
)
from services.monitoring.stated.domain.wire import RESPONSE, Judged, Kept, StatedBody, today

__all__ = [
    "RESPONSE",
    "TOPIC",
    "Judged",
    "Kept",
    "Kind",
    "Level",
    "Number",
    "Outcome",
    "StatedBody",
    "Statement",
    "decide",
    "not_yet",
    "today",
]
