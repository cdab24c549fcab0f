"""From all that is known to spans: the rows that every figure is read from.

A span is a stretch of days on which nothing that a figure asks about changes, for as long as it was known so. Days
decide what is a stretch; then only months are kept, which is exact for every period of a figure. Pure functions
derive them, so that late, repeated and reordered events end in the same rows.

    knowledge  from what was so at a moment to spans over time
    history    one indication: its versions and its line of values, and what it says of a span
    granted    the days and the value of an indication
    care       the care that was given under it
    claimed    what was claimed for it
    offered    what providers report of their waiting times while they are contracted
"""

from services.monitoring.facts.domain.care import Care, care_spans
from services.monitoring.facts.domain.claimed import Claimed, claim_spans
from services.monitoring.facts.domain.granted import Granted, Status, granted_spans
from services.monitoring.facts.domain.history import History, Subject
from services.monitoring.facts.domain.knowledge import OPEN_END, Span
from services.monitoring.facts.domain.offered import VALID_DAYS, Offered, offer_spans

__all__ = [
    "OPEN_END",
    "VALID_DAYS",
    "Care",
    "Claimed",
    "Granted",
    "History",
    "Offered",
    "Span",
    "Status",
    "Subject",
    "care_spans",
    "claim_spans",
    "granted_spans",
    "offer_spans",
]
