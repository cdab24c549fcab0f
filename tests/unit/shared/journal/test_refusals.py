"""What the broker will never take is set aside, and holds up nothing but the later versions of its aggregate."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.unit.shared.journal.publishing import (
    TOPIC,
    Log,
    Publisher,
    administrator,
    promised,
    send_all,
    versions_by_aggregate,
)

LIMIT = 100_000
LARGE = "x" * (2 * LIMIT)


@asynccontextmanager
async def limited(bootstrap: str) -> AsyncIterator[None]:
    """Let the broker take no message larger than LIMIT on the topic."""
    async with administrator(bootstrap) as admin:
        await configure(admin, {"max.message.bytes": str(LIMIT)})
        try:
            yield
        finally:
            await configure(admin, {})


async def configure(admin: AIOKafkaAdminClient, configs: dict[str, str]) -> None:
    """Give the topic these settings and else the broker's own."""
    (answer,) = await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC, configs)])
    assert [error for error, *_ in answer.resources] == [0]


async def test_a_too_large_event_parks_itself_and_later_versions_of_its_aggregate_only(
    publisher: Publisher, log: Log
) -> None:
    large, others = uuid4(), [uuid4() for _ in range(300)]
    async with limited(publisher.bootstrap), publisher.relay() as relay:
        await publisher.write((large, 1), *((other, 1) for other in others))
        await publisher.write((large, 2), filler=LARGE)
        await publisher.write((large, 3), *((other, 2) for other in others))
        await send_all(publisher, relay)
        await publisher.write((large, 4), *((other, 3) for other in others))
        promise = await promised(publisher, log, relay)
    sent = versions_by_aggregate(await log.events())
    assert sent == {large: [1], **{other: [1, 2, 3] for other in others}}
    assert (promise["parked"], promise["count"]) == (1, 901)
    (parked,) = await publisher.owner.fetch("select * from referrals.relay_parked")
    assert (parked["aggregateid"], parked["topic"]) == (large, TOPIC)
    assert parked["reason"] == "MessageSizeTooLargeError"


async def test_small_events_pass_a_limit_that_a_batch_of_them_would_not(
    publisher: Publisher, log: Log
) -> None:
    aggregates = [uuid4() for _ in range(60)]
    async with limited(publisher.bootstrap), publisher.relay() as relay:
        await publisher.write(*((aggregate, 1) for aggregate in aggregates), filler="x" * 20_000)
        promise = await promised(publisher, log, relay)
    assert versions_by_aggregate(await log.events()) == {aggregate: [1] for aggregate in aggregates}
    assert (promise["parked"], promise["count"]) == (0, 60)


async def test_published_anew_a_parked_event_still_holds_back_no_earlier_version(
    publisher: Publisher, log: Log
) -> None:
    large = uuid4()
    async with limited(publisher.bootstrap), publisher.relay() as relay:
        await publisher.write((large, 1))
        await publisher.write((large, 2), filler=LARGE)
        before = await promised(publisher, log, relay)
        await publisher.owner.execute(
            "update referrals.relay set generation = generation + 1, cursor = 0, topics = '{}'"
        )
        after = await promised(publisher, log, relay)
    again = [event for event in await log.events() if event.generation == after["generation"]]
    assert versions_by_aggregate(again) == {large: [1]}
    assert (before["count"], after["count"], after["parked"]) == (1, 1, 1)
