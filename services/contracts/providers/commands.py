"""Put providers: lists of whole states, in the caller's transaction."""

from collections.abc import Sequence
from typing import Any

from services.contracts.products.commands import Result, apply_rows, as_row, put_states
from shared.database import Connection
from shared.deliveries.kinds import Judged
from shared.events.contracts import ProviderState
from shared.processing_log import ProcessingRecord

__all__ = ["DELIVERED_BEFORE", "apply_delivered", "as_row", "hold", "put"]

# What `mode=full` of a delivery is compared with.
DELIVERED_BEFORE = "select agb as key, agb as number from provider where $1::text is not null"


async def put(connection: Connection, providers: Sequence[ProviderState]) -> list[Result]:
    """Put providers of different AGB codes, all in one call; results in the order given."""
    return await put_states(connection, "provider", "agb", providers)


async def hold(connection: Connection, agb: str) -> None:
    """Let nobody else change this provider until the transaction ends."""
    await connection.execute("select lock_states('provider', $1)", [agb])


async def apply_delivered(
    connection: Connection, rows: Sequence[dict[str, Any]], _: ProcessingRecord
) -> list[Judged]:
    """Put rows of a delivery, made by `as_row`, of different AGB codes; what became of each."""
    return await apply_rows(connection, "provider", "agb", rows)
