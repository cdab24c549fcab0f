"""A reading service and the owner of what it reads, as the tests drive them, over a real database and a real broker."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shared.consumer.consumer import Consumer
from shared.consumer.watermarks import Watermarks
from shared.database import Database
from shared.events.envelope import cloud_event, source
from shared.events.topics import TOPICS
from shared.journal.topics import PARTITIONS, progress_topic
from tests.unit.shared.journal.publishing import indication
from tests.waiting import until

SERVICE = "monitoring"
INDICATION = "referrals.indication"
PROVIDER = "contracts.provider"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_SOURCE = source("00000001234567890000", "referrals")
_TABLES = ("consumed", "watermark", "recompute_through", "dirty", "parked")
_COPIES = tuple(topic.replace(".", "_") for topic in TOPICS)
_EMPTY = "truncate " + ", ".join(f"monitoring.{table}" for table in (*_TABLES, *_COPIES))

Copy = dict[tuple[UUID, int], tuple[datetime, int]]
"""(aggregate, version) -> (known_at, generation)."""
Backup = dict[str, list[tuple[object, ...]]]
"""All rows of each table."""


def at(minutes: float) -> datetime:
    """Give a moment, in minutes after an epoch."""
    return EPOCH + timedelta(minutes=minutes)


def state_of(topic: str, aggregate: UUID) -> dict[str, Any]:
    """Give a valid state of an aggregate of this topic."""
    if topic == INDICATION:
        return indication(aggregate)
    return {"agb": "98000001", "name": "De Eik", "locations": []}


@dataclass
class Owner:
    """Publishes one topic by hand: any version in any order, any promise."""

    producer: AIOKafkaProducer
    bootstrap: str
    topic: str = INDICATION
    generation: int = 0
    begins: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    count: int = 0
    promised: datetime | None = None

    async def begin(self, generation: int) -> None:
        """Open a generation where the log ends now, and say so without a promise."""
        self.generation, self.count = generation, 0
        self.begins = await log_ends(self.bootstrap, self.topic)
        self.ends = list(self.begins)
        await self.promise(None)

    async def send(
        self, *versions: tuple[UUID, int], known: float = 0, generation: int = 0, **more: object
    ) -> None:
        """Send these (aggregate, version) as known at a moment; each counts once for the promise that follows."""
        for aggregate, version in versions:
            await self.send_message(
                self.event(aggregate, version, known=known, generation=generation, **more), key=aggregate
            )
        self.count += len(versions)

    def event(
        self, aggregate: UUID, version: int, *, known: float = 0, generation: int = 0, **more: object
    ) -> bytes:
        row = {
            "event_id": uuid4(),
            "aggregatetype": self.topic.split(".")[1],
            "aggregateid": aggregate,
            "version": version,
            "position": 1,
            "recorded_at": EPOCH,
            "known_at": at(known),
            "payload": orjson.dumps({**state_of(self.topic, aggregate), **more}),
        }
        service = self.topic.split(".")[0]
        return cloud_event(row, source=_SOURCE, service=service, generation=generation or self.generation)

    async def send_message(
        self, value: bytes | None, *, key: UUID, headers: Sequence[tuple[str, bytes | None]] = ()
    ) -> None:
        """Send any message, and take note of where the log of its partition ends."""
        ack = await self.producer.send_and_wait(
            self.topic, value=value, key=str(key).encode(), headers=list(headers)
        )
        self.ends[ack.partition] = ack.offset + 1

    async def promise(self, through: float | None, *, parked: int = 0) -> None:
        """Publish that all up to a moment (minutes after the epoch) lies before the ends."""
        self.promised = None if through is None else at(through)
        stand = {
            "begins": self.begins,
            "ends": self.ends,
            "count": self.count,
            "promised": self.promised.isoformat() if self.promised else None,
            "parked": parked,
        }
        record = orjson.dumps({"generation": self.generation, "topics": {self.topic: stand}})
        await self.producer.send_and_wait(progress_topic(self.topic.split(".")[0]), value=record, partition=0)


async def log_ends(bootstrap: str, topic: str) -> list[int]:
    """Ask the broker where the partitions of a topic end."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        ends = await consumer.end_offsets(partitions)
        return [ends[partition] for partition in partitions]
    finally:
        await consumer.stop()


@dataclass
class Reader:
    """The monitoring service's side: `database` is its worker's, `admin` an administrator's."""

    database: Database
    admin: asyncpg.Pool
    bootstrap: str

    async def empty(self) -> None:
        await self.admin.execute(_EMPTY)

    @asynccontextmanager
    async def consumer(self, *topics: str) -> AsyncIterator[Consumer]:
        """Run one member of the group; it is stepped by the test."""
        consumer = Consumer(
            self.database,
            self.bootstrap,
            service=SERVICE,
            topics=topics or (INDICATION,),
            applied=asyncio.Event(),
        )
        try:
            yield consumer
        finally:
            await consumer.close()

    @asynccontextmanager
    async def watermarks(self, *topics: str) -> AsyncIterator[Watermarks]:
        watermarks = Watermarks(
            self.database, self.bootstrap, topics=topics or (INDICATION,), moved=asyncio.Event()
        )
        try:
            yield watermarks
        finally:
            await watermarks.close()

    async def take_note(self, owner: Owner) -> None:
        """Read the newest progress record of the owner and no event."""
        async with self.watermarks(owner.topic) as watermarks:

            async def noted() -> bool:
                await watermarks.step()
                mark = await self.watermark(owner.topic)
                newest = mark and (mark["generation"], mark["latest_through"], mark["latest_ends"])
                return bool(newest == (owner.generation, owner.promised, owner.ends))

            await until(noted)

    async def copy(self, topic: str = INDICATION) -> Copy:
        rows = await self.rows(topic.replace(".", "_"))
        return {(row["aggregate"], row["version"]): (row["known_at"], row["generation"]) for row in rows}

    async def rows(self, table: str) -> list[asyncpg.Record]:
        return await self.admin.fetch(f"select * from monitoring.{table}")

    async def dirty(self) -> set[UUID]:
        return {row["aggregate"] for row in await self.rows("dirty")}

    async def next_offsets(self, topic: str = INDICATION) -> list[int]:
        rows = await self.admin.fetch(
            "select next_offset from monitoring.consumed where topic = $1 order by partition", topic
        )
        return [row["next_offset"] for row in rows]

    async def watermark(self, topic: str = INDICATION) -> asyncpg.Record | None:
        return await self.admin.fetchrow("select * from monitoring.watermark where topic = $1", topic)

    async def known_through(self, topic: str = INDICATION) -> datetime | None:
        mark = await self.watermark(topic)
        return mark["known_through"] if mark else None

    async def read_all(self, owner: Owner, *consumers: Consumer) -> None:
        """Step the consumers until all that the owner sent has been applied, then look at the watermark."""

        async def applied() -> bool:
            await asyncio.gather(*(consumer.step() for consumer in consumers))
            return await self.next_offsets(owner.topic) == owner.ends

        await until(applied)
        await self.reach(owner.topic)

    async def reach(self, topic: str = INDICATION) -> None:
        """Move the watermark as far as what was applied allows, as each recompute step does."""
        async with self.database.transaction() as connection:
            await connection.execute("select reach_watermark($1)", topic)

    async def back_up(self) -> Backup:
        """Remember all tables."""
        return {table: [tuple(row) for row in await self.rows(table)] for table in (*_TABLES, *_COPIES)}

    async def restore(self, backup: Backup) -> None:
        async with self.admin.acquire() as connection, connection.transaction():
            await connection.execute(_EMPTY)
            for table, rows in backup.items():
                await connection.copy_records_to_table(table, schema_name=SERVICE, records=rows)

    @asynccontextmanager
    async def without_right(self, table: str) -> AsyncIterator[None]:
        """Let every insert into a table fail."""
        await self.admin.execute(f"revoke insert on monitoring.{table} from monitoring_worker")
        try:
            yield
        finally:
            await self.admin.execute(f"grant insert on monitoring.{table} to monitoring_worker")


def spread(count: int, versions: Iterable[int] = (1,)) -> list[tuple[UUID, int]]:
    """Give (aggregate, version) of new aggregates, enough of them to stand in several partitions."""
    aggregates = [uuid4() for _ in range(count)]
    return [(aggregate, version) for version in versions for aggregate in aggregates]
