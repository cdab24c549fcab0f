"""Sending everything again, as a new generation: after a reader was emptied, and after this service came back."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.journal.generation import republish, restored
from shared.journal.relay import Relay
from shared.journal.state import load_state, move
from tests.unit.shared.journal.publishing import (
    PROGRESS,
    SERVICE,
    Log,
    Publisher,
    make_anew,
    promised,
    versions_by_aggregate,
)
from tests.waiting import until

_WAITING = (
    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
)
BACK = timedelta(hours=2)


async def come_back(publisher: Publisher) -> int:
    async with publisher.database.transaction() as connection:
        return await restored(connection, bootstrap=publisher.bootstrap, service=SERVICE)


async def back_up(publisher: Publisher) -> Callable[[], Awaitable[None]]:
    """Remember what stands; give the way back to it, on a machine whose clock is far behind."""
    sequencer, relay = await publisher.row("sequencer"), await publisher.row("relay")
    last = await publisher.owner.fetchval("select coalesce(max(id), 0) from referrals.journal")

    async def restore() -> None:
        await publisher.shift_clock(-BACK)
        async with publisher.database.transaction() as connection:
            await connection.execute("delete from journal_position where id > $1", last)
            await connection.execute("delete from journal where id > $1", last)
            await connection.execute(
                "update sequencer set position = $1, known_through = $2",
                sequencer["position"],
                sequencer["known_through"] - BACK,
            )
            await connection.execute(
                "update relay set generation = $1, cursor = $2, topics = $3",
                relay["generation"],
                relay["cursor"],
                relay["topics"],
            )

    return restore


async def lifted(publisher: Publisher) -> datetime:
    """Give the moment at which a row becomes known that is written now."""
    await publisher.write((uuid4(), 1))
    await publisher.sequence()
    moment: datetime = (await publisher.positions())[-1]["known_at"]
    return moment


async def test_published_anew_everything_comes_again_in_a_higher_generation(
    publisher: Publisher, log: Log
) -> None:
    aggregates = [uuid4() for _ in range(10)]
    async with publisher.relay() as relay:
        await publisher.write(*((aggregate, version) for version in (1, 2) for aggregate in aggregates))
        before = await promised(publisher, log, relay)
        async with publisher.database.transaction() as connection:
            generation = await republish(connection)
        after = await promised(publisher, log, relay)
    again = [event for event in await log.events() if event.generation == generation]
    assert generation == after["generation"] == before["generation"] + 1
    assert after["begins"] == before["ends"]
    assert versions_by_aggregate(again) == {aggregate: [1, 2] for aggregate in aggregates}


async def test_a_relay_that_was_under_way_is_fenced_by_a_new_generation(publisher: Publisher) -> None:
    async with publisher.database.transaction() as connection:
        seen = await load_state(connection)
    async with publisher.database.transaction() as connection:
        generation = await republish(connection)
    async with publisher.database.transaction() as connection:
        assert await move(connection, seen, cursor=1, topics={}) is None
    relay = await publisher.row("relay")
    assert (relay["generation"], relay["cursor"]) == (generation, 0)


async def test_back_from_a_backup_nothing_new_lies_under_what_was_promised(
    publisher: Publisher, log: Log
) -> None:
    async with publisher.relay() as relay:
        await publisher.write((uuid4(), 1))
        await promised(publisher, log, relay)
        restore = await back_up(publisher)
        await publisher.write((uuid4(), 1))
        before = await promised(publisher, log, relay)
    await restore()
    generation = await come_back(publisher)
    assert generation > before["generation"]
    assert await lifted(publisher) > datetime.fromisoformat(before["promised"])


async def test_back_from_a_backup_it_outranks_what_was_published_even_when_a_relay_has_spoken_since(
    publisher: Publisher, log: Log
) -> None:
    async with publisher.relay() as relay:
        await publisher.write((uuid4(), 1))
        await promised(publisher, log, relay)
        restore = await back_up(publisher)
        async with publisher.database.transaction() as connection:
            await republish(connection)
        before = await promised(publisher, log, relay)
    await restore()
    async with publisher.relay() as relay:
        await spoken(publisher, log, relay)
    assert (await log.progress())[-1]["generation"] < before["generation"]
    assert await come_back(publisher) > before["generation"]
    assert await lifted(publisher) > datetime.fromisoformat(before["promised"])


async def spoken(publisher: Publisher, log: Log, relay: Relay) -> None:
    said = len(await log.progress())

    async def more() -> bool:
        await publisher.sequence()
        await relay.step()
        return len(await log.progress()) > said

    await until(more)


async def test_a_sequencer_under_way_does_not_undo_what_coming_back_lifts(
    publisher: Publisher, log: Log
) -> None:
    async with publisher.relay() as relay:
        restore = await back_up_of_one_row(publisher)
        before = await promised(publisher, log, relay)
    await restore()
    await publisher.write((uuid4(), 1))
    async with publisher.database.transaction() as held:
        await held.execute("select from journal_pending for update")
        sequencing = asyncio.create_task(publisher.sequence())
        await until(lambda: waiting(publisher, 1))
        coming_back = asyncio.create_task(come_back(publisher))

        async def back_or_waiting() -> bool:
            return coming_back.done() or await waiting(publisher, 2)

        await until(back_or_waiting)
    assert await sequencing == 1
    assert await coming_back > before["generation"]
    assert await lifted(publisher) > datetime.fromisoformat(before["promised"])


async def back_up_of_one_row(publisher: Publisher) -> Callable[[], Awaitable[None]]:
    await publisher.write((uuid4(), 1))
    await publisher.sequence()
    return await back_up(publisher)


async def waiting(publisher: Publisher, count: int) -> bool:
    return bool(await publisher.owner.fetchval(_WAITING) == count)


async def test_back_from_a_backup_events_and_promises_are_of_one_generation(
    publisher: Publisher, log: Log
) -> None:
    kept, lost, new = uuid4(), uuid4(), uuid4()
    async with publisher.relay() as relay:
        await publisher.write((kept, 1))
        await promised(publisher, log, relay)
        restore = await back_up(publisher)
        await publisher.write((lost, 1))
        await promised(publisher, log, relay)
        await restore()
        generation = await come_back(publisher)
        await publisher.write((new, 1))
        after = await promised(publisher, log, relay)
    again = [event for event in await log.events() if event.generation == generation]
    assert versions_by_aggregate(again) == {kept: [1], new: [1]}
    assert (after["generation"], after["count"]) == (generation, 2)


async def test_it_comes_back_too_when_nothing_was_published_before(publisher: Publisher) -> None:
    await make_anew(publisher.bootstrap, PROGRESS)
    before = await publisher.row("relay")
    assert await come_back(publisher) == before["generation"] + 1
    assert (await publisher.row("sequencer"))["known_through"] is not None


async def test_it_does_not_come_back_while_the_broker_cannot_say_what_was_promised(
    publisher: Publisher, unused_tcp_port: int
) -> None:
    before: dict[str, Any] = await publisher.row("relay")
    with pytest.raises(Exception, match="bootstrap"):
        async with publisher.database.transaction() as connection:
            await restored(connection, bootstrap=f"127.0.0.1:{unused_tcp_port}", service=SERVICE)
    assert await publisher.row("relay") == before
