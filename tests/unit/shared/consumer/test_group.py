"""Several consumers share the partitions; whoever comes and goes, nothing is left out and no watermark runs ahead."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import datetime
from uuid import UUID, uuid4

from shared.consumer.consumer import Consumer
from shared.process import Step, forever
from tests.unit.shared.consumer.reading import INDICATION, SERVICE, Owner, Reader, at, spread
from tests.waiting import until

_GATE = """
create table monitoring.gate (closed boolean);
insert into monitoring.gate values (true);
create function monitoring.wait_at_gate() returns trigger language plpgsql security definer as $$
begin
    while exists (select from monitoring.gate where closed) loop perform pg_sleep(0.01); end loop;
    return new;
end $$;
create trigger gate before insert on monitoring.dirty for each row execute function monitoring.wait_at_gate();
"""
_NO_GATE = """
drop trigger gate on monitoring.dirty;
drop function monitoring.wait_at_gate;
drop table monitoring.gate;
"""
_AT_GATE = (
    "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
)
_SEEN = """
select w.known_through, w.generation,
       (select coalesce(array_agg(array[c.aggregate::text, c.version::text]), '{}')
        from monitoring.referrals_indication c) as copy
from monitoring.watermark w where w.topic = $1
"""


@asynccontextmanager
async def gate(reader: Reader) -> AsyncIterator[None]:
    """Let every transaction that marks something dirty wait until the block ends."""
    await reader.admin.execute(_GATE)
    try:
        yield
    finally:
        await reader.admin.execute("update monitoring.gate set closed = false")
        await reader.admin.execute(_NO_GATE)


Build = Callable[[], AbstractAsyncContextManager[Step]]


@asynccontextmanager
async def running(*builds: Build) -> AsyncIterator[None]:
    """Run these as the worker process does: each repeats its step, and is built anew after an error."""
    stop = asyncio.Event()
    loops = [forever("test", build, service=SERVICE, idle_seconds=0) for build in builds]
    tasks = [asyncio.ensure_future(loop(stop)) for loop in loops]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


class Member:
    """A process of the group, of which the consumer that it has now can be looked at."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.consumer: Consumer | None = None

    @asynccontextmanager
    async def build(self) -> AsyncIterator[Step]:
        async with self._reader.consumer() as consumer:
            self.consumer = consumer
            yield consumer.step

    async def has(self, count: int) -> bool:
        started = self.consumer is not None and self.consumer._kafka is not None
        return started and self.consumer is not None and await assigned(self.consumer, count)


async def assigned(consumer: Consumer, count: int) -> bool:
    return len(consumer._client.assignment()) == count


async def test_partitions_that_go_and_come_back_while_a_batch_is_applied_are_read_on(
    reader: Reader, owner: Owner
) -> None:
    first, second = spread(20), spread(20)
    await reader.take_note(owner)
    async with reader.consumer() as consumer:
        await reader.read_all(owner, consumer)
        await until(lambda: assigned(consumer, 6))
        async with gate(reader):
            await owner.send(*first)
            reading = asyncio.create_task(reader.read_all(owner, consumer))
            await until(lambda: reader.admin.fetchval(_AT_GATE))
            async with reader.consumer() as other:
                await other.start()
                await until(lambda: assigned(consumer, 3))
            await until(lambda: assigned(consumer, 6))
        await reading
        await owner.send(*second)
        await reader.read_all(owner, consumer)
    assert (await reader.copy()).keys() == {*first, *second}


async def test_two_consumers_share_the_partitions_and_read_everything_once(
    reader: Reader, owner: Owner
) -> None:
    versions = spread(60)
    await reader.take_note(owner)
    one, other = Member(reader), Member(reader)
    async with running(one.build, other.build):
        await until(lambda: one.has(3))
        await until(lambda: other.has(3))
        await owner.send(*versions)

        async def applied() -> bool:
            return await reader.next_offsets() == owner.ends

        await until(applied)
    assert (await reader.copy()).keys() == set(versions)
    assert sorted(row["aggregate"] for row in await reader.rows("dirty")) == sorted(
        aggregate for aggregate, _ in versions
    )


class Story:
    """An owner that sends in any order, with repeats and generations, and consumers that come and go."""

    def __init__(self, reader: Reader, owner: Owner, chance: random.Random) -> None:
        self._reader = reader
        self._owner = owner
        self._chance = chance
        self._clock = 0
        self.known: dict[tuple[UUID, int], datetime] = {}
        self._aggregates = [uuid4() for _ in range(15)]
        self._newest = dict.fromkeys(self._aggregates, 0)
        self._members: list[AsyncExitStack] = []
        self._last_seen: datetime | None = None

    async def send(self) -> None:
        """Send the next versions of some aggregates, some of them in the wrong order, and repeats of old ones."""
        self._clock += 1
        new = []
        for aggregate in self._chance.sample(self._aggregates, 5):
            count = self._chance.choice([1, 2])
            new += [(aggregate, self._newest[aggregate] + number) for number in range(1, count + 1)]
            self._newest[aggregate] += count
        self._chance.shuffle(new)
        await self._owner.send(*new, known=self._clock)
        self.known |= dict.fromkeys(new, at(self._clock))
        await self._repeat()

    async def _repeat(self) -> None:
        for version in self._chance.sample(sorted(self.known), 3):
            event = self._owner.event(*version, known=(self.known[version] - at(0)).total_seconds() / 60)
            await self._owner.send_message(event, key=version[0])

    async def promise(self) -> None:
        await self._owner.promise(self._clock)

    async def generation(self) -> None:
        """Send all again, in any order, with a promise at the end only."""
        await self._owner.begin(self._owner.generation + 1)
        versions = sorted(self.known)
        self._chance.shuffle(versions)
        for version in versions:
            await self._owner.send(version, known=(self.known[version] - at(0)).total_seconds() / 60)
        await self.promise()

    async def join(self) -> None:
        if len(self._members) < 3:
            member = AsyncExitStack()
            await member.enter_async_context(running(Member(self._reader).build))
            self._members.append(member)

    async def leave(self) -> None:
        if len(self._members) > 1:
            await self._members.pop(self._chance.randrange(len(self._members))).aclose()

    async def end(self) -> None:
        for member in self._members:
            await member.aclose()

    async def check(self) -> datetime | None:
        """Move the watermark; see that all that was known by then is there, as one statement sees both."""
        await self._reader.reach()
        seen = await self._reader.admin.fetchrow(_SEEN, INDICATION)
        if seen is None or seen["known_through"] is None:
            return None
        through: datetime = seen["known_through"]
        copy = {(UUID(aggregate), int(version)) for aggregate, version in seen["copy"]}
        assert {version for version, known in self.known.items() if known <= through} <= copy
        assert self._last_seen is None or through >= self._last_seen
        self._last_seen = through
        return through

    async def caught_up(self) -> bool:
        return await self.check() == at(self._clock)


async def test_a_watermark_is_never_ahead_of_what_was_applied(reader: Reader, owner: Owner) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    chance = random.Random(seed)
    story = Story(reader, owner, chance)

    @asynccontextmanager
    async def watermarks() -> AsyncIterator[Step]:
        async with reader.watermarks() as one:
            yield one.step

    async with running(watermarks):
        await story.join()
        try:
            for number in range(25):
                acts = [story.send, story.send, story.promise, story.promise, story.join, story.leave]
                await (story.generation if number % 10 == 9 else chance.choice(acts))()
                await story.check()
            await story.send()
            await story.promise()
            await until(story.caught_up)
        finally:
            await story.end()
    assert (await reader.copy()).keys() == story.known.keys()
