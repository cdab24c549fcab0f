"""Put providers: lists of whole states, in the caller's transaction."""

from collections.abc import Sequence

from services.contracts.products.commands import Result, put_states
from shared.database import Connection
from shared.events.contracts import ProviderState


async def put(connection: Connection, providers: Sequence[ProviderState]) -> list[Result]:
    """Put providers of different AGB codes, all in one call; results in the order given."""
    return await put_states(connection, "provider", "agb", providers)


async def hold(connection: Connection, agb: str) -> None:
    """Let nobody else change this provider until the transaction ends."""
    await connection.execute("select lock_states('provider', $1)", [agb])
