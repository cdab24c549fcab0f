"""A watermark says up to which moment all of a topic has been applied, and never more than that."""

from uuid import UUID, uuid4

import pytest

from tests.unit.shared.consumer.reading import INDICATION, Owner, Reader, at, spread
from tests.waiting import until


async def note(reader: Reader, owner: Owner, through: float | None, *, parked: int = 0) -> None:
    """Let the owner promise, and the reader take note of it."""
    await owner.promise(through, parked=parked)
    await reader.take_note(owner)


async def complete(reader: Reader, owner: Owner, *versions: tuple[UUID, int], through: float) -> None:
    """Read these versions, and all that the owner promises with them."""
    async with reader.consumer() as consumer:
        await owner.send(*versions, known=through)
        await reader.read_all(owner, consumer)
    await note(reader, owner, through)


async def test_a_promise_counts_when_all_before_its_ends_has_been_applied(
    reader: Reader, owner: Owner
) -> None:
    await note(reader, owner, None)
    await owner.send(*spread(10), known=1)
    await note(reader, owner, 1)
    assert await reader.known_through() is None
    async with reader.consumer() as consumer:
        await reader.read_all(owner, consumer)
    assert await reader.known_through() == at(1)


async def test_a_promise_is_held_until_it_is_reached_and_newer_ones_do_not_push_it_away(
    reader: Reader, owner: Owner
) -> None:
    await note(reader, owner, None)
    await owner.send(*spread(5), known=1)
    await note(reader, owner, 1)
    reached = list(owner.ends)
    await owner.send(*spread(5), known=2)
    await note(reader, owner, 2)
    for partition, offset in enumerate(reached):
        await reader.admin.execute(
            "update monitoring.consumed set next_offset = $2 where partition = $1", partition, offset
        )
    await reader.admin.execute(
        "insert into monitoring.referrals_indication (aggregate, version, known_at, generation, state)"
        " select uuidv7(), 1, $1, 1, '{}' from generate_series(1, 5)",
        at(1),
    )
    await reader.reach()
    assert await reader.known_through() == at(1)


async def test_without_news_for_the_topic_the_watermark_follows_the_promises(
    reader: Reader, owner: Owner
) -> None:
    for minutes in (1, 2, 3):
        await note(reader, owner, minutes)
        assert await reader.known_through() == at(minutes)


async def test_a_promise_that_comes_late_does_not_move_the_watermark_back(
    reader: Reader, owner: Owner
) -> None:
    await note(reader, owner, 3)
    await note(reader, owner, 2)
    assert await reader.known_through() == at(3)


async def test_a_promise_of_a_lower_generation_is_passed_over(reader: Reader, owner: Owner) -> None:
    await owner.begin(2)
    await note(reader, owner, 1)
    owner.generation = 1
    await owner.promise(5)
    async with reader.watermarks() as watermarks:
        await until(watermarks.step)
        await watermarks.step()
    mark = await reader.watermark()
    assert mark is not None
    assert (mark["generation"], mark["known_through"], mark["latest_through"]) == (2, at(1), at(1))


async def test_what_the_owner_could_not_send_is_taken_over(reader: Reader, owner: Owner) -> None:
    await note(reader, owner, 1, parked=3)
    mark = await reader.watermark()
    assert mark is not None
    assert mark["parked_upstream"] == 3


# --- a higher generation ---


async def test_in_a_higher_generation_the_watermark_stands_still_until_its_first_promise_is_reached(
    reader: Reader, owner: Owner
) -> None:
    versions = spread(10)
    await note(reader, owner, None)
    await complete(reader, owner, *versions, through=1)
    await owner.begin(2)
    await reader.take_note(owner)
    await owner.send(*versions[:5], known=1)
    async with reader.consumer() as consumer:
        await reader.read_all(owner, consumer)
        assert await reader.known_through() == at(1)
        await owner.send(*versions[5:], known=1)
        await note(reader, owner, 2)
        assert await reader.known_through() == at(1)
        await reader.read_all(owner, consumer)
    assert await reader.known_through() == at(2)


async def test_versions_that_a_higher_generation_did_not_bring_back_are_deleted_and_made_dirty(
    reader: Reader, owner: Owner
) -> None:
    kept, lost, shortened = uuid4(), uuid4(), uuid4()
    await note(reader, owner, None)
    await complete(reader, owner, (kept, 1), (lost, 1), (shortened, 1), (shortened, 2), through=1)
    await owner.begin(2)
    await reader.take_note(owner)
    await reader.admin.execute("truncate monitoring.dirty")
    async with reader.consumer() as consumer:
        await owner.send((kept, 1), (shortened, 1), known=1)
        await reader.read_all(owner, consumer)
        assert len(await reader.copy()) == 4
        assert await reader.dirty() == set()
        await note(reader, owner, 2)
    assert (await reader.copy()).keys() == {(kept, 1), (shortened, 1)}
    assert await reader.dirty() == {lost, shortened}
    assert await reader.known_through() == at(2)


async def test_a_generation_without_any_event_empties_the_copy(reader: Reader, owner: Owner) -> None:
    await note(reader, owner, None)
    await complete(reader, owner, *spread(5), through=1)
    await owner.begin(2)
    await note(reader, owner, 2)
    assert await reader.copy() == {}
    assert await reader.known_through() == at(2)


async def test_a_generation_that_promises_no_later_moment_is_completed_too(
    reader: Reader, owner: Owner
) -> None:
    kept, lost = uuid4(), uuid4()
    await note(reader, owner, None)
    await complete(reader, owner, (kept, 1), (lost, 1), through=1)
    await owner.begin(2)
    await reader.take_note(owner)
    await complete(reader, owner, (kept, 1), through=1)
    assert (await reader.copy()).keys() == {(kept, 1)}


@pytest.mark.parametrize("more", [0, 1])
async def test_where_fewer_events_came_than_were_counted_nothing_is_promised(
    reader: Reader, owner: Owner, more: int
) -> None:
    """However many more come after: what is missing is not made up for by promising a later moment."""
    versions = spread(5)
    await note(reader, owner, None)
    await complete(reader, owner, *versions, through=1)
    await owner.begin(2)
    await reader.take_note(owner)
    async with reader.consumer() as consumer:
        await owner.send(*versions[:4], known=1)
        owner.count += 1
        await note(reader, owner, 2)
        await reader.read_all(owner, consumer)
        for minutes in range(3, 3 + more):
            await note(reader, owner, minutes)
            await reader.reach()
    assert await reader.known_through() == at(1)
    assert len(await reader.copy()) == 5


async def test_a_parked_event_of_an_earlier_generation_does_not_stand_for_a_missing_one(
    reader: Reader, owner: Owner
) -> None:
    kept, missing, parked = uuid4(), uuid4(), uuid4()
    await note(reader, owner, None)
    async with reader.consumer() as consumer:
        await owner.send((kept, 1), (missing, 1), known=1)
        await owner.send((parked, 1), known=1, product="not a product")
        await reader.read_all(owner, consumer)
        await note(reader, owner, 1)
        assert len(await reader.rows("parked")) == 1
        await owner.begin(2)
        await reader.take_note(owner)
        await owner.send((kept, 1), known=1)
        await owner.send((parked, 1), known=1, product="not a product")
        owner.count += 1
        await note(reader, owner, 2)
        await reader.read_all(owner, consumer)
    assert await reader.known_through() == at(1)
    assert (await reader.copy()).keys() == {(kept, 1), (missing, 1)}


async def test_events_that_are_parked_count_as_arrived(reader: Reader, owner: Owner) -> None:
    await note(reader, owner, None)
    async with reader.consumer() as consumer:
        await owner.send((uuid4(), 1), known=1)
        await owner.send((uuid4(), 1), known=1, product="not a product")
        await note(reader, owner, 1)
        await reader.read_all(owner, consumer)
    assert await reader.known_through() == at(1)


async def test_a_topic_without_a_record_has_no_watermark(reader: Reader) -> None:
    assert await reader.watermark(INDICATION) is None
