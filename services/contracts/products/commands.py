"""Put products: lists of whole states, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.contracts.products.domain import Outcome
from shared.database import Connection
from shared.deliveries.kinds import Judged
from shared.deliveries.kinds import Outcome as CountedAs
from shared.events.contracts import ProductState
from shared.events.state import State
from shared.processing_log import ProcessingRecord
from shared.tracing import current_traceparent

_PUT = "select outcome, current from put_states($1, $2, $3, $4) order by ordinal"
# What `mode=full` of a delivery is compared with.
DELIVERED_BEFORE = "select code as key, code as number from product where $1::text is not null"
COUNTED_AS = {
    Outcome.CREATED: CountedAs.CREATED,
    Outcome.APPLIED: CountedAs.CHANGED,
    Outcome.UNCHANGED: CountedAs.UNCHANGED,
}


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


async def apply_delivered(
    connection: Connection, rows: Sequence[dict[str, Any]], _: ProcessingRecord
) -> list[Judged]:
    """Put rows of a delivery, made by `as_row`, of different codes; what became of each."""
    return await apply_rows(connection, "product", "code", rows)


async def put_states(connection: Connection, noun: str, key: str, states: Sequence[State]) -> list[Result]:
    """Put states of one noun, known by `key`, each at most once; what is the same already is left alone."""
    return await _put_rows(connection, noun, key, [as_row(state) for state in states])


async def apply_rows(
    connection: Connection, noun: str, key: str, rows: Sequence[dict[str, Any]]
) -> list[Judged]:
    """Put rows of a delivery, made by `as_row`, of one noun; what became of each."""
    return [COUNTED_AS[result.outcome] for result in await _put_rows(connection, noun, key, rows)]


def as_row(state: State) -> dict[str, Any]:
    """Write a state as the database takes it, and as it waits in a delivery."""
    return {"state": state.model_dump(mode="json", by_alias=True)}


async def _put_rows(
    connection: Connection, noun: str, key: str, rows: Sequence[dict[str, Any]]
) -> list[Result]:
    found = await connection.fetch(_PUT, noun, key, list(rows), current_traceparent())
    return [Result(Outcome(row["outcome"]), row["current"]) for row in found]
