"""Processes with a design that looks right and loses data: `python -m tests.faults.sabotaged NAME serve|work SERVICE`.

Each sabotage is one of the ways that the architecture rules out; the verification has to notice it.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Annotated
from uuid import UUID

from aiokafka import ConsumerRecord
from fastapi import Depends

import shared.web
from jeugdregio.command import main
from shared.consumer import apply, consumer
from shared.consumer.apply import Stand
from shared.database import Connection
from shared.journal import sequencer
from shared.web import transaction

_TAKE_BY_ID = """
with reached as (select coalesce(max(id), 0) as id from journal_position),
     taken as (select j.id from journal j, reached where j.id > reached.id order by j.id limit $1),
     done as (delete from journal_pending using taken where journal_pending.id = taken.id)
insert into journal_position (position, id, known_at)
select (select position from sequencer) + row_number() over (order by id), id, $2 from taken
"""
_AS_KAFKA_SAYS = (
    "update consumed set next_offset = $3 where topic = $1 and partition = $2 and next_offset <> $3"
)


def cursor_on_the_plain_sequence() -> None:
    """Take what has a higher id than the last one taken: a transaction that began first may commit last."""
    sequencer._TAKE = _TAKE_BY_ID


def offsets_in_kafka_only() -> None:
    """Begin where the group's committed offsets are, whatever this reader's own tables hold."""
    compare = consumer.Consumer._compare
    taken_over: set[object] = set()

    async def comparing(self: consumer.Consumer) -> None:
        for partition in self._client.assignment() - taken_over:
            offset = await self._client.committed(partition)
            if offset is not None:
                async with self._database.transaction() as connection:
                    await connection.execute(_AS_KAFKA_SAYS, partition.topic, partition.partition, offset)
            taken_over.add(partition)
        await compare(self)

    consumer.Consumer._compare = comparing  # type: ignore[method-assign]


def recompute_inside_the_partition() -> None:
    """Derive offers in the transaction that applies a partition, from what is there at that moment."""
    from services.availability.search.projection import derive  # noqa: PLC0415 - after the others were patched

    async def applying(
        connection: Connection, stand: Stand, records: Sequence[ConsumerRecord]
    ) -> tuple[Stand, bool]:
        outcome = await apply.apply_batch(connection, stand, records)
        while rows := await connection.fetch("delete from dirty returning kind, aggregate"):
            touched: dict[str, set[UUID]] = defaultdict(set)
            for row in rows:
                touched[row["kind"]].add(row["aggregate"])
            await derive(connection, touched)
        return outcome

    consumer.apply_batch = applying  # type: ignore[attr-defined]


def commit_after_the_response() -> None:
    """End the transaction when FastAPI ends its dependencies by default."""
    late = Annotated[Connection, Depends(transaction._transaction, scope="request")]
    transaction.Transaction = shared.web.Transaction = late


SABOTAGES: dict[str, Callable[[], None]] = {
    sabotage.__name__: sabotage
    for sabotage in (
        cursor_on_the_plain_sequence,
        offsets_in_kafka_only,
        recompute_inside_the_partition,
        commit_after_the_response,
    )
}

if __name__ == "__main__":
    SABOTAGES[sys.argv.pop(1)]()
    main()
