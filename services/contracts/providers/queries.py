"""Read providers: those that row-level security lets the caller see."""

from collections.abc import Sequence
from typing import Any

from shared.database import Connection

_ONE = "select shown(id, version, recorded_at, state) from provider where agb = $1"
_MANY = """
select shown(id, version, recorded_at, state) from provider where $1::text is null or agb > $1 order by agb limit $2
"""
_HISTORY = """
select shown(p.id, j.version, j.recorded_at, j.payload) from provider p join journal j on j.aggregateid = p.id
where p.agb = $1 and ($2::int is null or j.version < $2) order by j.version desc limit $3
"""


async def one(connection: Connection, agb: str) -> dict[str, Any] | None:
    """Read one provider as it is now."""
    found: dict[str, Any] | None = await connection.fetchval(_ONE, agb)
    return found


async def many(connection: Connection, *, after: Sequence[Any] | None, limit: int) -> list[dict[str, Any]]:
    """Read a page of providers in the order of their AGB codes, after one of these."""
    rows = await connection.fetch(_MANY, after[0] if after else None, limit)
    return [each[0] for each in rows]


async def history(
    connection: Connection, agb: str, *, after: Sequence[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """Read every version of one provider, newest first, after a version."""
    rows = await connection.fetch(_HISTORY, agb, after[0] if after else None, limit)
    return [each[0] for each in rows]
