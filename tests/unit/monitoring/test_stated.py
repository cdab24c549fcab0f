"""Statements: the newest day counts, whatever the order of arrival; every version is kept, and known from its moment on."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.monitoring.stated import queries
from services.monitoring.stated.commands import promise, record
from services.monitoring.stated.domain import TOPIC, Kind, Level, Number, Outcome, Statement, decide
from shared.database import Connection, Database
from tests.databases import empty

SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
TABLES = ("stated", "stated_number")
_THROUGH = "select known_through from recompute_through where topic = $1"

arrivals = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.integers(1, 4), st.integers(0, 2)), min_size=1, max_size=12
)


def statement(key: str = "a", day: int = 1, amount: int = 0) -> Statement:
    number = Number("costs", Level.REGION, None, None, 24_276, 24_287, amount)
    return Statement(key, {"statedOn": f"2024-01-{day:02d}", "amount": amount}, number=number)


async def stated(connection: Connection, *statements: Statement) -> list[tuple[Outcome, dict[str, Any]]]:
    results = await record(connection, Kind.CONTEXT, statements)
    return [(each.outcome, each.current) for each in results]


async def emptied(owner: Database) -> None:
    async with owner.transaction() as connection:
        await empty(connection, *TABLES)


def bare(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: shown[name] for name in ("statedOn", "amount")}


@SETTINGS
@given(arrivals)
async def test_recording_decides_as_the_rule_does(
    owner: Database, worker: Database, arriving: list[tuple[str, int, int]]
) -> None:
    await emptied(owner)
    kept: dict[str, list[dict[str, Any]]] = {"a": [], "b": []}
    for key, day, amount in arriving:
        given_one = statement(key, day, amount)
        expected, counts = decide(kept[key], given_one.state)
        async with worker.transaction() as connection:
            ((outcome, current),) = await stated(connection, given_one)
            number = await connection.fetchval(
                "select amount from stated_number where key = $1 and known_to = 'infinity'", key
            )
            assert (outcome, bare(current), number) == (expected, counts, counts["amount"])
        if outcome is not Outcome.UNCHANGED:
            kept[key].append(dict(given_one.state))
    async with worker.transaction() as connection:
        for key, versions in kept.items():
            shown = await queries.history(connection, Kind.CONTEXT, key, after=None, limit=100)
            assert [bare(each) for each in reversed(shown)] == versions


@SETTINGS
@given(arrivals)
async def test_a_list_is_recorded_as_its_statements_one_by_one(
    owner: Database, worker: Database, arriving: list[tuple[str, int, int]]
) -> None:
    together = {key: statement(key, day, amount) for key, day, amount in arriving}
    answers = []
    for lists in ([list(together.values())], [[each] for each in together.values()]):
        await emptied(owner)
        async with worker.transaction() as connection:
            answered = [await stated(connection, *each) for each in lists]
        answers.append([(outcome, bare(current)) for each in answered for outcome, current in each])
    assert answers[0] == answers[1]


@SETTINGS
@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.integers(0, 2)),
        min_size=1,
        max_size=6,
        unique_by=lambda each: each[0],
    )
)
async def test_the_order_of_arrival_of_different_days_matters_to_nothing_that_counts(
    owner: Database, worker: Database, arriving: list[tuple[int, int]]
) -> None:
    for order in (arriving, sorted(arriving), sorted(arriving, reverse=True)):
        await emptied(owner)
        for day, amount in order:
            async with worker.transaction() as connection:
                await stated(connection, statement("a", day, amount))
        async with worker.transaction() as connection:
            current = await queries.one(connection, Kind.CONTEXT, "a")
            assert current is not None
            assert current["amount"] == max(arriving)[1]


async def test_the_same_again_writes_nothing(owner: Database, worker: Database) -> None:
    await emptied(owner)
    async with worker.transaction() as connection:
        await stated(connection, statement(day=2, amount=7), statement("b"))
        await stated(connection, statement(day=1, amount=5))
    rows = "select s.ctid, s.xmin, known_to from stated s order by ctid"
    async with worker.transaction() as connection:
        before = await connection.fetch(rows)
    async with worker.transaction() as connection:
        again = await stated(connection, statement(day=2, amount=7), statement("b"))
        older = await stated(connection, statement(day=1, amount=5))
        assert [outcome for outcome, _ in (*again, *older)] == [Outcome.UNCHANGED] * 3
        assert await connection.fetch(rows) == before


async def test_what_is_promised_holds_whoever_is_still_writing(owner: Database, worker: Database) -> None:
    """A promise waits for who holds a stamp, and whoever comes after it gets a later one."""
    await emptied(owner)

    async def promised() -> datetime:
        async with worker.transaction() as connection:
            return await promise(connection)

    async with worker.transaction() as writing:
        ((_, first),) = await stated(writing, statement(amount=1))
        promising = asyncio.ensure_future(promised())
        done, _ = await asyncio.wait([promising], timeout=0.2)
        assert not done, "promised while a statement with an earlier stamp was not there to be read"
    moment = await promising
    assert datetime.fromisoformat(first["knownAt"]) < moment
    async with worker.transaction() as connection:
        assert await connection.fetchval(_THROUGH, TOPIC) == moment
        ((_, second),) = await stated(connection, statement(day=2))
        assert datetime.fromisoformat(second["knownAt"]) > moment


async def test_a_clock_that_steps_back_breaks_no_promise(owner: Database, worker: Database) -> None:
    await emptied(owner)
    async with worker.transaction() as connection:
        promised = await promise(connection)
        await connection.execute("update stated_clock set known_through = $1", promised + timedelta(hours=1))
        ((_, current),) = await stated(connection, statement())
        assert datetime.fromisoformat(current["knownAt"]) == promised + timedelta(hours=1, microseconds=1)
        await connection.execute("update stated_clock set known_through = $1", promised)
