"""Read statements: those that row-level security lets the caller see. `number` is what figures read."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.monitoring.stated.domain import Kind
from services.monitoring.stated.tables import stated_number
from shared.database import Connection

__all__ = ["history", "many", "one", "stated_number"]

_ONE = "select shown_stated(s) from stated s where kind = $1 and key = $2 and known_to = 'infinity'"
_HISTORY = """
select shown_stated(s) from stated s where kind = $1 and key = $2 and ($3::int is null or version < $3)
order by version desc limit $4
"""
_MANY = """
select key, shown_stated(s) as shown from stated s
where kind = $1 and known_to = 'infinity' and state @> $2 and key > $3 collate "C" order by key collate "C" limit $4
"""


async def one(connection: Connection, kind: Kind, key: str) -> dict[str, Any] | None:
    """Read what counts now under a key."""
    found: dict[str, Any] | None = await connection.fetchval(_ONE, kind, key)
    return found


async def history(
    connection: Connection, kind: Kind, key: str, *, after: Sequence[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """Read every version under a key, the last to come first, after a version."""
    rows = await connection.fetch(_HISTORY, kind, key, after[0] if after else None, limit)
    return [each[0] for each in rows]


async def many(
    connection: Connection,
    kind: Kind,
    narrowed: Mapping[str, Any],
    *,
    after: Sequence[Any] | None,
    limit: int,
) -> list[tuple[str, dict[str, Any]]]:
    """Read a page of what counts now, whose members are these (None asks nothing), by key, with the keys."""
    wanted = {name: value for name, value in narrowed.items() if value is not None}
    rows = await connection.fetch(_MANY, kind, wanted, after[0] if after else "", limit)
    return [(row["key"], row["shown"]) for row in rows]
