"""The relay sends the journal in its order, loses nothing, and promises only what the broker has acknowledged."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from itertools import pairwise
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.unit.shared.journal.publishing import (
    TOPIC,
    Log,
    Publisher,
    Sent,
    make_anew,
    promised,
    send_all,
    versions_by_aggregate,
)
from tests.waiting import until

# --- sending ---


async def test_what_was_written_is_sent_or_pending_and_nothing_else_is(
    publisher: Publisher, log: Log
) -> None:
    aggregates = [uuid4() for _ in range(20)]
    async with publisher.relay() as relay:
        for version in (1, 2, 3):
            await publisher.write(*((aggregate, version) for aggregate in aggregates))
            await send_all(publisher, relay)
            await publisher.write((uuid4(), 1))
            sent = {(event.aggregate, event.version) for event in await log.events()}
            written = await publisher.owner.fetch("select id, aggregateid, version from referrals.journal")
            pending = await publisher.owner.fetch("select id from referrals.journal_pending")
            assert len(pending) == 1
            assert sent == {
                (row["aggregateid"], row["version"])
                for row in written
                if row["id"] not in {each["id"] for each in pending}
            }


async def test_the_versions_of_an_aggregate_stand_in_kafka_in_their_order(
    publisher: Publisher, log: Log
) -> None:
    aggregates = [uuid4() for _ in range(30)]
    async with publisher.relay() as relay:
        for version in range(1, 6):
            await publisher.write(*((aggregate, version) for aggregate in aggregates))
            await publisher.sequence()
            await relay.step()
        await send_all(publisher, relay)
    events = await log.events()
    assert versions_by_aggregate(events) == {aggregate: [1, 2, 3, 4, 5] for aggregate in aggregates}
    assert all(
        len({event.partition for event in events if event.aggregate == each}) == 1 for each in aggregates
    )


@asynccontextmanager
async def cursor_that_does_not_move(publisher: Publisher) -> AsyncIterator[None]:
    """Take the relay's right to move its row, so that it dies when it has sent."""
    await publisher.owner.execute("revoke update on referrals.relay from referrals_worker")
    try:
        yield
    finally:
        await publisher.owner.execute("grant update on referrals.relay to referrals_worker")


async def test_a_relay_that_dies_before_it_moves_its_cursor_sends_again_and_readers_end_the_same(
    publisher: Publisher, log: Log
) -> None:
    aggregates = [uuid4() for _ in range(10)]
    await publisher.write(*((aggregate, version) for version in (1, 2) for aggregate in aggregates))
    async with publisher.relay() as relay:
        await relay.step()
        await publisher.sequence()
        async with cursor_that_does_not_move(publisher):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await relay.step()
    assert len(await log.events()) == 20
    async with publisher.relay() as relay:
        promise = await promised(publisher, log, relay)
    events = await log.events()
    assert len(events) == 40
    assert versions_by_aggregate(events) == {aggregate: [1, 2] for aggregate in aggregates}
    assert promise["count"] == 20


async def test_two_relays_at_once_leave_nothing_out_and_count_each_event_once(
    publisher: Publisher, log: Log
) -> None:
    aggregates = [uuid4() for _ in range(10)]
    async with publisher.relay() as one, publisher.relay() as other:
        for version in range(1, 11):
            await publisher.write(*((aggregate, version) for aggregate in aggregates))
            await publisher.sequence()
            await asyncio.gather(one.step(), other.step())
        await asyncio.gather(send_all(publisher, one), send_all(publisher, other))
        promise = await promised(publisher, log, one)
    events = await log.events()
    assert versions_by_aggregate(events) == {aggregate: list(range(1, 11)) for aggregate in aggregates}
    assert promise["count"] == 100


# --- promising ---


async def test_a_promise_is_never_ahead_of_what_was_acknowledged(publisher: Publisher, log: Log) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    chance = random.Random(seed)
    aggregates = {uuid4(): 0 for _ in range(8)}
    async with publisher.relay() as one, publisher.relay() as other:
        relays = (one, other)
        for _ in range(60):
            match chance.choice(["write", "write", "sequence", "send", "send", "both", "die"]):
                case "write":
                    for aggregate in chance.sample(sorted(aggregates), 3):
                        aggregates[aggregate] += 1
                        await publisher.write((aggregate, aggregates[aggregate]))
                case "sequence":
                    await publisher.sequence()
                case "send":
                    await chance.choice(relays).step()
                case "both":
                    await asyncio.gather(one.step(), other.step())
                case "die":
                    async with cursor_that_does_not_move(publisher):
                        with suppress(asyncpg.InsufficientPrivilegeError):
                            await chance.choice(relays).step()
        await promised(publisher, log, one)
    await check_promises(publisher, log)


async def check_promises(publisher: Publisher, log: Log) -> None:
    events, progress, rows = await log.events(), await log.progress(), await publisher.positions()
    promises = [record["topics"][TOPIC] for record in progress if record["topics"][TOPIC]["promised"]]
    assert len(promises) > 1
    first = first_offsets(events)
    for promise in promises:
        through = datetime.fromisoformat(promise["promised"])
        for row in rows:
            if row["known_at"] <= through:
                event = first[row["aggregateid"], row["version"]]
                assert event.offset < promise["ends"][event.partition]


def first_offsets(events: list[Sent]) -> dict[tuple[UUID, int], Sent]:
    """Give where each version stands first."""
    found: dict[tuple[UUID, int], Sent] = {}
    for event in events:
        found.setdefault((event.aggregate, event.version), event)
    return found


async def test_a_promise_waits_until_the_whole_backlog_was_sent(
    publisher: Publisher, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.journal.relay._BATCH", 4)
    monkeypatch.setattr("shared.journal.relay._PROGRESS_SECONDS", (0.0, 0.0))
    await publisher.write(*((uuid4(), 1) for _ in range(10)))
    await publisher.sequence()
    async with publisher.relay() as relay:
        for _ in range(3):
            await relay.step()
    progress = [record["topics"][TOPIC] for record in await log.progress()]
    assert [bool(stand["promised"]) for stand in progress] == [False, False, True]
    assert [stand["count"] for stand in progress] == [4, 8, 10]


async def test_promises_rise_while_nothing_happens(publisher: Publisher, log: Log) -> None:
    async with publisher.relay() as relay:
        for _ in range(3):
            await promised(publisher, log, relay)
    promises = [record["topics"][TOPIC]["promised"] for record in await log.progress()]
    promises = [each for each in promises if each]
    assert all(earlier <= later for earlier, later in pairwise(promises))
    assert len(set(promises)) >= 3


async def test_a_generation_begins_where_kafkas_log_ends(publisher: Publisher, log: Log) -> None:
    aggregate = uuid4()
    async with publisher.relay() as relay:
        await publisher.write((aggregate, 1))
        before = await promised(publisher, log, relay)
        await publisher.reset()
        await publisher.write((uuid4(), 1))
        after = await promised(publisher, log, relay)
    assert after["begins"] == before["ends"]
    assert (after["count"], sum(after["ends"]) - sum(after["begins"])) == (1, 1)


# --- a broker that lost its log ---


async def test_a_log_that_was_made_anew_gets_everything_again_without_a_command(
    publisher: Publisher, log: Log
) -> None:
    aggregates = [uuid4() for _ in range(10)]
    async with publisher.relay() as relay:
        await publisher.write(*((aggregate, version) for version in (1, 2) for aggregate in aggregates))
        before = await promised(publisher, log, relay)
    await make_anew(publisher.bootstrap)
    async with Log.opened(publisher.bootstrap) as empty_log, publisher.relay() as relay:
        after = await promised(publisher, empty_log, relay)
        events = await empty_log.events()
    assert after["generation"] == before["generation"] + 1
    assert after["begins"] == [0] * len(after["begins"])
    assert after["count"] == 20
    assert versions_by_aggregate(events) == {aggregate: [1, 2] for aggregate in aggregates}
    assert {event.generation for event in events} == {after["generation"]}


async def test_a_relay_that_runs_while_the_log_is_made_anew_heals_it_too(
    publisher: Publisher, log: Log
) -> None:
    aggregates = [uuid4() for _ in range(10)]
    async with publisher.relay() as relay:
        await publisher.write(*((aggregate, 1) for aggregate in aggregates))
        before = await promised(publisher, log, relay)
        await make_anew(publisher.bootstrap)
        await publisher.write(*((aggregate, 2) for aggregate in aggregates))
        await publisher.sequence()

        async def renewed() -> bool:
            await relay.step()
            return bool((await publisher.row("relay"))["generation"] > before["generation"])

        await until(renewed)
        async with Log.opened(publisher.bootstrap) as rest:
            after = await promised(publisher, rest, relay)
    assert after["generation"] == before["generation"] + 1
    assert after["count"] == 20
