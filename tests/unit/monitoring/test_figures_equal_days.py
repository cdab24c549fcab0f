"""Any history gives the figures that a recomputation from all days gives, now and as of any moment."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.monitoring.facts.commands import replace_spans
from services.monitoring.facts.domain import spans
from services.monitoring.figures.domain import FIGURES, FigureRequest, PeriodKind
from services.monitoring.figures.queries import groups
from shared.database import Connection, Database
from tests.databases import empty
from tests.unit.monitoring import brute_force
from tests.unit.monitoring.brute_force import EVER, Answer, World
from tests.unit.monitoring.histories import MINUTES, requests, worlds
from tests.unit.monitoring.inputs import REGION, at, indication

SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


async def fill(connection: Connection, world: World) -> None:
    """Bring all spans up to date."""
    found = {
        UUID(int=number + 1): spans(versions, world.valuation(number), REGION)
        for number, versions in enumerate(world.indications)
    }
    await replace_spans(connection, found)


def half_way(world: World) -> World:
    """The world before half of its moments have come."""
    until = MINUTES // 2
    known = [brute_force.upto(versions, until) for versions in world.indications]
    valued = [
        reached if versions else None for reached, versions in zip(world.valued_until, known, strict=True)
    ]
    return World(known, world.agreements, world.products, valued)


async def asked(connection: Connection, figure: str, request: FigureRequest, size: int = 10_000) -> Answer:
    """The whole answer of the platform, page by page."""
    found: Answer = {}
    after: Sequence[object] | None = None
    while True:
        _, rows = await groups(connection, FIGURES[figure], request, size=size, after=after)
        for row in rows:
            assert row.key not in found
            found[row.key] = (row.value, row.per, {name.value: count for name, count in row.beside.items()})
        if len(rows) < size:
            return found
        after = rows[-1].key


def in_it(answer: Answer, request: FigureRequest, figure: str) -> Answer:
    """Without the rows that hold nothing but zeros, which only a total must have."""
    total = not request.by and figure != "referrer-shares"
    return {key: row for key, row in answer.items() if total or row[0] or row[1] or any(row[2].values())}


@SETTINGS
@given(worlds(), st.lists(st.tuples(st.sampled_from(sorted(FIGURES)), requests()), min_size=1, max_size=8))
async def test_figures_equal_a_recomputation_from_all_days(
    owner: Database,
    worker: Database,
    world: World,
    questions: list[tuple[str, tuple[FigureRequest, int | None]]],
) -> None:
    async with owner.transaction() as connection:
        await empty(connection, "span", "client")
    # As it was half-way first: what is written then must be put right, not added to.
    for each in (half_way(world), world):
        async with worker.transaction() as connection:
            await fill(connection, each)
    async with worker.transaction() as connection:
        for figure, (request, minute) in questions:
            days = list(brute_force.days_of(world, EVER if minute is None else minute))
            expected = brute_force.answer(figure, request, days)
            answered = await asked(connection, figure, request)
            assert in_it(answered, request, figure) == expected
            assert await asked(connection, figure, request, size=len(answered) // 3 + 1) == answered


async def test_the_same_spans_again_write_nothing(owner: Database, worker: Database) -> None:
    world = an_indication()
    async with owner.transaction() as connection:
        await empty(connection, "span", "client")
    places = "select ctid, xmin from span order by ctid"
    async with worker.transaction() as connection:
        await fill(connection, world)
        before = await connection.fetch(places)
    async with worker.transaction() as connection:
        await fill(connection, world)
        assert before
        assert await connection.fetch(places) == before


async def test_no_spans_leaves_none(owner: Database, worker: Database) -> None:
    async with owner.transaction() as connection:
        await empty(connection, "span", "client")
    async with worker.transaction() as connection:
        await fill(connection, an_indication())
        await replace_spans(connection, {UUID(int=1): []})
        assert await connection.fetchval("select count(*) from span") == 0


def an_indication() -> World:
    """One indication that is not valued yet, and was ended later."""
    return World([[indication(1, 5), indication(2, 9)]], [], [], [7])


async def test_at_the_moment_of_a_change_the_new_is_known_and_the_old_no_more(
    owner: Database, worker: Database
) -> None:
    versions = [indication(1, 10, last=date(2023, 2, 28)), indication(2, 20, last=date(2023, 1, 31))]
    async with owner.transaction() as connection:
        await empty(connection, "span", "client")
    async with worker.transaction() as connection:
        await fill(connection, World([versions], [], [], [None]))
        february = FigureRequest(PeriodKind.MONTH, 2023 * 12 + 1, 1)
        known = {
            minute: (await asked(connection, "unique-clients", replace(february, as_of=at(minute))))[(0,)][0]
            for minute in (9, 10, 19, 20)
        }
    assert known == {9: 0, 10: 1, 19: 1, 20: 0}
