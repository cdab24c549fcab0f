"""Read agreements: those that row-level security lets the caller see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Text, cast, func, literal, select, tuple_

from services.contracts.agreements.domain import Key
from services.contracts.agreements.tables import agreement
from shared.conditions import equal, in_force
from shared.database import Connection, fetch

_ONE = """
select shown(id, version, recorded_at, state) from agreement where provider = $1 and product = $2 and valid_from = $3
"""
_HISTORY = """
select shown(a.id, j.version, j.recorded_at, j.payload) from agreement a join journal j on j.aggregateid = a.id
where a.provider = $1 and a.product = $2 and a.valid_from = $3 and ($4::int is null or j.version < $4)
order by j.version desc limit $5
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; all that is given must hold."""

    provider: str | None = None
    product: str | None = None
    valid_on: date | None = None
    withdrawn: bool | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Give the filter as conditions on the table."""
        row = agreement.c
        same = equal(
            (self.provider, row.provider), (self.product, row.product), (self.withdrawn, row.withdrawn)
        )
        return [*same, *in_force(self.valid_on, row.valid_from, row.valid_to)]


async def one(connection: Connection, key: Key) -> dict[str, Any] | None:
    """Read one agreement as it is now."""
    found: dict[str, Any] | None = await connection.fetchval(_ONE, *key)
    return found


async def many(
    connection: Connection, narrowed: Filter, *, after: Sequence[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """Read a page of agreements in the order of their keys, after one of these."""
    row = agreement.c
    key = (row.provider, row.product, row.valid_from)
    shown = select(func.shown(row.id, row.version, row.recorded_at, row.state)).where(*narrowed.conditions())
    if after:
        provider, product, valid_from = (literal(part, Text) for part in after)
        shown = shown.where(tuple_(*key) > tuple_(provider, product, cast(valid_from, Date)))
    rows = await fetch(connection, shown.order_by(*key).limit(limit))
    return [each[0] for each in rows]


async def history(
    connection: Connection, key: Key, *, after: Sequence[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """Read every version of one agreement, newest first, after a version."""
    rows = await connection.fetch(_HISTORY, *key, after[0] if after else None, limit)
    return [each[0] for each in rows]
