"""Read deliveries and their refusals: those that row-level security lets the caller see."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from shared.database import Connection

_SHOWN: Final = """
select id, organisation, kind, dry_run, mode, state, records, created, changed, unchanged, superseded, refused, missing,
       created + changed + unchanged + superseded + refused as handled,
       recorded_at as received_at, started_at, finished_at,
       (created + changed + unchanged + superseded + refused)
           / greatest(extract(epoch from coalesce(finished_at, moment()) - started_at)::float8, 0.001) as records_per_second
from delivery
"""
_REFUSALS: Final = """
select record, place, field, code, message, message_nl from delivery_refusal
where delivery = $1 and ($2::int is null or (record, place) > ($2, $3)) order by record, place limit $4
"""


_MISSING: Final = """
select key, number from delivery_missing where delivery = $1 and ($2::text is null or key > $2) order by key limit $3
"""


async def one(connection: Connection, delivery: UUID) -> dict[str, Any] | None:
    """Read one delivery."""
    found = await connection.fetchrow(f"{_SHOWN} where id = $1", delivery)
    return dict(found) if found else None


async def many(connection: Connection, *, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Read a page of deliveries, newest first."""
    statement = f"{_SHOWN} where $1::uuid is null or id < $1 order by id desc limit $2"
    return [dict(row) for row in await connection.fetch(statement, after, limit)]


async def refusals(
    connection: Connection, delivery: UUID, *, after: Sequence[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """Read a page of what was refused, by record number."""
    rows = await connection.fetch(_REFUSALS, delivery, *(after or (None, None)), limit)
    return [dict(row) for row in rows]


async def missing(
    connection: Connection, delivery: UUID, *, after: str | None, limit: int
) -> list[dict[str, Any]]:
    """Read a page of what a full delivery did not hold, by key."""
    return [dict(row) for row in await connection.fetch(_MISSING, delivery, after, limit)]
