"""The relay: sends the journal to Kafka in position order, and publishes up to where readers can rely on it.

The journal is the archive and Kafka is transport: nothing is deleted on sending. A time-out means *unknown* and the rows
are sent again; readers do not mind a repeat. Where it stands is one row, moved by compare-and-set after the broker's
acknowledgements; what it promises is published from that row and never from memory (measured: wrong answers otherwise).
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
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
# A broker refuses a whole batch when one event in it is too large. A larger event than this travels alone, after all
# before it and before all after it, and no batch is larger: so a refusal is about one event.
_ALONE = 65_536
_CALL_SECONDS = 30
_PROGRESS_SECONDS = (0.05, 1.0)
_REFUSED_FOR_GOOD = (MessageSizeTooLargeError, RecordListTooLargeError)
_NEXT = """
select j.event_id, j.aggregateid, j.version, p.position, j.recorded_at, p.known_at,
       j.payload::text as payload, j.aggregatetype, j.traceparent
from journal_position p join journal j using (id)
where p.position > $1 and p.position <= $2
  and not exists (select from relay_parked k where k.aggregateid = j.aggregateid and k.position <= p.position)
order by p.position limit $3
"""

# A derived topic lacks what could not be read of its inputs, here or by those before.
_PARKED_INPUTS = """
select (select count(*) from parked where not discarded)
     + (select coalesce(sum(parked_upstream), 0)::bigint from watermark)
"""


class Relay:
    """One publishing service's relay. Rebuilt whole after any error: no state of it outlives one."""

    def __init__(
        self, database: Database, bootstrap: str, *, service: str, oin: str, replication: int = 1
    ) -> None:
        self._database = database
        self._bootstrap = bootstrap
        self._service = service
        self._source = source(oin, service)
        self._replication = replication
        self._topics = {topic.aggregate: topic for topic in topics_of(service)}
        self._names = [topic.name for topic in self._topics.values()]
        self._derived = frozenset(topic.name for topic in self._topics.values() if topic.derived)
        self._producer: AIOKafkaProducer | None = None
        self._offsets: AIOKafkaConsumer | None = None
        self._published: tuple[RelayState | None, float] = (None, 0.0)
        self._looked_at = 0.0

    async def start(self) -> None:
        """Connect to the broker and make the topics that it lost or never had."""
        await make_topics(self._bootstrap, self._service, replication=self._replication)
        await self._start_producer()
        self._offsets = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap, auto_offset_reset="none", enable_auto_commit=False
        )
        await asyncio.wait_for(self._offsets.start(), _CALL_SECONDS)

    async def _start_producer(self) -> None:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            acks="all",
            enable_idempotence=True,
            linger_ms=2,
            max_batch_size=_ALONE,
            request_timeout_ms=10_000,
            metadata_max_age_ms=10_000,
        )
        await asyncio.wait_for(self._producer.start(), _CALL_SECONDS)

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
            # Not once: the generation may be renewed just then, and has to be begun again.
            while not set(self._names) <= state.topics.keys():
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
        begun = await move(connection, state, cursor=state.cursor, topics={**topics, **state.topics})
        # Another relay was first: go by what it wrote.
        return begun or await load_state(connection, self._derived)

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
        await make_topics(self._bootstrap, self._service, replication=self._replication)
        async with self._database.transaction() as connection:
            await renew_generation(connection, generation=state.generation)

    async def _send(self, state: RelayState, rows: Sequence[asyncpg.Record]) -> RelayState:
        refused, acknowledged = await self._deliver(rows, state.generation)
        if rows:
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

    async def _deliver(self, rows: Sequence[asyncpg.Record], generation: int) -> "_Outcomes":
        """Send rows; give what the broker will never take, and what it acknowledged.

        A version after a refused one of its aggregate is neither. Raises any other error: unknown, send again.
        """
        refused: list[tuple[asyncpg.Record, BaseException]] = []
        acknowledged: list[tuple[asyncpg.Record, RecordMetadata]] = []
        runs = deque(_runs(rows))
        while runs:
            held = {row["aggregateid"] for row, _ in refused}
            run = [row for row in runs.popleft() if row["aggregateid"] not in held]
            done = await self._send_run(run, generation)
            no_more = any(isinstance(outcome, _REFUSED_FOR_GOOD) for outcome in done)
            if no_more:
                await self._renew_producer()
            if no_more and len(run) > 1:
                runs.extendleft([row] for row in reversed(run))
                continue
            now_refused, now_acknowledged = _sorted_out(run, done)
            refused += now_refused
            acknowledged += now_acknowledged
        return refused, acknowledged

    async def _send_run(
        self, run: Sequence[asyncpg.Record], generation: int
    ) -> Sequence[RecordMetadata | BaseException]:
        if self._producer is None:
            raise RuntimeError("the relay was not started")
        futures = [await self._send_one(self._producer, row, generation) for row in run]
        return await asyncio.wait_for(asyncio.gather(*futures, return_exceptions=True), _CALL_SECONDS)

    async def _renew_producer(self) -> None:
        """Begin with a new one: the broker misses the refused batch's sequence numbers, and takes no more of the old."""
        if self._producer is not None:
            await asyncio.wait_for(self._producer.stop(), 5)
        await self._start_producer()

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
            inputs = await connection.fetchval(_PARKED_INPUTS) if self._derived else 0
        parked = {row["topic"]: row["parked"] for row in rows}
        return state.progress(parked | {topic: parked.get(topic, 0) + inputs for topic in self._derived})

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


def _runs(rows: Iterable[asyncpg.Record]) -> Iterator[list[asyncpg.Record]]:
    """Split rows, in their order, into what may be sent together."""
    run: list[asyncpg.Record] = []
    for row in rows:
        if len(row["payload"]) > _ALONE:
            yield from (run, [row])
            run = []
        else:
            run.append(row)
    yield run


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
