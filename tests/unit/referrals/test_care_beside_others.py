"""Care beside other writers, other organisations and the clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from services.referrals.care import commands as care
from services.referrals.care import queries
from services.referrals.care.domain import Key, Outcome, Refusal, Status, Version
from services.referrals.indications import commands as indications
from services.referrals.worker import watching_care
from shared import metrics
from shared.auth import Role
from shared.database import Connection, Database
from tests.databases import Databases
from tests.unit.referrals.given import (
    FEBRUARY,
    HELMOND,
    OTHER,
    PROVIDER,
    at,
    day,
    grant,
    granted,
    processing,
    say,
    started,
    stopped,
    taken_back,
    withdrawn,
)
from tests.waiting import until

_STATES = """
select c.assignment_number, c.status, c.refusal, c.version, c.sent_at,
       array(select version from referrals.journal j where j.aggregateid = c.id order by j.id) as published,
       (select count(*) from referrals.care_period_history h where h.care_period = c.id and not decision) as kept
from referrals.care_period c where assignment_number = any($1) order by assignment_number, valid_from
"""
_LOGGED = """
select l.name, l.organisation, count(*) from referrals.processing_log l
join referrals.indication i on i.client = l.data_subject_id
where i.assignment_number = $1 and l.name ilike '%care%' group by 1, 2 order by 1, 2
"""
_WAIT_FOR_A_LOCK = "select exists(select from pg_locks where locktype = 'advisory' and not granted)"


@pytest.fixture(scope="module")
async def worker(databases: Databases) -> AsyncIterator[Database]:
    async with databases.database("referrals", "worker") as database:
        yield database


async def states(owner: asyncpg.Connection, *numbers: int) -> list[asyncpg.Record]:
    found: list[asyncpg.Record] = await owner.fetch(_STATES, numbers)
    return found


async def state(owner: asyncpg.Connection, number: int) -> tuple[str, str | None, int]:
    (one,) = await states(owner, number)
    return one["status"], one["refusal"], one["version"]


# --- writers at the same time ---


async def test_two_writers_on_one_period_never_lose_a_version(
    api: Database, owner: asyncpg.Connection
) -> None:
    await grant(api, granted(1))
    versions = [stopped(1, day(3, 1 + hour), hour=hour) for hour in range(24)]
    results = await asyncio.gather(*(say(api, version) for version in versions[::2] + versions[::-2]))
    outcomes = [result.outcome for (result,) in results]
    applied = outcomes.count(Outcome.CREATED) + outcomes.count(Outcome.APPLIED)
    (one,) = await states(owner, 1)
    assert outcomes.count(Outcome.CREATED) == 1
    assert applied + outcomes.count(Outcome.SUPERSEDED) == one["kept"] == 24
    assert (one["version"], one["sent_at"]) == (applied, at(23))
    assert one["published"] == list(range(1, applied + 1))


async def test_of_two_starts_at_once_one_is_accepted(api: Database, owner: asyncpg.Connection) -> None:
    await grant(api, granted(2))
    starts = [started(2, day(month)) for month in range(2, 10)]
    results = await asyncio.gather(*(say(api, one) for one in starts))
    outcomes = [result.outcome for (result,) in results]
    assert outcomes.count(Outcome.CREATED) == 1
    assert {result.refusal for (result,) in results if result.outcome is not Outcome.CREATED} == {
        Refusal.OVERLAPS
    }
    assert len(await states(owner, 2)) == 1


async def test_care_and_the_indication_it_names_at_once_neither_deadlock_nor_leave_care_waiting(
    api: Database, owner: asyncpg.Connection
) -> None:
    numbers = range(100, 140)
    grants, starts = [granted(number) for number in numbers], [started(number) for number in numbers]
    await asyncio.gather(
        grant(api, *grants),
        say(api, *starts[::-1]),
        grant(api, *grants[::-1]),
        say(api, *starts),
        *(say(api, start) for start in starts[::3]),
    )
    found = await states(owner, *numbers)
    assert [(one["status"], one["published"], one["kept"]) for one in found] == [
        (Status.ACCEPTED, [1], 1)
    ] * len(numbers)


async def test_care_that_comes_while_its_indication_is_written_waits_for_the_commit_and_no_longer(
    api: Database, owner: asyncpg.Connection
) -> None:
    async with api.transaction(organisation=HELMOND, role="municipality") as connection:
        step = processing(Role.MUNICIPALITY, HELMOND, "recordIndication")
        await indications.record(connection, [granted(3)], step)
        saying = asyncio.create_task(say(api, started(3)))
        await until(lambda: owner.fetchval(_WAIT_FOR_A_LOCK))
    (result,) = await saying
    assert result.outcome is Outcome.CREATED
    assert await state(owner, 3) == (Status.ACCEPTED, None, 1)


async def test_an_indication_that_comes_while_care_is_written_decides_it_after_the_commit(
    api: Database, owner: asyncpg.Connection
) -> None:
    async with api.transaction(organisation=PROVIDER, role="provider") as connection:
        step = processing(Role.PROVIDER, PROVIDER, "recordCarePeriod")
        (result,) = await care.record(connection, [started(4)], step)
        assert result.current is not None
        assert result.current["status"] == Status.WAITING
        granting = asyncio.create_task(grant(api, granted(4)))
        await until(lambda: owner.fetchval(_WAIT_FOR_A_LOCK))
    await granting
    assert await state(owner, 4) == (Status.ACCEPTED, None, 1)


async def test_an_indication_that_is_rolled_back_leaves_care_waiting(
    api: Database, owner: asyncpg.Connection
) -> None:
    await say(api, started(5))

    async def fail() -> None:
        async with api.transaction(organisation=HELMOND, role="municipality") as connection:
            step = processing(Role.MUNICIPALITY, HELMOND, "recordIndication")
            await indications.record(connection, [granted(5)], step)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await fail()
    assert await state(owner, 5) == (Status.WAITING, None, 0)


# --- what waits ---


async def test_two_providers_that_name_a_number_before_it_is_known_do_not_meet(
    api: Database, owner: asyncpg.Connection
) -> None:
    await say(api, started(6))
    await say(api, started(6, provider=OTHER))
    await grant(api, granted(6))
    found = {(one["status"], one["refusal"], one["version"]) for one in await states(owner, 6)}
    assert found == {(Status.ACCEPTED, None, 1), (Status.REFUSED, Refusal.NOT_YOURS, 0)}
    async with api.transaction(organisation=HELMOND, role="municipality") as connection:
        step = processing(Role.MUNICIPALITY, HELMOND, "carePeriod")
        seen = await queries.one(connection, (HELMOND, 6, FEBRUARY), step)
    assert seen is not None
    assert (seen["provider"], seen["status"]) == (PROVIDER, Status.ACCEPTED)


async def test_what_waits_is_in_no_event_and_what_was_withdrawn_meanwhile_counts_for_nothing(
    api: Database, owner: asyncpg.Connection
) -> None:
    await say(api, started(7), stopped(7, day(6, 30), hour=2), started(7, hour=3), taken_back(7, hour=4))
    (waiting,) = await states(owner, 7)
    assert (waiting["status"], waiting["published"]) == (Status.WAITING, [])
    await grant(api, granted(7))
    (result,) = await say(api, started(7, day(1)))
    assert result.outcome is Outcome.CREATED, "the withdrawn period is not in its way"


async def test_care_that_waited_long_is_refused_and_may_be_sent_again(
    api: Database, owner: asyncpg.Connection, worker: Database
) -> None:
    await say(api, started(8), started(9))
    await grant(api, granted(9))
    async with watching_care(worker)() as step:
        async with clock(owner, "29 days 23 hours"):
            await step()
            assert await state(owner, 8) == (Status.WAITING, None, 0)
            assert gauge("oldest_waiting_seconds") >= (29 * 24 + 23) * 3600
            assert gauge("waiting_records") >= 1
        async with clock(owner, "30 days 1 minute"):
            assert await step()
            assert gauge("waiting_records") == gauge("oldest_waiting_seconds") == 0
    assert await state(owner, 8) == (Status.REFUSED, Refusal.NUMBER_UNKNOWN, 0)
    assert await state(owner, 9) == (Status.ACCEPTED, None, 1)
    assert await owner.fetchval("select count(*) from referrals.care_period_processing") == 0
    await grant(api, granted(8))
    assert await state(owner, 8) == (Status.REFUSED, Refusal.NUMBER_UNKNOWN, 0)
    (same,) = await say(api, started(8))
    assert same.outcome is Outcome.UNCHANGED
    (newer,) = await say(api, started(8, hour=2))
    assert newer.outcome is Outcome.APPLIED
    assert await state(owner, 8) == (Status.ACCEPTED, None, 1)


async def test_an_indication_that_arrives_at_the_last_moment_is_not_too_late(
    api: Database, owner: asyncpg.Connection, worker: Database
) -> None:
    await say(api, started(10))
    async with clock(owner, "31 days"), watching_care(worker)() as step:
        async with api.transaction(organisation=HELMOND, role="municipality") as connection:
            recording = processing(Role.MUNICIPALITY, HELMOND, "recordIndication")
            await indications.record(connection, [granted(10)], recording)
            refusing = asyncio.ensure_future(step())
            await until(lambda: owner.fetchval(_WAIT_FOR_A_LOCK))
        await refusing
    assert await state(owner, 10) == (Status.ACCEPTED, None, 1)


@asynccontextmanager
async def clock(owner: asyncpg.Connection, ahead: str) -> AsyncIterator[None]:
    """Put the one SQL function that reads the clock so far ahead."""
    define = "create or replace function referrals.moment() returns timestamptz language sql volatile as"
    await owner.execute(f"{define} $$ select clock_timestamp() + interval '{ahead}' $$")
    try:
        yield
    finally:
        await owner.execute(f"{define} $$ select clock_timestamp() $$")


def gauge(name: str) -> float:
    value = metrics.REGISTRY.get_sample_value(name, {"service": "referrals", "noun": "care"})
    assert value is not None
    return value


# --- the processing log ---


async def test_each_write_and_read_is_logged_for_its_client_once_that_is_known(
    api: Database, owner: asyncpg.Connection
) -> None:
    await say(api, started(20))
    await say(api, started(20))
    await say(api, started(20, hour=0))
    await read(api)
    assert await owner.fetch(_LOGGED, 20) == []
    await grant(api, granted(20, bsn="999990020"))
    assert [tuple(row) for row in await owner.fetch(_LOGGED, 20)] == [
        ("carePeriods", PROVIDER, 1),
        ("recordCarePeriod", PROVIDER, 3),
    ]
    await say(api, started(20))
    await say(api, stopped(20, day(6, 30), hour=5))
    await read(api)
    assert [tuple(row) for row in await owner.fetch(_LOGGED, 20)] == [
        ("carePeriods", PROVIDER, 2),
        ("recordCarePeriod", PROVIDER, 5),
    ]


async def test_a_read_that_did_not_see_the_decision_yet_is_logged_after_it(
    api: Database, owner: asyncpg.Connection, worker: Database
) -> None:
    await say(api, started(21))
    async with api.transaction(organisation=PROVIDER, role="provider") as connection:
        await list_of(connection, 21)
        await grant(api, granted(21, bsn="999990032"))
    async with watching_care(worker)() as step:
        for _ in range(2):
            await step()
            assert [tuple(row) for row in await owner.fetch(_LOGGED, 21)] == [
                ("carePeriods", PROVIDER, 1),
                ("recordCarePeriod", PROVIDER, 1),
            ]
    left = "select count(*) from referrals.care_period_processing p join referrals.care_period c on c.id = p.care_period"
    assert await owner.fetchval(f"{left} where c.status <> 'waiting'") == 0


async def read(api: Database) -> None:
    async with api.transaction(organisation=PROVIDER, role="provider") as connection:
        await list_of(connection, 20)


async def list_of(connection: Connection, number: int) -> None:
    step = processing(Role.PROVIDER, PROVIDER, "carePeriods")
    narrowed = queries.Filter(assignment_number=number)
    assert len(await queries.many(connection, narrowed, after=None, limit=10, processing=step)) == 1


# --- who sees and writes what, from the database's side ---


async def test_a_municipality_changes_nothing_of_care_but_decides_what_waits(api: Database) -> None:
    await grant(api, granted(30))
    await say(api, started(30))
    await say(api, started(31))
    async with api.transaction(organisation=HELMOND, role="municipality") as connection:
        changed = await connection.execute(
            "update care_period set withdrawn = true where assignment_number = 30"
        )
        assert changed == "UPDATE 0"
    for statement in (
        "update care_period set withdrawn = true where assignment_number = 31",
        "insert into care_period select (jsonb_populate_record(c, '{\"assignment_number\": 32}')).* from care_period c",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with api.transaction(organisation=HELMOND, role="municipality") as connection:
                await connection.execute(statement)


async def test_a_provider_writes_nothing_in_anothers_name(api: Database) -> None:
    arrival = care.Arrival(Key(HELMOND, 33, FEBRUARY, PROVIDER), Version(at(1)))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with api.transaction(organisation=OTHER, role="provider") as connection:
            await care.record(connection, [arrival], processing(Role.PROVIDER, OTHER, "recordCarePeriod"))


async def test_who_looks_up_a_number_sees_the_indication_of_another_only_through_what_is_decided(
    api: Database, databases: Databases
) -> None:
    await grant(api, granted(34))
    (result,) = await say(api, started(34, provider=OTHER))
    assert (result.refusal, result.current) == (Refusal.NOT_YOURS, None)
    async with api.transaction(organisation=OTHER, role="provider") as connection:
        assert await connection.fetchval("select count(*) from indication where assignment_number = 34") == 0
    async with databases.database("referrals", "owner") as database, database.transaction() as connection:
        assert await connection.fetchval("select count(*) from indication") == 0
        assert await connection.fetchval("select count(*) from care_period") == 0


async def test_a_withdrawn_indication_leaves_what_was_accepted_and_takes_its_stop(
    api: Database, owner: asyncpg.Connection
) -> None:
    await grant(api, granted(35))
    await say(api, started(35))
    await grant(api, withdrawn(35, hour=3))
    (stop,) = await say(api, stopped(35, day(6, 30), hour=4))
    assert stop.outcome is Outcome.APPLIED
    (again,) = await say(api, started(35, day(8), hour=5))
    assert again.refusal is Refusal.INDICATION_WITHDRAWN
    assert await state(owner, 35) == (Status.ACCEPTED, None, 2)
