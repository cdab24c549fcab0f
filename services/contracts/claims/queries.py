"""Read claims: those that row-level security lets the caller see. Each read of a person is logged with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from asyncpg import Record
from sqlalchemy import ColumnElement, Text, func, literal, select, tuple_

from services.contracts.claims.domain import Status
from services.contracts.claims.tables import claim
from shared.conditions import equal
from shared.database import Connection, fetch
from shared.processing_log import ProcessingRecord

_ONE = """
select shown(id, version, recorded_at, state) as shown from claim where provider = $1 and reference = $2
"""
_HISTORY = """
select shown(h.claim, h.version, h.recorded_at, h.state) as shown
from claim c join claim_history h on h.claim = c.id
where c.provider = $1 and c.reference = $2 and ($3::int is null or h.version < $3) order by h.version desc limit $4
"""
_WAITING = """
select count(*) as waiting, coalesce(extract(epoch from moment() - min(recorded_at)), 0) as oldest
from claim where status = 'waiting'
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; all that is given must hold. `days_from`, `days_to`: claims with a day in this period."""

    provider: str | None = None
    municipality: str | None = None
    assignment_number: int | None = None
    status: Status | None = None
    days_from: date | None = None
    days_to: date | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Give the filter as conditions on the table."""
        row = claim.c
        conditions = equal(
            (self.provider, row.provider),
            (self.municipality, row.municipality),
            (self.assignment_number, row.assignment_number),
            (self.status, row.status),
        )
        if self.days_from is not None:
            conditions.append(row.valid_to >= self.days_from)
        if self.days_to is not None:
            conditions.append(row.valid_from <= self.days_to)
        return conditions


async def one(
    connection: Connection, provider: str, reference: str, processing: ProcessingRecord
) -> dict[str, Any] | None:
    """Read one claim as it is now."""
    found = await _logged(connection, await connection.fetch(_ONE, provider, reference), processing)
    return found[0] if found else None


async def many(
    connection: Connection,
    narrowed: Filter,
    *,
    after: Sequence[Any] | None,
    limit: int,
    processing: ProcessingRecord,
) -> list[dict[str, Any]]:
    """Read a page of claims and the one after it (`limit` in all), by provider and reference after a key of these."""
    row = claim.c
    shown = func.shown(row.id, row.version, row.recorded_at, row.state).label("shown")
    page = select(shown).where(*narrowed.conditions())
    if after is not None:
        provider, reference = (literal(part, Text) for part in after)
        page = page.where(tuple_(row.provider, row.reference) > tuple_(provider, reference))
    rows = await fetch(connection, page.order_by(row.provider, row.reference).limit(limit))
    # The last one only tells that there is a next page; nobody sees it.
    return await _logged(connection, rows, processing, seen=limit - 1)


async def history(
    connection: Connection,
    provider: str,
    reference: str,
    *,
    after: Sequence[Any] | None,
    limit: int,
    processing: ProcessingRecord,
) -> list[dict[str, Any]]:
    """Read every version of one claim, newest first, after a version."""
    rows = await connection.fetch(_HISTORY, provider, reference, after[0] if after else None, limit)
    return await _logged(connection, rows, processing)


async def waiting(connection: Connection) -> tuple[int, float]:
    """Count the claims whose number is not known here yet, with the age of the oldest in seconds."""
    (row,) = await connection.fetch(_WAITING)
    return row["waiting"], float(row["oldest"])


async def _logged(
    connection: Connection, rows: Sequence[Record], processing: ProcessingRecord, *, seen: int | None = None
) -> list[dict[str, Any]]:
    # Of what waits nobody knows yet whose it is: there the log has nobody to name.
    claims: list[dict[str, Any]] = [row["shown"] for row in rows]
    if claims:
        ids = list({each["id"] for each in claims[:seen]})
        await connection.execute("select log_claims($1, $2)", ids, processing.as_json())
    return claims
