"""Record statements: lists of them, in the caller's transaction; and promise up to when all of them can be read."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from services.monitoring.stated.domain import TOPIC, Kind, Outcome, Statement
from shared.database import Connection

_RECORD = "select outcome, current from record_stated($1, $2) order by ordinal"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a statement, and what counts now."""

    outcome: Outcome
    current: dict[str, Any]


async def record(connection: Connection, kind: Kind, statements: Sequence[Statement]) -> list[Result]:
    """Record statements of one kind, with different keys, in one call; results in the order given."""
    rows = await connection.fetch(_RECORD, kind, [asdict(each) for each in statements])
    return [Result(Outcome(row["outcome"]), row["current"]) for row in rows]


async def promise(connection: Connection) -> datetime:
    """Promise that all that was stated up to now can be read; gives that moment."""
    promised: datetime = await connection.fetchval("select promise_stated($1)", TOPIC)
    return promised
