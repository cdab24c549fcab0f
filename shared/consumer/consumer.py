"""The consumer: reads events in batches; where it stands is in this service's own tables and nowhere else.

Offsets that Kafka keeps are written for lag tools only: with them, a reader that came back from its backup lost
what lay between. After any error the whole consumer is rebuilt; nothing of it outlives one.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError, NoOffsetForPartitionError, OffsetOutOfRangeError

from shared import metrics
from shared.consumer.apply import FencedError, Stand, apply_batch
from shared.consumer.silence import Silence
from shared.crash_points import crash_point
from shared.database import Database
from shared.tracing import following

_log = structlog.get_logger()
_CALL_SECONDS = 30
_BATCH = 2_000
# Longer than a batch takes to be applied, so that work is not taken for silence.
_LOOK_SECONDS = 15
_STANDS = "select topic, partition, generation, next_offset from consumed where topic = any($1)"


class PoisonedError(Exception):
    """So many messages in a row cannot be applied that something larger is wrong: the consumer stops here."""

    def __init__(self, partition: TopicPartition) -> None:
        super().__init__(
            f"too many messages in a row of {partition.topic}, partition {partition.partition}, cannot be applied:"
            " update this service, or see `jeugdregio parked list` and discard them"
        )


class Consumer(ConsumerRebalanceListener):  # type: ignore[misc]
    """One worker's consumer, a member of the service's group."""

    def __init__(
        self,
        database: Database,
        bootstrap: str,
        *,
        service: str,
        topics: Sequence[str],
        applied: asyncio.Event,
    ) -> None:
        self._database = database
        self._bootstrap = bootstrap
        self._service = service
        self._topics = list(topics)
        self._applied = applied
        self._kafka: AIOKafkaConsumer | None = None
        self._stands: dict[TopicPartition, Stand] = {}
        self._compared_at = 0.0
        self._polled_at = time.monotonic()
        self._looked_at = time.monotonic()
        self._silence = Silence()
        metrics.consumer_last_poll_age_seconds.labels(service).set_function(
            lambda: time.monotonic() - self._polled_at
        )

    async def start(self) -> None:
        self._kafka = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=f"jeugdregio.{self._service}",
            auto_offset_reset="none",
            enable_auto_commit=False,
            metadata_max_age_ms=5_000,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=2_000,
            fetch_max_wait_ms=250,
            max_partition_fetch_bytes=4_194_304,
        )
        self._kafka.subscribe(self._topics, listener=self)
        await asyncio.wait_for(self._kafka.start(), _CALL_SECONDS)

    async def close(self) -> None:
        if self._kafka is not None:
            await asyncio.wait_for(self._kafka.stop(), 5)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        for partition in revoked:
            self._stands.pop(partition, None)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Hold the new partitions until the next step has found where they stand."""
        for partition in assigned:
            self._wait_for_news(partition)
        self._compared_at = 0.0

    def _wait_for_news(self, partition: TopicPartition) -> None:
        """Hold a partition of which nothing is known. It gets a place all the same: without one, every poll fails."""
        self._stands.pop(partition, None)
        self._client.pause(partition)
        self._client.seek(partition, 0)

    async def step(self) -> bool:
        """Read and apply what there is; say whether there was anything."""
        if self._kafka is None:
            await self.start()
        if time.monotonic() - self._compared_at >= 1:
            await self._compare()
        if time.monotonic() - self._looked_at >= _LOOK_SECONDS:
            await self._look_for_silence()
        self._polled_at = time.monotonic()
        for partition, records in (await self._poll()).items():
            await self._apply(partition, records)
        return bool(self._applied.is_set())

    async def _poll(self) -> dict[TopicPartition, list[ConsumerRecord]]:
        polling = self._client.getmany(timeout_ms=250, max_records=_BATCH)
        try:
            batches: dict[TopicPartition, list[ConsumerRecord]] = await asyncio.wait_for(
                polling, _CALL_SECONDS
            )
        except NoOffsetForPartitionError:
            # Known: it can overtake the seek that follows an assignment.
            self._stands.clear()
            self._compared_at = 0.0
            return {}
        except OffsetOutOfRangeError as error:
            self._hold(error.args[0])
            return {}
        return batches

    async def _apply(self, partition: TopicPartition, records: list[ConsumerRecord]) -> None:
        seen = self._stands.get(partition)
        fresh = [record for record in records if seen and record.offset >= seen.next_offset]
        if seen is None or not fresh:
            return
        try:
            with following(_traceparent(fresh[-1])):
                async with self._database.transaction() as connection:
                    stand, all_applied = await apply_batch(connection, seen, fresh)
                    crash_point("consumer_after_apply")
        except FencedError:
            self._stands.pop(partition, None)
            self._compared_at = 0.0
            return
        # Meanwhile the partition may have gone and come back: then it is held, and has yet to find its place.
        if self._stands.get(partition) is seen:
            self._stands[partition] = stand
        self._applied.set()
        self._observe(fresh[-1])
        if not all_applied:
            raise PoisonedError(partition)

    async def _look_for_silence(self) -> None:
        self._looked_at = time.monotonic()
        listening = set(self._stands) - set(self._client.paused())
        if listening:
            ends = await asyncio.wait_for(self._client.end_offsets(listening), _CALL_SECONDS)
            self._silence.look(self._stands, ends)

    async def _compare(self) -> None:
        """Seek every assigned partition to where it stands in our tables; hold those of which nothing is known yet."""
        self._compared_at = time.monotonic()
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_STANDS, self._topics)
        known = {
            TopicPartition(row["topic"], row["partition"]): Stand(row["generation"], row["next_offset"])
            for row in rows
        }
        for partition in self._client.assignment():
            stand = known.get(partition)
            if stand is None:
                self._wait_for_news(partition)
            elif stand != self._stands.get(partition):
                self._client.seek(partition, stand.next_offset)
                self._client.resume(partition)
                self._stands[partition] = stand
        await self._tell_lag_tools()

    async def _tell_lag_tools(self) -> None:
        # A rebalance may have taken some of them meanwhile, of which the client would know nothing.
        assigned = self._client.assignment()
        stands = {partition: stand for partition, stand in self._stands.items() if partition in assigned}
        for partition, stand in stands.items():
            lag = max(0, (self._client.highwater(partition) or 0) - stand.next_offset)
            metrics.consumer_lag_events.labels(self._service, partition.topic, partition.partition).set(lag)
        offsets = {partition: stand.next_offset for partition, stand in stands.items()}
        try:
            if offsets:
                await asyncio.wait_for(self._client.commit(offsets), 5)
        except (KafkaError, TimeoutError) as error:
            _log.debug("offsets_not_shown_to_lag_tools", error=type(error).__name__)

    def _hold(self, partitions: Iterable[TopicPartition]) -> None:
        """A gap: Kafka no longer has what comes next. Nothing may be skipped, so wait until it is published again."""
        for partition in partitions:
            _log.error(
                "gap", topic=partition.topic, partition=partition.partition, remedy="jeugdregio republish"
            )
            self._client.pause(partition)
            metrics.consumer_gaps_total.labels(service=self._service, topic=partition.topic).inc()

    def _observe(self, record: ConsumerRecord) -> None:
        metrics.event_end_to_end_seconds.labels(service=self._service, topic=record.topic).observe(
            max(0.0, time.time() - record.timestamp / 1000)
        )

    @property
    def _client(self) -> AIOKafkaConsumer:
        if self._kafka is None:
            raise RuntimeError("the consumer was not started")
        return self._kafka


def _traceparent(record: ConsumerRecord) -> str | None:
    values = (value for name, value in record.headers if name == "traceparent" and value)
    return next((value.decode("ascii", "replace") for value in values), None)
