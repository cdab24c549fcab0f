"""One act in three situations: send the whole journal again, as a new generation.

`republish`: a reader was emptied. `restored`: this database came back from a backup or lost its tail in a failover.
"Made anew" (the broker lost a log) is found and done by the relay itself.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.database import Connection
from shared.journal.state import renew_generation
from shared.journal.topics import progress_topic

_CALL_SECONDS = 30
_LIFT = """
update sequencer set known_through = greatest(moment(), known_through, $1::text::timestamptz),
       derived_through = null, derived_known_through = null
"""


async def republish(connection: Connection) -> int:
    """Send everything again from the journal; return the new generation."""
    await renew_generation(connection)
    return await _generation(connection)


async def restored(connection: Connection, *, bootstrap: str, service: str) -> int:
    """Come back from a backup: nothing new may lie under a promise that was published before; return the new generation.

    The new generation fences every relay (their compare-and-set misses) and outranks what was published.
    Raises aiokafka's KafkaError when the broker cannot say what was promised last.
    """
    outranked, promise = await _published(bootstrap, service)
    await renew_generation(connection, at_least=outranked + 1)
    await connection.execute(_LIFT, promise)
    return await _generation(connection)


async def _published(bootstrap: str, service: str) -> tuple[int, str | None]:
    """Read the highest generation and the latest promise of all progress records that Kafka still has.

    The last record would not do: a relay that already ran on the restored rows has spoken lower since.
    """
    generation, promises = 0, set()
    async for progress in _progress(bootstrap, service):
        generation = max(generation, progress["generation"])
        promises |= {topic["promised"] for topic in progress["topics"].values() if topic["promised"]}
    return generation, max(promises, default=None)


async def _progress(bootstrap: str, service: str) -> AsyncIterator[dict[str, Any]]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="none", enable_auto_commit=False
    )
    partition = TopicPartition(progress_topic(service), 0)
    try:
        await asyncio.wait_for(consumer.start(), _CALL_SECONDS)
        consumer.assign([partition])
        begin = (await consumer.beginning_offsets([partition]))[partition]
        end = (await consumer.end_offsets([partition]))[partition]
        consumer.seek(partition, begin)
        while begin < end:
            record = await asyncio.wait_for(consumer.getone(partition), _CALL_SECONDS)
            begin = record.offset + 1
            yield orjson.loads(record.value)
    finally:
        await asyncio.wait_for(consumer.stop(), _CALL_SECONDS)


async def _generation(connection: Connection) -> int:
    generation: int = await connection.fetchval("select generation from relay")
    return generation
