"""A publishing service as the tests drive it: its journal, its clock, and what stands of it in Kafka."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import UnknownTopicOrPartitionError

from services.referrals.schema import METADATA
from shared.database import Connection, Database
from shared.events.referrals import IndicationState
from shared.journal.relay import Relay
from shared.journal.sequencer import Sequencer
from shared.journal.topics import PARTITIONS, make_topics, progress_topic
from tests.waiting import until

SERVICE = "referrals"
TOPIC = "referrals.indication"
PROGRESS = progress_topic(SERVICE)
OIN = "00000001234567890000"
_CLOCK = "create or replace function referrals.moment() returns timestamptz language sql volatile as"
_EMPTY = "truncate referrals.journal, referrals.journal_pending, referrals.journal_position, referrals.relay_parked"
_AT_NOTHING = "update referrals.sequencer set " + ", ".join(
    f"{column.name} = default"
    for column in METADATA.tables["referrals.sequencer"].columns
    if column.name != "single"
)
_ANEW = "update referrals.relay set generation = generation + 1, cursor = 0, topics = '{}'"
_POSITIONS = """
select p.position, p.known_at, j.aggregateid, j.version
from referrals.journal_position p join referrals.journal j using (id) order by p.position
"""


def indication(client: UUID, **more: object) -> dict[str, Any]:
    """Give the state of an indication as it stands in a journal."""
    state = IndicationState(
        client_id=client,
        municipality="0794",
        product="43A09",
        provider="98000001",
        valid_from=date(2023, 1, 1),
        withdrawn=False,
    )
    return {**orjson.loads(state.payload()), **more}


@dataclass(frozen=True)
class Publisher:
    """The referrals service's side: `database` is its worker's, `owner` an administrator's connection."""

    database: Database
    owner: asyncpg.Connection
    bootstrap: str

    async def reset(self) -> None:
        """Begin with an empty journal and the real clock; the generation goes on, as Kafka keeps what there was."""
        for statement in (_EMPTY, _AT_NOTHING, _ANEW):
            await self.owner.execute(statement)
        await self.shift_clock(timedelta())

    async def shift_clock(self, by: timedelta) -> None:
        """Let the database's clock show another time than the real one."""
        await self.owner.execute(
            f"{_CLOCK} $$ select clock_timestamp() + interval '{by / timedelta(microseconds=1):.0f} microseconds' $$"
        )

    async def write(self, *versions: tuple[UUID, int], **more: object) -> None:
        """Record these (aggregate, version) in one transaction."""
        async with self.database.transaction() as connection:
            await record(connection, *versions, **more)

    async def sequence(self, sequencer: Sequencer | None = None) -> int:
        """Do one step of a sequencer in a transaction of its own."""
        async with self.database.transaction() as connection:
            return await (sequencer or Sequencer()).step(connection)

    async def positions(self) -> list[asyncpg.Record]:
        """Give what has a position: position, known_at, aggregateid, version."""
        return await self.owner.fetch(_POSITIONS)

    async def row(self, table: str) -> dict[str, Any]:
        """Give the one row of `sequencer` or `relay`."""
        async with self.database.transaction() as connection:
            (row,) = await connection.fetch(f"select * from {table}")
        return dict(row)

    @asynccontextmanager
    async def relay(self) -> AsyncIterator[Relay]:
        """Run one relay; it is stepped by the test."""
        relay = Relay(self.database, self.bootstrap, service=SERVICE, oin=OIN)
        try:
            yield relay
        finally:
            await relay.close()


async def record(connection: Connection, *versions: tuple[UUID, int], **more: object) -> None:
    """Record these (aggregate, version) in the transaction at hand."""
    events = [
        {
            "aggregateType": "indication",
            "aggregateId": str(aggregate),
            "version": version,
            "payload": indication(aggregate, **more),
            "organisations": ["0794"],
        }
        for aggregate, version in versions
    ]
    await connection.execute("select record_events($1, null)", events)


@asynccontextmanager
async def administrator(bootstrap: str) -> AsyncIterator[AIOKafkaAdminClient]:
    """Give the client of the broker's administrator."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


class Log:
    """Reads what stands in Kafka, from where it was opened on."""

    def __init__(self, bootstrap: str, topics: Iterable[tuple[str, int]]) -> None:
        self._partitions = [
            TopicPartition(topic, number) for topic, count in topics for number in range(count)
        ]
        self._kafka = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            auto_offset_reset="none",
            enable_auto_commit=False,
            fetch_max_wait_ms=50,
        )
        self._records: list[ConsumerRecord] = []

    @classmethod
    @asynccontextmanager
    async def opened(cls, bootstrap: str) -> AsyncIterator["Log"]:
        """Open at the present ends of the indications and of the progress records."""
        log = cls(bootstrap, [(TOPIC, PARTITIONS), (PROGRESS, 1)])
        await log._kafka.start()
        try:
            log._kafka.assign(log._partitions)
            for partition, end in (await log._kafka.end_offsets(log._partitions)).items():
                log._kafka.seek(partition, end)
            yield log
        finally:
            await log._kafka.stop()

    async def _read(self) -> list[ConsumerRecord]:
        ends = await self._kafka.end_offsets(self._partitions)
        while any([await self._kafka.position(each) < ends[each] for each in self._partitions]):
            for records in (await self._kafka.getmany(timeout_ms=50)).values():
                self._records.extend(records)
        return self._records

    async def events(self) -> list["Sent"]:
        """Give all events since, in their order per partition."""
        return [
            Sent(
                record.partition, record.offset, UUID(event["subject"]), event["version"], event["generation"]
            )
            for record in await self._read()
            if record.topic == TOPIC
            for event in [orjson.loads(record.value)]
        ]

    async def progress(self) -> list[dict[str, Any]]:
        """Give all progress records since, oldest first."""
        return [orjson.loads(record.value) for record in await self._read() if record.topic == PROGRESS]


@dataclass(frozen=True)
class Sent:
    """One event as it stands in Kafka."""

    partition: int
    offset: int
    aggregate: UUID
    version: int
    generation: int


def versions_by_aggregate(events: Iterable[Sent]) -> dict[UUID, list[int]]:
    """Give the versions of each aggregate in the order in which a reader meets them first."""
    found: dict[UUID, list[int]] = {}
    for event in events:
        versions = found.setdefault(event.aggregate, [])
        if event.version not in versions:
            versions.append(event.version)
    return found


async def all_sent(publisher: Publisher, relay: Relay) -> bool:
    """Step once; say whether the relay's row has caught up with the journal."""
    await relay.step()
    return bool((await publisher.row("relay"))["cursor"] == (await publisher.row("sequencer"))["position"])


async def send_all(publisher: Publisher, relay: Relay) -> None:
    while await publisher.sequence():
        pass
    await until(lambda: all_sent(publisher, relay))


async def last_promise(log: Log) -> dict[str, Any]:
    """Give the newest progress of the topic."""
    progress = (await log.progress())[-1]
    return {"generation": progress["generation"], **progress["topics"][TOPIC]}


async def promised(publisher: Publisher, log: Log, relay: Relay) -> dict[str, Any]:
    """Step until what is known by now is promised; give that promise."""
    await publisher.sequence()
    through = (await publisher.row("sequencer"))["known_through"]

    async def so() -> bool:
        await relay.step()
        records = await log.progress()
        newest = records[-1]["topics"][TOPIC]["promised"] if records else None
        return newest is not None and datetime.fromisoformat(newest) >= through

    await until(so)
    return await last_promise(log)


async def make_anew(bootstrap: str, topic: str = TOPIC) -> None:
    """Delete a topic and make it again, empty."""
    async with administrator(bootstrap) as admin:
        await admin.delete_topics([topic])

        async def gone() -> bool:
            (described,) = await admin.describe_topics([topic])
            return bool(described["error_code"] == UnknownTopicOrPartitionError.errno)

        await until(gone)
    await make_topics(bootstrap, SERVICE)
