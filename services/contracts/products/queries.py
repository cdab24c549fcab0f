"""Read products: those that row-level security lets the caller see."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Text, func, literal, select

from services.contracts.products.tables import product
from shared.conditions import in_force
from shared.database import Connection, fetch
from shared.values.codes import ProductCategory

_ONE = "select shown(id, version, recorded_at, state) from product where code = $1"
_HISTORY = """
select shown(p.id, j.version, j.recorded_at, j.payload) from product p join journal j on j.aggregateid = p.id
where p.code = $1 and ($2::int is null or j.version < $2) order by j.version desc limit $3
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; all that is given must hold. `valid_on`: in the catalogue on this day."""

    category: ProductCategory | None = None
    segment: int | None = None
    residential: bool | None = None
    family: bool | None = None
    housing: bool | None = None
    valid_on: date | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Give the filter as conditions on the table."""
        state = product.c.state
        same = {
            name: value for name, value in asdict(self).items() if value is not None and name != "valid_on"
        }
        first, last = (state[name].astext.cast(Date) for name in ("from", "to"))
        return [*([state.contains(same)] if same else []), *in_force(self.valid_on, first, last)]


async def one(connection: Connection, code: str) -> dict[str, Any] | None:
    """Read one product as it is now."""
    found: dict[str, Any] | None = await connection.fetchval(_ONE, code)
    return found


async def many(
    connection: Connection, narrowed: Filter, *, after: Sequence[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """Read a page of products in the order of their codes, after one of these."""
    row = product.c
    shown = select(func.shown(row.id, row.version, row.recorded_at, row.state)).where(*narrowed.conditions())
    if after:
        shown = shown.where(row.code > literal(after[0], Text))
    rows = await fetch(connection, shown.order_by(row.code).limit(limit))
    return [each[0] for each in rows]


async def history(
    connection: Connection, code: str, *, after: Sequence[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """Read every version of one product, newest first, after a version."""
    rows = await connection.fetch(_HISTORY, code, after[0] if after else None, limit)
    return [each[0] for each in rows]
