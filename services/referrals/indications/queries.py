"""Read indications: those that row-level security lets the caller see. Each read of a person is logged with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, func, literal, select, tuple_

from services.referrals.indications.tables import indication
from shared.conditions import equal, in_force
from shared.database import Connection, fetch
from shared.journal.processing import log_reading
from shared.processing_log import ProcessingRecord

_ONE = "select shown_indication(i) from indication i where municipality = $1 and assignment_number = $2"
_HISTORY = """
select h.outcome, h.version, h.decided_at, h.sent_at, h.recorded_at, h.withdrawal, h.reason, h.content, h.client
from indication_history h join indication i on i.id = h.indication
where i.municipality = $1 and i.assignment_number = $2
  and ($3::timestamptz is null or (h.decided_at, h.sent_at) < ($3, $4))
order by h.decided_at desc, h.sent_at desc limit $5
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to; all that is given must hold."""

    municipality: str | None = None
    client: UUID | None = None
    product: str | None = None
    provider: str | None = None
    valid_on: date | None = None
    withdrawn: bool | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Give the filter as conditions on the table."""
        row = indication.c
        same = equal(
            (self.municipality, row.municipality),
            (self.client, row.client),
            (self.product, row.product),
            (self.provider, row.provider),
            (self.withdrawn, row.withdrawn),
        )
        return [*same, *in_force(self.valid_on, row.valid_from, row.valid_to)]


async def one(
    connection: Connection, municipality: str, assignment_number: int, processing: ProcessingRecord
) -> dict[str, Any] | None:
    """Read one indication as it is now."""
    found: dict[str, Any] | None = await connection.fetchval(_ONE, municipality, assignment_number)
    if found:
        await log_reading(connection, processing, [UUID(found["clientId"])])
    return found


async def many(
    connection: Connection,
    narrowed: Filter,
    *,
    after: Sequence[Any] | None,
    limit: int,
    processing: ProcessingRecord,
) -> list[dict[str, Any]]:
    """Read a page of indications and the one after it (`limit` in all), by municipality and number after a key of these."""
    row = indication.c
    # The row as one value of its table's type, which the function takes.
    shown = select(func.shown_indication(literal_row())).where(*narrowed.conditions())
    if after is not None:
        shown = shown.where(
            tuple_(row.municipality, row.assignment_number) > tuple_(literal(after[0]), literal(after[1]))
        )
    rows = await fetch(connection, shown.order_by(row.municipality, row.assignment_number).limit(limit))
    found: list[dict[str, Any]] = [each[0] for each in rows]
    # The last one only tells that there is a next page; nobody sees it.
    await log_reading(connection, processing, [UUID(each["clientId"]) for each in found[: limit - 1]])
    return found


def literal_row() -> ColumnElement[Any]:
    """The whole row of `indication` as an expression."""
    return indication.table_valued()


async def history(
    connection: Connection,
    number: tuple[str, int],
    *,
    after: Sequence[Any] | None,
    limit: int,
    processing: ProcessingRecord,
) -> list[dict[str, Any]]:
    """Read the kept versions of one indication, newest decision first, after a key of its two moments."""
    moments = after or (None, None)
    rows = await connection.fetch(_HISTORY, *number, *moments, limit)
    await log_reading(connection, processing, [row["client"] for row in rows])
    return [dict(row) for row in rows]


def product_of(indication_id: ColumnElement[UUID]) -> ScalarSelect[str]:
    """Give the product of an indication as an expression of another statement.

    Looked up row by row: as a join all indications for a product would be read for one page.
    """
    return select(indication.c.product).where(indication.c.id == indication_id).scalar_subquery()


async def client_of(connection: Connection, bsn_index: bytes) -> UUID | None:
    """Find the random id of the client with this keyed hash."""
    found: UUID | None = await connection.fetchval("select find_client($1)", bsn_index)
    return found
