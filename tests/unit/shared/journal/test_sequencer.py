"""The sequencer gives what has committed a gapless position and a moment, and promises nothing that it cannot keep."""

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.database import Connection
from shared.journal.sequencer import ClockJumpError, Sequencer
from tests.unit.shared.journal.publishing import Publisher, record
from tests.waiting import until

_PENDING = "select count(*) from referrals.journal_pending"
_WAITING = (
    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
)
JUMP = timedelta(hours=1)


# --- order ---


@dataclass
class Writer:
    """A transaction that is open, and the versions that it wrote."""

    connection: Connection
    stack: AsyncExitStack
    aggregate: UUID
    versions: list[tuple[UUID, int]]


@dataclass
class History:
    """Writers that open, stall and end in any order, one at a time per aggregate as the aggregate's lock allows."""

    journal: Publisher
    aggregates: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(5)])
    open: dict[UUID, Writer] = field(default_factory=dict)
    newest: dict[UUID, int] = field(default_factory=dict)
    promised_before: dict[tuple[UUID, int], datetime] = field(default_factory=dict)

    async def write(self, number: int) -> None:
        """Open a transaction of this aggregate, or write one version more in the one that is open."""
        aggregate = self.aggregates[number]
        if aggregate not in self.open:
            stack = AsyncExitStack()
            connection = await stack.enter_async_context(self.journal.database.transaction())
            self.open[aggregate] = Writer(connection, stack, aggregate, [])
        writer = self.open[aggregate]
        version = (aggregate, self.newest.get(aggregate, 0) + len(writer.versions) + 1)
        await record(writer.connection, version)
        writer.versions.append(version)

    async def commit(self, number: int) -> None:
        writer = self.open.pop(self.aggregates[number], None)
        if writer is None:
            return
        promised = (await self.journal.row("sequencer"))["known_through"]
        await writer.stack.aclose()
        self.newest[writer.aggregate] = writer.versions[-1][1]
        self.promised_before |= dict.fromkeys(writer.versions, promised)

    async def roll_back(self, number: int) -> None:
        writer = self.open.pop(self.aggregates[number], None)
        if writer is not None:
            await writer.stack.__aexit__(KeyboardInterrupt, KeyboardInterrupt(), None)

    async def sequence(self, sequencers: int) -> None:
        await asyncio.gather(*(self.journal.sequence() for _ in range(sequencers)))

    async def finish(self) -> None:
        for number in range(len(self.aggregates)):
            await self.commit(number)
        while await self.journal.sequence():
            pass


aggregates = st.integers(0, 4)
steps = st.one_of(
    st.tuples(st.just("write"), aggregates),
    st.tuples(st.just("write"), aggregates),
    st.tuples(st.just("commit"), aggregates),
    st.tuples(st.just("roll_back"), aggregates),
    st.tuples(st.just("sequence"), st.integers(1, 3)),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(steps, min_size=5, max_size=40))
async def test_positions_are_gapless_and_in_order_however_writers_stall_and_commit(
    journal: Publisher, history: list[tuple[str, int]]
) -> None:
    await journal.reset()
    await journal.sequence()
    story = History(journal)
    for step, number in history:
        await getattr(story, step)(number)
    await story.finish()
    rows = await journal.positions()
    assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
    assert {(row["aggregateid"], row["version"]) for row in rows} == story.promised_before.keys()
    for versions in versions_of(rows).values():
        assert versions == list(range(1, len(versions) + 1))
    assert all(earlier["known_at"] <= later["known_at"] for earlier, later in pairwise(rows))
    for row in rows:
        assert row["known_at"] > story.promised_before[row["aggregateid"], row["version"]]


def versions_of(rows: list[asyncpg.Record]) -> dict[UUID, list[int]]:
    found: dict[UUID, list[int]] = {}
    for row in rows:
        found.setdefault(row["aggregateid"], []).append(row["version"])
    return found


async def test_a_row_that_commits_late_comes_after_every_promise_made_before(journal: Publisher) -> None:
    early, late = uuid4(), uuid4()
    async with journal.database.transaction() as slow:
        await record(slow, (late, 1))
        await journal.write((early, 1))
        await journal.sequence()
        promised = (await journal.row("sequencer"))["known_through"]
    await journal.sequence()
    first, second = await journal.positions()
    assert (first["aggregateid"], second["aggregateid"]) == (early, late)
    assert first["known_at"] <= promised < second["known_at"]


async def test_two_sequencers_at_once_give_no_position_twice_and_leave_none_out(journal: Publisher) -> None:
    sequencers = (Sequencer(), Sequencer(), Sequencer())
    for _ in range(20):
        await asyncio.gather(
            *(journal.write(*((uuid4(), 1) for _ in range(3))) for _ in range(3)),
            *(journal.sequence(sequencer) for sequencer in sequencers),
        )
    while await journal.sequence():
        pass
    assert [row["position"] for row in await journal.positions()] == list(range(1, 181))


async def test_while_one_sequencer_works_another_does_nothing(journal: Publisher) -> None:
    await journal.write((uuid4(), 1))
    async with journal.database.transaction() as busy:
        assert await Sequencer().step(busy) == 1
        before = await journal.row("sequencer")
        assert await journal.sequence() == 0
        assert await journal.row("sequencer") == before


# --- the promise and the clock ---


async def test_the_promise_rises_without_anything_to_sequence(journal: Publisher) -> None:
    promises = []
    for _ in range(3):
        await journal.sequence()
        promises.append((await journal.row("sequencer"))["known_through"])
    assert promises == sorted(set(promises))


async def test_a_clock_that_steps_back_breaks_no_promise(journal: Publisher) -> None:
    sequencer = Sequencer()
    await journal.write((uuid4(), 1))
    await journal.sequence(sequencer)
    promised = (await journal.row("sequencer"))["known_through"]
    await journal.shift_clock(-JUMP)
    for _ in range(3):
        await journal.write((uuid4(), 1))
        await journal.sequence(sequencer)
    moments = [row["known_at"] for row in await journal.positions()]
    assert moments == sorted(set(moments))
    assert moments[0] == promised
    assert moments[-1] == (await journal.row("sequencer"))["known_through"] < promised + timedelta(seconds=1)


async def test_a_clock_that_jumps_far_ahead_is_refused_and_nothing_is_written(journal: Publisher) -> None:
    sequencer = Sequencer()
    await journal.sequence(sequencer)
    await journal.write((uuid4(), 1))
    before = await journal.row("sequencer")
    await journal.shift_clock(JUMP)
    for _ in range(2):
        with pytest.raises(ClockJumpError) as refused:
            await journal.sequence(sequencer)
        assert abs(refused.value.ahead - JUMP) < timedelta(seconds=30)
    assert await journal.row("sequencer") == before
    assert await journal.positions() == []
    assert await journal.owner.fetchval(_PENDING) == 1


async def test_when_the_clock_is_right_again_sequencing_goes_on(journal: Publisher) -> None:
    sequencer = Sequencer()
    await journal.sequence(sequencer)
    await journal.write((uuid4(), 1))
    await journal.shift_clock(JUMP)
    with pytest.raises(ClockJumpError):
        await journal.sequence(sequencer)
    await journal.shift_clock(timedelta())
    assert await journal.sequence(sequencer) == 1


async def test_a_clock_that_was_back_for_a_while_and_is_set_right_is_no_jump(
    journal: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequencer, while_back = Sequencer(), timedelta(minutes=10)
    await journal.sequence(sequencer)
    of_process = time.clock_gettime
    monkeypatch.setattr(time, "clock_gettime", lambda clock: of_process(clock) + while_back.total_seconds())
    await journal.shift_clock(while_back - JUMP)
    await journal.sequence(sequencer)
    await journal.shift_clock(while_back)
    await journal.write((uuid4(), 1))
    assert await journal.sequence(sequencer) == 1


async def test_a_small_correction_of_the_clock_is_taken(journal: Publisher) -> None:
    sequencer = Sequencer()
    await journal.sequence(sequencer)
    await journal.shift_clock(timedelta(seconds=20))
    await journal.write((uuid4(), 1))
    assert await journal.sequence(sequencer) == 1


# --- what a derived topic may promise ---


async def derive(journal: Publisher, through: datetime, *lines: tuple[UUID, int]) -> None:
    """Write lines and what they reach, in one transaction as the deriving loop does."""
    async with journal.database.transaction() as connection:
        await record(connection, *lines)
        await connection.execute("update sequencer set derived_through = $1", through)


async def test_what_was_derived_is_promised_once_its_lines_have_a_position(journal: Publisher) -> None:
    await journal.sequence()
    through = (await journal.row("sequencer"))["known_through"]
    await derive(journal, through, (uuid4(), 1))
    assert (await journal.row("sequencer"))["derived_known_through"] is None
    await journal.sequence()
    assert (await journal.row("sequencer"))["derived_known_through"] == through


async def test_what_was_derived_is_not_promised_while_rows_are_pending(
    journal: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.journal.sequencer._BATCH", 3)
    await journal.sequence()
    through = (await journal.row("sequencer"))["known_through"]
    await journal.write(*((uuid4(), 1) for _ in range(3)))
    await derive(journal, through, (uuid4(), 1))
    assert await journal.sequence() == 3
    assert (await journal.row("sequencer"))["derived_known_through"] is None
    assert await journal.sequence() == 1
    assert (await journal.row("sequencer"))["derived_known_through"] == through


async def test_what_is_derived_while_a_batch_is_taken_is_promised_by_a_later_batch(
    journal: Publisher,
) -> None:
    await journal.sequence()
    through = (await journal.row("sequencer"))["known_through"]
    await journal.write((uuid4(), 1))

    async def waiting() -> bool:
        return bool(await journal.owner.fetchval(_WAITING))

    async with journal.database.transaction() as held:
        await held.execute("select from journal_pending for update")
        sequencing = asyncio.create_task(journal.sequence())
        await until(waiting)
        deriving = asyncio.create_task(derive(journal, through, (uuid4(), 1)))

        async def derived_or_waiting() -> bool:
            return deriving.done() or await journal.owner.fetchval(_WAITING) == 2

        await until(derived_or_waiting)
    assert await sequencing == 1
    await deriving
    assert await journal.owner.fetchval(_PENDING) == 1
    assert (await journal.row("sequencer"))["derived_known_through"] is None
    assert await journal.sequence() == 1
    assert (await journal.row("sequencer"))["derived_known_through"] == through
