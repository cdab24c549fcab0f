"""The recompute loop derives all that is dirty, one loop at a time, and says how far it is only when all was taken."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from uuid import UUID, uuid4

import pytest

from shared.consumer.recompute import OF_DERIVING, Hook, Recompute, Touched
from shared.database import Connection
from tests.unit.shared.consumer.reading import INDICATION, SERVICE, Reader, at

_DIRTY = "insert into dirty (kind, aggregate) values ($1, $2)"
_THROUGH = "select known_through from monitoring.recompute_through where topic = $1"


class Deriving:
    """Notes what it was asked to derive; `then` runs inside each derivation."""

    def __init__(self, then: Callable[[Connection, set[UUID]], Awaitable[bool | None]] | None = None) -> None:
        self.calls: list[set[UUID]] = []
        self._then = then

    async def derive(self, connection: Connection, touched: Touched) -> bool:
        ids = set(touched[INDICATION])
        self.calls.append(ids)
        outcome = await self._then(connection, ids) if self._then else None
        return outcome is not False


async def nothing(_: Connection) -> None:
    """Do nothing."""


def loop(reader: Reader, deriving: Deriving, before: Hook = nothing, emptied: Hook = nothing) -> Recompute:
    return Recompute(reader.database, service=SERVICE, derive=deriving.derive, before=before, emptied=emptied)


async def touch(reader: Reader, *aggregates: UUID) -> None:
    async with reader.database.transaction() as connection:
        for aggregate in aggregates:
            await connection.execute(_DIRTY, INDICATION, aggregate)


async def mark(reader: Reader, minutes: float) -> None:
    """Let the watermark stand at a moment."""
    await reader.admin.execute(
        "insert into monitoring.watermark (topic, generation, known_through) values ($1, 1, $2)"
        " on conflict (topic) do update set known_through = excluded.known_through",
        INDICATION,
        at(minutes),
    )


async def through(reader: Reader) -> datetime | None:
    moment: datetime | None = await reader.admin.fetchval(_THROUGH, INDICATION)
    return moment


# --- nothing is lost ---


async def test_what_becomes_dirty_while_it_is_derived_is_derived_again(reader: Reader) -> None:
    aggregate = uuid4()

    async def again(_: Connection, __: set[UUID]) -> None:
        if len(deriving.calls) == 1:
            await touch(reader, aggregate)

    deriving = Deriving(again)
    await touch(reader, aggregate)
    recompute = loop(reader, deriving)
    for _ in range(3):
        await recompute.step()
    assert deriving.calls == [{aggregate}, {aggregate}]
    assert await reader.dirty() == set()


async def test_what_was_marked_early_and_commits_late_is_derived(reader: Reader) -> None:
    early, late = uuid4(), uuid4()
    deriving = Deriving()
    recompute = loop(reader, deriving)
    async with reader.database.transaction() as slow:
        await slow.execute(_DIRTY, INDICATION, late)
        await touch(reader, early)
        await recompute.step()
    await recompute.step()
    assert deriving.calls == [{early}, {late}]


async def test_a_derivation_that_fails_leaves_everything_as_it_was(reader: Reader) -> None:
    aggregate, other = uuid4(), uuid4()

    async def fail(_: Connection, __: set[UUID]) -> None:
        raise ConnectionResetError

    async def before(connection: Connection) -> None:
        await connection.execute(_DIRTY, INDICATION, other)

    await touch(reader, aggregate)
    await mark(reader, 1)
    with pytest.raises(ConnectionResetError):
        await loop(reader, Deriving(fail), before).step()
    assert await reader.dirty() == {aggregate}
    assert await through(reader) is None


async def test_two_loops_at_once_work_one_at_a_time_and_lose_nothing(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.consumer.recompute._BATCH", 3)
    aggregates = [uuid4() for _ in range(30)]
    working = 0
    together = []

    async def alone(connection: Connection, _: set[UUID]) -> None:
        nonlocal working
        working += 1
        together.append(working)
        await connection.fetchval("select 1")
        working -= 1

    deriving = Deriving(alone)
    loops = [loop(reader, deriving) for _ in range(3)]
    for aggregate in aggregates:
        await asyncio.gather(touch(reader, aggregate), *(each.step() for each in loops))
    while await loops[0].step():
        pass
    assert set(together) == {1}
    assert set().union(*deriving.calls) == set(aggregates)
    assert sum(len(call) for call in deriving.calls) == len(aggregates)


async def test_while_one_loop_derives_another_does_nothing(reader: Reader) -> None:
    async def meanwhile(_: Connection, __: set[UUID]) -> None:
        assert not await other.step()

    deriving, idle = Deriving(meanwhile), Deriving()
    other = loop(reader, idle)
    await touch(reader, uuid4())
    await mark(reader, 1)
    await loop(reader, deriving).step()
    assert (len(deriving.calls), idle.calls) == (1, [])


# --- how far it is ---


async def test_it_says_how_far_it_is_only_when_the_queue_was_emptied(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.consumer.recompute._BATCH", 2)
    emptied = []

    async def note(_: Connection) -> None:
        emptied.append(len(deriving.calls))

    await touch(reader, *(uuid4() for _ in range(3)))
    await mark(reader, 1)
    deriving = Deriving()
    recompute = loop(reader, deriving, emptied=note)
    assert await recompute.step()
    assert (await through(reader), emptied) == (None, [])
    assert not await recompute.step()
    assert (await through(reader), emptied) == (at(1), [2])


async def test_it_does_not_say_so_when_the_derivation_made_more_dirty(reader: Reader) -> None:
    async def more(_: Connection, __: set[UUID]) -> bool:
        return len(deriving.calls) > 1

    deriving = Deriving(more)
    await touch(reader, uuid4())
    await mark(reader, 1)
    recompute = loop(reader, deriving)
    assert await recompute.step()
    assert await through(reader) is None
    await touch(reader, uuid4())
    await recompute.step()
    assert await through(reader) == at(1)


async def test_it_is_no_further_than_the_watermark_was_before_it_took_what_is_dirty(reader: Reader) -> None:
    async def meanwhile(_: Connection, __: set[UUID]) -> None:
        await touch(reader, late)
        await mark(reader, 2)

    late = uuid4()
    await touch(reader, uuid4())
    await mark(reader, 1)
    await loop(reader, Deriving(meanwhile)).step()
    assert await through(reader) == at(1)
    await loop(reader, Deriving()).step()
    assert await through(reader) == at(2)


async def test_with_nothing_dirty_it_follows_the_watermark(reader: Reader) -> None:
    deriving = Deriving()
    for minutes in (1, 2):
        await mark(reader, minutes)
        assert not await loop(reader, deriving).step()
        assert await through(reader) == at(minutes)
    assert deriving.calls == []


# --- what cannot be derived ---


async def exhausted(recompute: Recompute) -> None:
    while await recompute.step():
        pass


async def test_what_cannot_be_derived_is_parked_alone(reader: Reader) -> None:
    faulty, others = uuid4(), [uuid4() for _ in range(5)]

    async def check(_: Connection, ids: set[UUID]) -> None:
        if faulty in ids:
            raise ValueError(ids)

    deriving = Deriving(check)
    await touch(reader, *others[:3], faulty, *others[3:])
    await mark(reader, 1)
    await exhausted(loop(reader, deriving))
    (parked,) = await reader.rows("parked")
    assert (parked["topic"], parked["partition"], parked["aggregate"]) == (
        INDICATION,
        OF_DERIVING,
        str(faulty),
    )
    assert parked["reason"] == "cannot be derived: ValueError"
    assert set().union(*(call for call in deriving.calls if faulty not in call)) == set(others)
    assert await through(reader) == at(1)


async def test_only_what_failed_is_parked_when_another_comes_before_it_meanwhile(reader: Reader) -> None:
    faulty, early = uuid4(), uuid4()
    slow = AsyncExitStack()
    connection = await slow.enter_async_context(reader.database.transaction())
    await connection.execute(_DIRTY, INDICATION, early)

    async def check(_: Connection, ids: set[UUID]) -> None:
        if faulty in ids:
            if len(deriving.calls) > 1:
                await slow.aclose()
            raise ValueError(ids)

    deriving = Deriving(check)
    await touch(reader, faulty)
    await exhausted(loop(reader, deriving))
    assert [parked["aggregate"] for parked in await reader.rows("parked")] == [str(faulty)]
    assert deriving.calls == [{faulty}, {faulty}, {early}]


async def test_a_fault_outside_the_derivation_parks_nothing(reader: Reader) -> None:
    aggregate = uuid4()

    async def before(_: Connection) -> None:
        raise ValueError("before")

    await touch(reader, aggregate)
    recompute = loop(reader, Deriving(), before)
    for _ in range(3):
        with pytest.raises(ValueError, match="before"):
            await recompute.step()
    assert (await reader.dirty(), await reader.rows("parked")) == ({aggregate}, [])
