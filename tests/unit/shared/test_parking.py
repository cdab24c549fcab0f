"""What was set aside: seen without its content, applied once its cause is gone, or given up."""

from collections.abc import AsyncIterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata

from jeugdregio.engines import Kafka, Postgres
from shared.consumer.apply import Stand, apply_batch
from shared.consumer.parking import (
    MessageGoneError,
    NotDiscardableError,
    NotParkedError,
    Parked,
    StillPoisonError,
    _fetch,
    discard,
    list_parked,
    retry,
    show,
)
from shared.database import Database
from shared.events.envelope import cloud_event, source
from shared.journal.sequencer import Sequencer
from shared.journal.topics import make_topics
from tests.databases import Databases, empty, make_databases

TOPIC = "contracts.provider"
AGGREGATE = UUID(int=7)
SECRET = "NameThatNobodyMaySee"
GENERATION = 3


@pytest.fixture(scope="module")
async def bootstrap(kafka: Kafka) -> str:
    await make_topics(kafka.bootstrap, "contracts")
    return kafka.bootstrap


@pytest.fixture(scope="module")
async def producer(bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    yield producer
    await producer.stop()


@pytest.fixture(scope="module")
def databases(postgres: Postgres, engines_folder: Path) -> Databases:
    return make_databases(postgres, engines_folder, "availability", "referrals")


async def _emptied(databases: Databases, service: str, *tables: str) -> AsyncIterator[Database]:
    async with databases.database(service, "owner") as owner, owner.transaction() as connection:
        await empty(connection, *tables)
    async with databases.database(service, "worker") as worker:
        yield worker


@pytest.fixture
async def reader(databases: Databases) -> AsyncIterator[Database]:
    """The worker of a service that reads events."""
    async for worker in _emptied(
        databases, "availability", "parked", "consumed", "dirty", "contracts_provider"
    ):
        yield worker


@pytest.fixture
async def publisher(databases: Databases) -> AsyncIterator[Database]:
    """The worker of a service that publishes."""
    async for worker in _emptied(databases, "referrals", "journal", "journal_position", "relay_parked"):
        yield worker


def event(*, event_id: UUID | None = None, generation: int = GENERATION, name: object = SECRET) -> bytes:
    """A provider's first version; without a name it is not valid."""
    now = datetime(2023, 1, 1, tzinfo=UTC)
    row: dict[str, Any] = {
        "event_id": event_id or uuid4(),
        "aggregatetype": "provider",
        "aggregateid": AGGREGATE,
        "version": 1,
        "position": 1,
        "recorded_at": now,
        "known_at": now,
        "payload": orjson.dumps({"agb": "98000001", "name": name, "locations": []}).decode(),
    }
    publisher = source("00000099000000010010", "contracts")
    return cloud_event(row, source=publisher, service="contracts", generation=generation)


async def park(
    reader: Database,
    at: RecordMetadata,
    *,
    event_id: UUID | None,
    generation: int = GENERATION,
    offset: int = 0,
) -> str:
    """Set a message aside as an older release did that could not read it; give its id."""
    async with reader.transaction() as connection:
        await connection.execute(
            "insert into consumed (topic, partition, generation, next_offset) values ($1, $2, $3, $4)"
            " on conflict (topic, partition) do update set generation = excluded.generation",
            TOPIC,
            at.partition,
            generation,
            at.offset + 1,
        )
        return str(
            await connection.fetchval(
                'insert into parked (topic, partition, "offset", event_id, reason, generation, parked_at)'
                " values ($1, $2, $3, $4, 'not readable', 1, moment()) returning id",
                TOPIC,
                at.partition,
                at.offset + offset,
                event_id and str(event_id),
            )
        )


async def listed(worker: Database) -> list[Parked]:
    async with worker.transaction() as connection:
        return await list_parked(connection)


async def applied(reader: Database) -> list[tuple[UUID, str]]:
    async with reader.transaction() as connection:
        rows = await connection.fetch("select aggregate, state ->> 'name' as name from contracts_provider")
    return [(row["aggregate"], row["name"]) for row in rows]


async def dirty(reader: Database) -> int:
    async with reader.transaction() as connection:
        return int(await connection.fetchval("select count(*) from dirty") or 0)


async def try_again(worker: Database, parked_id: str, bootstrap: str) -> None:
    async with worker.transaction() as connection:
        await retry(connection, parked_id, bootstrap)


async def test_what_the_consumer_parks_is_shown_without_its_content(
    reader: Database, producer: AIOKafkaProducer, bootstrap: str
) -> None:
    event_id = uuid4()
    message = event(event_id=event_id, name={"first": SECRET})
    at: RecordMetadata = await producer.send_and_wait(TOPIC, message, partition=0)
    readable = await park(reader, at, event_id=None)
    (place,) = await listed(reader)
    record = await _fetch(bootstrap, place)
    async with reader.transaction() as connection:
        await discard(connection, readable)
        await apply_batch(connection, Stand(GENERATION, at.offset + 1), [record])
    (_, parked) = await listed(reader)
    assert (parked.topic, parked.partition, parked.offset) == (TOPIC, 0, at.offset)
    assert (parked.event_id, parked.aggregate, parked.version) == (str(event_id), str(AGGREGATE), 1)
    assert SECRET not in " ".join(str(getattr(parked, field.name)) for field in fields(parked))
    async with reader.transaction() as connection:
        assert await show(connection, parked.id) == parked
    with pytest.raises(StillPoisonError) as refused:
        await try_again(reader, parked.id, bootstrap)
    assert SECRET not in str(refused.value)
    assert parked in await listed(reader)


@pytest.mark.parametrize("known", [True, False])
async def test_a_retry_applies_the_message_and_forgets_that_it_was_parked(
    reader: Database, producer: AIOKafkaProducer, bootstrap: str, *, known: bool
) -> None:
    event_id = uuid4()
    at = await producer.send_and_wait(TOPIC, event(event_id=event_id), partition=1)
    parked_id = await park(reader, at, event_id=event_id if known else None)
    await try_again(reader, parked_id, bootstrap)
    assert await applied(reader) == [(AGGREGATE, SECRET)]
    assert await dirty(reader) == 1
    assert await listed(reader) == []


async def test_another_message_in_its_place_is_not_applied(
    reader: Database, producer: AIOKafkaProducer, bootstrap: str
) -> None:
    at = await producer.send_and_wait(TOPIC, event(), partition=2)
    parked_id = await park(reader, at, event_id=uuid4())
    with pytest.raises(MessageGoneError, match="republish contracts"):
        await try_again(reader, parked_id, bootstrap)
    assert await applied(reader) == []
    assert [parked.id for parked in await listed(reader)] == [parked_id]


async def test_a_message_that_kafka_lost_is_said_to_be_gone(
    reader: Database, producer: AIOKafkaProducer, bootstrap: str
) -> None:
    at = await producer.send_and_wait(TOPIC, event(), partition=3)
    parked_id = await park(reader, at, event_id=uuid4(), offset=1)
    with pytest.raises(MessageGoneError):
        await try_again(reader, parked_id, bootstrap)
    assert len(await listed(reader)) == 1


async def test_what_an_older_generation_brought_is_left_to_the_newer_one(
    reader: Database, producer: AIOKafkaProducer, bootstrap: str
) -> None:
    event_id = uuid4()
    at = await producer.send_and_wait(TOPIC, event(event_id=event_id), partition=4)
    parked_id = await park(reader, at, event_id=event_id, generation=GENERATION + 1)
    await try_again(reader, parked_id, bootstrap)
    assert await applied(reader) == []
    assert await listed(reader) == []


async def test_what_is_discarded_stays_to_be_seen_as_such(
    reader: Database, producer: AIOKafkaProducer
) -> None:
    at = await producer.send_and_wait(TOPIC, event(), partition=5)
    parked_id = await park(reader, at, event_id=None)
    async with reader.transaction() as connection:
        await discard(connection, parked_id)
    assert [(parked.id, parked.discarded) for parked in await listed(reader)] == [(parked_id, True)]


@pytest.mark.parametrize("act", [show, discard])
@pytest.mark.parametrize("unknown", ["0", "relay-1", "", "x"])
async def test_what_is_not_parked_cannot_be_dealt_with(reader: Database, act: Any, unknown: str) -> None:  # noqa: ANN401
    async with reader.transaction() as connection:
        with pytest.raises(NotParkedError):
            await act(connection, unknown)


async def _refuse(publisher: Database, *aggregates: UUID) -> None:
    """Record an event of each aggregate, which the broker then refuses."""
    events = [
        {
            "aggregateType": "indication",
            "aggregateId": str(aggregate),
            "version": 1,
            "payload": {"clientId": str(uuid4()), "team": SECRET},
            "organisations": ["0794"],
        }
        for aggregate in aggregates
    ]
    async with publisher.transaction() as connection:
        await connection.execute("update sequencer set position = 0")
        await connection.execute("update relay set generation = 1, cursor = 100")
        await connection.execute("select record_events($1, null)", events)
        await Sequencer().step(connection)
        await connection.execute(
            "insert into relay_parked (position, aggregateid, topic, reason, parked_at)"
            " select p.position, j.aggregateid, 'referrals.indication', 'MessageSizeTooLargeError', moment()"
            " from journal_position p join journal j using (id)"
        )


async def test_what_the_broker_refused_is_listed_beside(publisher: Database) -> None:
    await _refuse(publisher, AGGREGATE)
    (parked,) = await listed(publisher)
    assert (parked.id, parked.topic, parked.reason) == (
        "relay-1",
        "referrals.indication",
        "MessageSizeTooLargeError",
    )
    assert (parked.aggregate, parked.version, parked.offset) == (str(AGGREGATE), 1, None)
    assert SECRET not in " ".join(str(getattr(parked, field.name)) for field in fields(parked))


async def test_a_retry_frees_the_aggregate_and_publishes_anew(publisher: Database) -> None:
    await _refuse(publisher, AGGREGATE, UUID(int=8))
    await try_again(publisher, "relay-1", "")
    assert [parked.id for parked in await listed(publisher)] == ["relay-2"]
    async with publisher.transaction() as connection:
        (relay,) = await connection.fetch("select generation, cursor from relay")
    assert tuple(relay) == (2, 0)


async def test_what_the_broker_refused_cannot_be_given_up(publisher: Database) -> None:
    await _refuse(publisher, AGGREGATE)
    async with publisher.transaction() as connection:
        with pytest.raises(NotDiscardableError):
            await discard(connection, "relay-1")
    assert len(await listed(publisher)) == 1
