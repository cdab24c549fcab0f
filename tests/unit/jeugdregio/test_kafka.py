"""Kafka from its own jars: what the starter and the other tests rely on."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import UnknownTopicOrPartitionError

from jeugdregio.engines import Kafka

_MESSAGES = [str(number).encode() for number in range(200)]


# Its text form as a cluster's id begins with a dash: one in 64 does, and was taken for an option.
_AWKWARD = UUID(bytes=b"\xf8" + bytes(15))


@pytest.fixture(scope="module")
def broker(engines_folder: Path) -> Iterator[Kafka]:
    """A broker of this module's own: it is killed here."""
    engine = Kafka(engines_folder / "own-kafka")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jeugdregio.engines.kafka.uuid.uuid4", lambda: _AWKWARD)
        engine.start()
    with engine:
        yield engine
    engine.remove()


def test_a_cluster_id_that_begins_with_a_dash_is_taken_for_an_id(broker: Kafka) -> None:
    assert "cluster.id=-" in (broker.folder / "data" / "meta.properties").read_text()


async def _make_topic(bootstrap: str, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, 1, 1)])
    finally:
        await admin.close()


async def _topics(bootstrap: str) -> set[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return set(await admin.list_topics())
    finally:
        await admin.close()


async def _send(bootstrap: str, topic: str) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True) as producer:
        for message in _MESSAGES:
            await producer.send_and_wait(topic, message)


async def _read(bootstrap: str, topic: str) -> list[bytes]:
    partition = TopicPartition(topic, 0)
    async with AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False) as consumer:
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        end = (await consumer.end_offsets([partition]))[partition]
        return [(await consumer.getone()).value for _ in range(end)]


async def test_what_was_acknowledged_survives_kill_9_once_and_in_order(broker: Kafka) -> None:
    await _make_topic(broker.bootstrap, "kept")
    await _send(broker.bootstrap, "kept")
    address = broker.bootstrap
    broker.kill()
    broker.restart()
    assert broker.bootstrap == address
    assert await _read(broker.bootstrap, "kept") == _MESSAGES


async def test_a_topic_that_nobody_made_is_not_made_by_asking_for_it(broker: Kafka) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, request_timeout_ms=2000) as producer:
        with pytest.raises(UnknownTopicOrPartitionError):
            await producer.partitions_for("never-made")
    assert "never-made" not in await _topics(broker.bootstrap)


async def test_an_emptied_broker_starts_as_a_new_one_under_the_same_address(broker: Kafka) -> None:
    await _make_topic(broker.bootstrap, "lost")
    broker.empty()
    broker.restart()
    assert "lost" not in await _topics(broker.bootstrap)


def test_it_logs_to_its_file(broker: Kafka) -> None:
    assert "Kafka Server started" in broker.log.read_text()
