"""Watermarks: up to which moment this service has applied all of a topic, out of what the owners promise."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.database import Connection, Database
from shared.journal.topics import progress_topic

_CALL_SECONDS = 30


class Watermarks:
    """Follows the progress records of the services whose topics are read, from the last one of each."""

    def __init__(
        self, database: Database, bootstrap: str, *, topics: Sequence[str], moved: asyncio.Event
    ) -> None:
        self._database = database
        self._bootstrap = bootstrap
        self._topics = frozenset(topics)
        self._partitions = [
            TopicPartition(progress_topic(name), 0) for name in sorted({t.split(".")[0] for t in topics})
        ]
        self._moved = moved
        self._kafka: AIOKafkaConsumer | None = None

    async def start(self) -> None:
        self._kafka = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            auto_offset_reset="latest",
            enable_auto_commit=False,
            metadata_max_age_ms=5_000,
        )
        await asyncio.wait_for(self._kafka.start(), _CALL_SECONDS)
        self._kafka.assign(self._partitions)
        ends = await asyncio.wait_for(self._kafka.end_offsets(self._partitions), _CALL_SECONDS)
        for partition, end in ends.items():
            self._kafka.seek(partition, max(0, end - 1))

    async def close(self) -> None:
        if self._kafka is not None:
            await asyncio.wait_for(self._kafka.stop(), 5)

    async def step(self) -> bool:
        """Take note of the newest record of each service; say whether there was one."""
        if self._kafka is None:
            await self.start()
            return True
        batches = await asyncio.wait_for(self._kafka.getmany(timeout_ms=500), _CALL_SECONDS)
        for records in batches.values():
            async with self._database.transaction() as connection:
                await self._note(connection, orjson.loads(records[-1].value))
            self._moved.set()
        return bool(batches)

    async def _note(self, connection: Connection, progress: dict[str, Any]) -> None:
        for topic, stand in sorted(progress["topics"].items()):
            if topic in self._topics:
                await connection.execute(
                    "select note_progress($1, $2, $3, $4, $5, $6, $7, $8)",
                    topic,
                    progress["generation"],
                    stand["begins"],
                    stand["ends"],
                    stand["count"],
                    datetime.fromisoformat(stand["promised"]) if stand["promised"] else None,
                    stand["parked"],
                    stand.get("importing", False),
                )
