"""What a service has set aside, for its operator: to list, show, try again or give up. Never with its content.

Two sides park: the consumer what it cannot read (`17`: a message at an offset), the relay what the broker refuses
for good (`relay-17`: a position in the journal, which holds back the later versions of its aggregate too). Runs with
the worker's connection, in the caller's transaction.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from shared.consumer.apply import copy_versions, read
from shared.consumer.recompute import OF_DERIVING
from shared.database import Connection
from shared.events.envelope import decode
from shared.journal.state import renew_generation

_RELAY: Final = "relay-"
_CALL_SECONDS: Final = 30
_SIDES = (
    "select to_regclass('parked') is not null as reads, to_regclass('relay_parked') is not null as publishes"
)
_OF_CONSUMER = """
select id::text as id, topic, reason, parked_at, discarded, event_id, aggregate, version, partition, "offset"
from parked where $1::text is null or id::text = $1 order by parked.id for update
"""
_OF_RELAY = """
select 'relay-' || k.position as id, k.topic, k.reason, k.parked_at, false as discarded, j.event_id::text as event_id,
       k.aggregateid::text as aggregate, j.version, null::int as partition, null::bigint as "offset"
from relay_parked k left join journal_position p using (position) left join journal j on j.id = p.id
where $1::text is null or 'relay-' || k.position = $1 order by k.position for update of k
"""
_DIRTY_AGAIN = "insert into dirty (kind, aggregate) values ($1, $2::text::uuid)"
# Shared, so that no new generation begins before this is committed.
_GENERATION = "select generation from consumed where topic = $1 and partition = $2 for share"


class ParkingError(Exception):
    """It cannot be done; the message says why and what to do instead."""


class NotParkedError(ParkingError):
    """Nothing is parked under this id."""

    def __init__(self, parked_id: str) -> None:
        super().__init__(f"{parked_id} is not parked here; see `jeugdregio parked list`")


class MessageGoneError(ParkingError):
    """Kafka does not hold this message any more, or another one stands in its place."""

    def __init__(self, topic: str) -> None:
        super().__init__(
            f"Kafka holds this message no longer: run `jeugdregio republish {topic.partition('.')[0]}`"
        )


class StillPoisonError(ParkingError):
    """The message still cannot be read."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"it still cannot be applied ({reason}): update this service, or discard it")


class NotDiscardableError(ParkingError):
    """What the broker refused stands in the journal and cannot be given up."""

    def __init__(self) -> None:
        super().__init__("it stands in the journal: let the broker take it (message.max.bytes), then retry")


@dataclass(frozen=True, slots=True)
class Parked:
    """Something set aside. A discarded one stays to be seen, and counts as parked no more.

    Of what could not be read at all there is no event id, aggregate and version; of what the relay parked there is
    no partition and offset.
    """

    id: str
    topic: str
    reason: str
    parked_at: datetime
    discarded: bool
    event_id: str | None
    aggregate: str | None
    version: int | None
    partition: int | None
    offset: int | None


async def list_parked(connection: Connection) -> list[Parked]:
    """List what is parked, oldest first: of the consumer, then of the relay."""
    return await _find(connection, None)


async def show(connection: Connection, parked_id: str) -> Parked:
    """Give one. Raises NotParkedError."""
    found = await _find(connection, parked_id)
    if not found:
        raise NotParkedError(parked_id)
    return found[0]


async def retry(connection: Connection, parked_id: str, bootstrap: str) -> None:
    """Try again, after the cause was taken away.

    A message is fetched from Kafka again and applied. Of what the relay parked, the aggregate is freed and the
    journal published anew, since its later versions were passed over. Raises NotParkedError, MessageGoneError,
    StillPoisonError, and aiokafka's KafkaError.
    """
    parked = await show(connection, parked_id)
    if parked_id.startswith(_RELAY):
        await connection.execute("delete from relay_parked where aggregateid::text = $1", parked.aggregate)
        await renew_generation(connection)
        return
    if parked.partition == OF_DERIVING:
        await connection.execute(_DIRTY_AGAIN, parked.topic, parked.aggregate)
    else:
        await _apply(connection, parked, await _fetch(bootstrap, parked))
    await connection.execute("delete from parked where id::text = $1", parked_id)


async def discard(connection: Connection, parked_id: str) -> None:
    """Give a message up: what lacks it does not say so any more. Raises NotParkedError, NotDiscardableError."""
    await show(connection, parked_id)
    if parked_id.startswith(_RELAY):
        raise NotDiscardableError
    await connection.execute("update parked set discarded = true where id::text = $1", parked_id)


async def _find(connection: Connection, parked_id: str | None) -> list[Parked]:
    (sides,) = await connection.fetch(_SIDES)
    rows = await connection.fetch(_OF_CONSUMER, parked_id) if sides["reads"] else []
    rows += await connection.fetch(_OF_RELAY, parked_id) if sides["publishes"] else []
    return [Parked(**row) for row in rows]


async def _fetch(bootstrap: str, parked: Parked) -> ConsumerRecord:
    """Read the one message from Kafka. Raises MessageGoneError."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, auto_offset_reset="none", enable_auto_commit=False
    )
    place = TopicPartition(parked.topic, parked.partition)
    try:
        await asyncio.wait_for(consumer.start(), _CALL_SECONDS)
        consumer.assign([place])
        first = (await asyncio.wait_for(consumer.beginning_offsets([place]), _CALL_SECONDS))[place]
        end = (await asyncio.wait_for(consumer.end_offsets([place]), _CALL_SECONDS))[place]
        if parked.offset is None or not first <= parked.offset < end:
            raise MessageGoneError(parked.topic)
        consumer.seek(place, parked.offset)
        return await asyncio.wait_for(consumer.getone(place), _CALL_SECONDS)
    finally:
        await asyncio.wait_for(consumer.stop(), _CALL_SECONDS)


async def _apply(connection: Connection, parked: Parked, record: ConsumerRecord) -> None:
    """Apply the message as the consumer would have done. Raises StillPoisonError, MessageGoneError."""
    versions, poison = read([record])
    if poison:
        raise StillPoisonError(poison[0].reason)
    # A log that was made anew has other messages at the same offsets.
    if parked.event_id not in {None, str(decode(record.value).id)}:
        raise MessageGoneError(parked.topic)
    # What an older generation brought may be lost to its owner: the newer one brings, or brought, what still holds.
    generation = await connection.fetchval(_GENERATION, parked.topic, parked.partition) or 0
    current = [version for version in versions if version.generation >= generation]
    await copy_versions(connection, parked.topic, current)
