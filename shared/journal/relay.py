"""The relay: sends the journal to Kafka in position order, and publishes up to where readers can rely on it.

The journal is the archive and Kafka is transport: nothing is deleted on sending. A time-out means *unknown* and the rows
are sent again; readers do not mind a repeat. Where it stands is one row, moved by compare-and-set after the broker's
acknowledgements; what it promises is published from that row and never from memory (measured: wrong answers otherwise).
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import MessageSizeTooLargeError, RecordListTooLargeError
from aiokafka.structs import RecordMetadata

from shared import metrics
from shared.crash_points import crash_point
from shared.database import Connection, Database
from shared.events.envelope import cloud_event, source
from shared.events.topics import topics_of
from shared.journal.state import RelayState, TopicState, load_state, move, renew_generation
from shared.journal.topics import PARTITIONS, make_topics, progress_topic

_BATCH = 2_000
_CALL_SECONDS = 30
_PROGRESS_SECONDS = (0.05, 1.0)
_REFUSED_FOR_GOOD = (MessageSizeTooLargeError, RecordListTooLargeError)
_NEXT = """
select j.event_id, j.aggregateid, j.version, p.position, j.recorded_at, p.known_at,
       j.payload::text as payload, j.aggregatetype, j.traceparent
from journal_position p join journal j using (id)
where p.position > $1 and p.position <= $2 and not exists (select from relay_parked k where k.aggregateid = j.aggregateid)
order by p.position limit $3
"""


class Relay:
    """One publishing service's relay. Rebuilt whole after any error: no state of it outlives one."""

    def __init__(self, database: Database, bootstrap: str, *, service: str, oin: str) -> None:
        self._database = database
        self._bootstrap = bootstrap
        self._service = service
        self._source = source(oin, service)
        self._topics = {topic.aggregate: topic for topic in topics_of(service)}
        self._names = [topic.name for topic in self._topics.values()]
        self._derived = frozenset(topic.name for topic in self._topics.values() if topic.derived)
        self._producer: AIOKafkaProducer | None = None
        self._offsets: AIOKafkaConsumer | None = None
        self._published: tuple[RelayState | None, float] = (None, 0.0)
        self._looked_at = 0.0

    async def start(self) -> None:
        """Connect to the broker and make the topics that it lost or never had."""
        await make_topics(self._bootstrap, self._service)
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            acks="all",
            enable_idempotence=True,
            linger_ms=2,
            max_batch_size=262_144,
            request_timeout_ms=10_000,
            metadata_max_age_ms=10_000,
        )
        await asyncio.wait_for(self._producer.start(), _CALL_SECONDS)
        self._offsets = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap, auto_offset_reset="none", enable_auto_commit=False
        )
        await asyncio.wait_for(self._offsets.start(), _CALL_SECONDS)

    async def close(self) -> None:
        for client in (self._producer, self._offsets):
            if client is not None:
                await asyncio.wait_for(client.stop(), 5)

    async def step(self) -> bool:
        """Send one batch; say whether there was anything to send."""
        if self._producer is None:
            await self.start()
        async with self._database.transaction() as connection:
            state = await load_state(connection, self._derived)
            if not set(self._names) <= state.topics.keys():
                state = await self._begin(connection, state)
            rows = await connection.fetch(_NEXT, state.cursor, state.position, _BATCH)
        if time.monotonic() - self._looked_at >= 1 and await self._made_anew(state):
            return True
        state = await self._send(state, rows)
        await self._publish_progress(state)
        return bool(rows)

    async def _begin(self, connection: Connection, state: RelayState) -> RelayState:
        """Open a generation: it begins where the broker's logs end now."""
        ends = await self._log_ends(self._names)
        topics = {
            topic: TopicState(begins=offsets, ends=offsets, count=0, promised=None)
            for topic, offsets in ends.items()
        }
        return await move(connection, state, cursor=state.cursor, topics={**topics, **state.topics}) or state

    async def _made_anew(self, state: RelayState) -> bool:
        """Compare with the broker's logs: one shorter than acknowledged has been lost, so all is sent again."""
        self._looked_at = time.monotonic()
        logs = await self._log_ends(state.topics)
        for topic, stand in state.topics.items():
            if any(log < end for log, end in zip(logs[topic], stand.ends, strict=True)):
                await self._renew(state)
                return True
        return False

    async def _renew(self, state: RelayState) -> None:
        await make_topics(self._bootstrap, self._service)
        async with self._database.transaction() as connection:
            await renew_generation(connection, generation=state.generation)

    async def _send(self, state: RelayState, rows: Sequence[asyncpg.Record]) -> RelayState:
        if self._producer is None:
            raise RuntimeError("the relay was not started")
        futures = [await self._send_one(self._producer, row, state.generation) for row in rows]
        done = await asyncio.wait_for(asyncio.gather(*futures, return_exceptions=True), _CALL_SECONDS)
        refused, acknowledged = _sorted_out(rows, done)
        crash_point("relay_after_send")
        if any(ack.offset < state.topics[ack.topic].ends[ack.partition] for _, ack in acknowledged):
            await self._renew(state)
            return state
        complete = len(rows) < _BATCH
        cursor = state.position if complete else rows[-1]["position"]
        topics = state.after([ack for _, ack in acknowledged], complete=complete)
        if cursor == state.cursor and topics == state.topics and not refused:
            return state
        async with self._database.transaction() as connection:
            await self._park(connection, refused)
            moved = await move(connection, state, cursor=cursor, topics=topics)
        metrics.relay_published_events_total.labels(service=self._service).inc(len(acknowledged))
        return moved or state

    async def _send_one(
        self, producer: AIOKafkaProducer, row: asyncpg.Record, generation: int
    ) -> asyncio.Future[RecordMetadata]:
        topic = self._topics[row["aggregatetype"]]
        headers = [("content-type", b"application/cloudevents+json")]
        if row["traceparent"]:
            headers.append(("traceparent", row["traceparent"].encode()))
        event = cloud_event(row, source=self._source, service=self._service, generation=generation)
        sending = producer.send(
            topic.name, key=str(row["aggregateid"]).encode(), value=event, headers=headers
        )
        try:
            future: asyncio.Future[RecordMetadata] = await asyncio.wait_for(sending, _CALL_SECONDS)
        except _REFUSED_FOR_GOOD as error:
            future = asyncio.get_running_loop().create_future()
            future.set_exception(error)
        return future

    async def _park(
        self, connection: Connection, refused: Iterable[tuple[asyncpg.Record, BaseException]]
    ) -> None:
        for row, error in refused:
            await connection.execute(
                "insert into relay_parked (position, aggregateid, topic, reason, parked_at)"
                " values ($1, $2, $3, $4, moment()) on conflict do nothing",
                row["position"],
                row["aggregateid"],
                self._topics[row["aggregatetype"]].name,
                type(error).__name__,
            )

    async def _publish_progress(self, state: RelayState) -> None:
        last, at = self._published
        soonest, latest = _PROGRESS_SECONDS
        now = time.monotonic()
        if now - at < (latest if state == last else soonest) or self._producer is None:
            return
        record = orjson.dumps(await self._progress(state))
        sending = self._producer.send_and_wait(progress_topic(self._service), value=record, partition=0)
        await asyncio.wait_for(sending, _CALL_SECONDS)
        self._published = (state, now)

    async def _progress(self, state: RelayState) -> dict[str, Any]:
        async with self._database.transaction() as connection:
            rows = await connection.fetch("select topic, count(*) as parked from relay_parked group by topic")
        return state.progress({row["topic"]: row["parked"] for row in rows})

    async def _log_ends(self, topics: Iterable[str]) -> dict[str, list[int]]:
        if self._offsets is None:
            raise RuntimeError("the relay was not started")
        wanted = {
            topic: [TopicPartition(topic, partition) for partition in range(PARTITIONS)] for topic in topics
        }
        every = [partition for partitions in wanted.values() for partition in partitions]
        ends = await asyncio.wait_for(self._offsets.end_offsets(every), _CALL_SECONDS)
        return {topic: [ends[partition] for partition in partitions] for topic, partitions in wanted.items()}


_Outcomes = tuple[list[tuple[asyncpg.Record, BaseException]], list[tuple[asyncpg.Record, RecordMetadata]]]


def _sorted_out(rows: Sequence[asyncpg.Record], done: Sequence[RecordMetadata | BaseException]) -> _Outcomes:
    """Split what the broker acknowledged from what it will never take; any other error is raised: unknown, send again."""
    refused: list[tuple[asyncpg.Record, BaseException]] = []
    acknowledged: list[tuple[asyncpg.Record, RecordMetadata]] = []
    for row, outcome in zip(rows, done, strict=True):
        if isinstance(outcome, _REFUSED_FOR_GOOD):
            refused.append((row, outcome))
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            acknowledged.append((row, outcome))
    return refused, acknowledged
