"""Put products: lists of whole states, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.contracts.products.domain import Outcome
from shared.database import Connection
from shared.events.contracts import ProductState
from shared.events.state import State
from shared.tracing import current_traceparent

_PUT = "select outcome, current from put_states($1, $2, $3, $4) order by ordinal"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a state that was put, and what stands there now."""

    outcome: Outcome
    current: dict[str, Any]


async def put(connection: Connection, products: Sequence[ProductState]) -> list[Result]:
    """Put products of different codes, all in one call; results in the order given."""
    return await put_states(connection, "product", "code", products)


async def hold(connection: Connection, code: str) -> None:
    """Let nobody else change this product until the transaction ends."""
    await connection.execute("select lock_states('product', $1)", [code])


async def put_states(connection: Connection, noun: str, key: str, states: Sequence[State]) -> list[Result]:
    """Put states of one noun, known by `key`, each at most once; what is the same already is left alone."""
    records = [state.model_dump(mode="json", by_alias=True) for state in states]
    rows = await connection.fetch(_PUT, noun, key, records, current_traceparent())
    return [Result(Outcome(row["outcome"]), row["current"]) for row in rows]
