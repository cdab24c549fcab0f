"""The consumer applies each message once, from its own offsets, together with what that makes dirty."""

import random
from uuid import uuid4

import asyncpg
import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.admin import RecordsToDelete

from shared.consumer.apply import FencedError, Stand, apply_batch
from shared.consumer.consumer import Consumer
from tests.unit.shared.consumer.reading import INDICATION, PROVIDER, Owner, Reader, at, spread
from tests.unit.shared.journal.publishing import administrator
from tests.waiting import until

# --- one transaction ---


@pytest.mark.parametrize("table", ["dirty", "parked", "referrals_indication"])
async def test_copies_offsets_and_what_is_dirty_are_written_together_or_not_at_all(
    reader: Reader, owner: Owner, table: str
) -> None:
    aggregate = uuid4()
    await reader.take_note(owner)
    before = await reader.next_offsets()
    await owner.send((aggregate, 1))
    await owner.send_message(b"no event", key=aggregate)
    async with reader.without_right(table), reader.consumer() as consumer:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await reader.read_all(owner, consumer)
    assert await reader.next_offsets() == before
    assert (await reader.copy(), await reader.dirty(), await reader.rows("parked")) == ({}, set(), [])
    async with reader.consumer() as consumer:
        await reader.read_all(owner, consumer)
    assert (await reader.copy()).keys() == {(aggregate, 1)}
    assert await reader.dirty() == {aggregate}
    assert len(await reader.rows("parked")) == 1


@pytest.mark.parametrize("behind", [Stand(1, 0), Stand(0, 5), Stand(1, 4)])
async def test_who_no_longer_has_a_partition_writes_nothing_and_moves_nothing_back(
    reader: Reader, behind: Stand
) -> None:
    await reader.admin.execute("insert into monitoring.consumed values ($1, 0, 1, 5)", INDICATION)
    with pytest.raises(FencedError):
        async with reader.database.transaction() as connection:
            await apply_batch(connection, behind, [message(offset=behind.next_offset)])
    assert await reader.next_offsets() == [5]
    assert (await reader.copy(), await reader.dirty()) == ({}, set())


def message(offset: int) -> ConsumerRecord:
    """Give an event as it comes from Kafka."""
    event = Owner(producer=None, bootstrap="", generation=1).event(uuid4(), 1)
    return ConsumerRecord(INDICATION, 0, offset, 0, 0, None, event, None, 0, len(event), ())


# --- repeats and order ---


async def test_repeated_and_reordered_versions_end_in_the_same_copies(reader: Reader, owner: Owner) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    chance = random.Random(seed)
    versions = spread(12, versions=(1, 2, 3))
    arriving = [*versions, *chance.choices(versions, k=20)]
    chance.shuffle(arriving)
    await reader.take_note(owner)
    async with reader.consumer() as consumer:
        for start in range(0, len(arriving), 7):
            for aggregate, version in arriving[start : start + 7]:
                await owner.send((aggregate, version), known=version)
            await reader.read_all(owner, consumer)
    assert await reader.copy() == {(aggregate, version): (at(version), 1) for aggregate, version in versions}
    assert await reader.dirty() == {aggregate for aggregate, _ in versions}


async def test_an_older_version_that_arrives_later_slots_in_under_the_newer(
    reader: Reader, owner: Owner
) -> None:
    aggregate = uuid4()
    await reader.take_note(owner)
    async with reader.consumer() as consumer:
        await owner.send((aggregate, 3), known=3)
        await reader.read_all(owner, consumer)
        await reader.admin.execute("truncate monitoring.dirty")
        await owner.send((aggregate, 2), known=2)
        await reader.read_all(owner, consumer)
    assert await reader.copy() == {(aggregate, 2): (at(2), 1), (aggregate, 3): (at(3), 1)}
    assert await reader.dirty() == {aggregate}


async def test_a_repeat_within_a_generation_touches_nothing(reader: Reader, owner: Owner) -> None:
    aggregate = uuid4()
    await reader.take_note(owner)
    async with reader.consumer() as consumer:
        await owner.send((aggregate, 1), known=1)
        await reader.read_all(owner, consumer)
        await reader.admin.execute("truncate monitoring.dirty")
        await owner.send((aggregate, 1), known=2)
        await reader.read_all(owner, consumer)
    assert await reader.copy() == {(aggregate, 1): (at(1), 1)}
    assert await reader.dirty() == set()


# --- generations ---


async def test_a_higher_generation_raises_the_mark_and_makes_dirty_only_what_it_changed(
    reader: Reader, owner: Owner
) -> None:
    same, changed = uuid4(), uuid4()
    await reader.take_note(owner)
    async with reader.consumer() as consumer:
        await owner.send((same, 1), (changed, 1), known=1)
        await reader.read_all(owner, consumer)
        await reader.admin.execute("truncate monitoring.dirty")
        await owner.begin(2)
        await reader.take_note(owner)
        await owner.send((same, 1), known=1)
        await owner.send((changed, 1), known=1, budgetCents=700)
        await reader.read_all(owner, consumer)
    assert await reader.copy() == {(same, 1): (at(1), 2), (changed, 1): (at(1), 2)}
    assert await reader.dirty() == {changed}


async def test_events_of_a_lower_generation_are_passed_over(reader: Reader, owner: Owner) -> None:
    late, current = uuid4(), uuid4()
    await owner.begin(2)
    await reader.take_note(owner)
    async with reader.consumer() as consumer:
        await owner.send((late, 1), generation=1)
        await owner.send((current, 1))
        await reader.read_all(owner, consumer)
    assert (await reader.copy()).keys() == {(current, 1)}
    assert await reader.dirty() == {current}


async def test_an_event_that_comes_before_the_news_of_its_generation_is_kept(
    reader: Reader, owner: Owner
) -> None:
    old, new = uuid4(), uuid4()
    await reader.take_note(owner)
    async with reader.consumer() as consumer:
        await owner.send((old, 1), known=1)
        await owner.send((new, 1), known=2, generation=2)
        await reader.read_all(owner, consumer)
        assert await reader.copy() == {(old, 1): (at(1), 1), (new, 1): (at(2), 2)}
        before = list(owner.ends)
        await owner.begin(2)
        owner.begins = before
        await owner.send((old, 1), known=1)
        await owner.promise(None)
        await reader.take_note(owner)
        await reader.read_all(owner, consumer)
    assert await reader.copy() == {(old, 1): (at(1), 2), (new, 1): (at(2), 2)}


# --- own offsets ---


async def test_nothing_is_read_of_a_topic_before_its_owner_has_said_where_it_begins(
    reader: Reader, owner: Owner
) -> None:
    await owner.send(*spread(5))
    async with reader.consumer() as consumer:
        for _ in range(3):
            await consumer.step()
        assert await reader.copy() == {}
        await owner.promise(None)
        begins = owner.begins
        await reader.take_note(owner)
        assert await reader.next_offsets() == begins
        await reader.read_all(owner, consumer)
    assert len(await reader.copy()) == 5


@pytest.mark.parametrize("running", [True, False])
async def test_a_restored_reader_reads_on_from_its_own_offsets_and_loses_nothing(
    reader: Reader, owner: Owner, *, running: bool
) -> None:
    first, second = spread(10), spread(10)
    await reader.take_note(owner)
    async with reader.consumer() as consumer:
        await owner.send(*first)
        await reader.read_all(owner, consumer)
        backup = await reader.back_up()
        await owner.send(*second)
        await reader.read_all(owner, consumer)
        if running:
            await reader.restore(backup)
            await reader.read_all(owner, consumer)
    if not running:
        await reader.restore(backup)
        async with reader.consumer() as consumer:
            await reader.read_all(owner, consumer)
    assert (await reader.copy()).keys() == {*first, *second}
    assert await reader.dirty() == {aggregate for aggregate, _ in (*first, *second)}


@pytest.mark.parametrize("sent", [10, 0])
async def test_an_emptied_reader_starts_where_the_generation_begins(
    reader: Reader, owner: Owner, sent: int
) -> None:
    first, second = spread(sent), spread(5)
    await reader.take_note(owner)
    async with reader.consumer() as consumer:
        await owner.send(*first)
        await reader.read_all(owner, consumer)
        await reader.empty()

        async def held() -> bool:
            await consumer.step()
            return not consumer._client.assignment() - consumer._client.paused()

        await until(held)
        await owner.promise(None)
        await reader.take_note(owner)
        await owner.send(*second)
        await reader.read_all(owner, consumer)
    assert (await reader.copy()).keys() == {*first, *second}


async def test_a_gap_holds_its_partition_and_the_watermark_until_it_is_published_again(
    reader: Reader, owner: Owner
) -> None:
    versions = spread(30)
    await reader.take_note(owner)
    await owner.send(*versions)
    await owner.promise(1)
    await reader.take_note(owner)
    gap = next(number for number in range(6) if owner.ends[number] - owner.begins[number] > 1)
    async with administrator(reader.bootstrap) as admin:
        partition = TopicPartition(INDICATION, gap)
        await admin.delete_records({partition: RecordsToDelete(owner.begins[gap] + 1)})
    async with reader.consumer() as consumer:

        async def others_read() -> bool:
            await consumer.step()
            offsets = await reader.next_offsets()
            return all(offsets[number] == owner.ends[number] for number in range(6) if number != gap)

        await until(others_read)
        await until(lambda: stepped(consumer, partition))
        assert (await reader.next_offsets())[gap] == owner.begins[gap]
        await reader.reach()
        assert await reader.known_through() is None

        await owner.begin(2)
        await owner.send(*versions)
        await owner.promise(2)
        await reader.take_note(owner)
        await reader.read_all(owner, consumer)
    assert (await reader.copy()).keys() == set(versions)
    assert await reader.known_through() == at(2)


async def stepped(consumer: Consumer, partition: TopicPartition) -> bool:
    """Step, and say whether the partition is held."""
    await consumer.step()
    return partition in consumer._client.paused()


async def test_topics_wait_for_each_other_in_nothing(
    reader: Reader, owner: Owner, provider_owner: Owner
) -> None:
    await reader.take_note(owner)
    await provider_owner.send(*spread(3))
    versions = spread(3)
    await owner.send(*versions)
    async with reader.consumer(INDICATION, PROVIDER) as consumer:
        await reader.read_all(owner, consumer)
        assert (await reader.copy()).keys() == set(versions)
        await provider_owner.promise(None)
        await reader.take_note(provider_owner)
        await reader.read_all(provider_owner, consumer)
    assert len(await reader.copy(PROVIDER)) == 3
