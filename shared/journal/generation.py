"""One act in three situations: send the whole journal again, as a new generation.

`republish`: a reader was emptied. `restored`: this database came back from a backup or lost its tail in a failover.
"Made anew" (the broker lost a log) is found and done by the relay itself.
"""

import asyncio
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.database import Connection
from shared.journal.state import renew_generation
from shared.journal.topics import progress_topic

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
    last = await last_progress(bootstrap, service)
    promises = [topic["promised"] for topic in last.get("topics", {}).values() if topic["promised"]]
    await renew_generation(connection, at_least=last.get("generation", 0) + 1)
    await connection.execute(_LIFT, max(promises, default=None))
    return await _generation(connection)


async def last_progress(bootstrap: str, service: str) -> dict[str, Any]:
    """Read the last progress record of a service; empty when there is none."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="none", enable_auto_commit=False
    )
    partition = TopicPartition(progress_topic(service), 0)
    await asyncio.wait_for(consumer.start(), 30)
    try:
        consumer.assign([partition])
        begin = (await consumer.beginning_offsets([partition]))[partition]
        end = (await consumer.end_offsets([partition]))[partition]
        if begin == end:
            return {}
        consumer.seek(partition, end - 1)
        record = await asyncio.wait_for(consumer.getone(partition), 30)
        progress: dict[str, Any] = orjson.loads(record.value)
        return progress
    finally:
        await consumer.stop()


async def _generation(connection: Connection) -> int:
    generation: int = await connection.fetchval("select generation from relay")
    return generation
