"""Any history gives the figures that a recomputation from all days gives, now and as of any moment."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.monitoring.accounts.domain import Accounts
from services.monitoring.facts.commands import replace_granted
from services.monitoring.facts.projection import Spans
from services.monitoring.figures.domain import FIGURES, FigureRequest, PeriodKind
from services.monitoring.figures.queries import groups
from services.monitoring.stated.commands import record
from services.monitoring.stated.domain import Kind
from shared.database import Connection, Database
from tests.databases import empty
from tests.unit.monitoring import brute_force, copies, recomputed
from tests.unit.monitoring.brute_force import EVER, World
from tests.unit.monitoring.histories import MINUTES, requests, worlds
from tests.unit.monitoring.inputs import REGION, at, indication
from tests.unit.monitoring.recomputed import Answer, in_it, row_of

SPANS = ("span", "care_span", "claim_span", "offer_span")

_CLOCK = """
create or replace function monitoring.moment() returns timestamptz language sql volatile as
$$ select coalesce(nullif(current_setting('test.moment', true), '')::timestamptz, clock_timestamp()) $$
"""

SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


async def fill(connection: Connection, world: World) -> None:
    """Bring the copies to what a world holds, and derive anew what hangs on what changed; more may change than grow."""
    before, after = await copies.kept(connection), copies.of(world)
    touched = copies.changed(before, after)
    await copies.replace(connection, after)
    await tell(connection, world)
    assert await Spans(REGION).derive(connection, touched)


async def tell(connection: Connection, world: World) -> None:
    """Record what the service is told itself, in the order of its minutes; nothing of it is lost with an owner."""
    if await connection.fetchval("select true from stated"):
        return
    await connection.execute("update stated_clock set known_through = '-infinity'")
    for told in sorted(world.told, key=lambda each: each.minute):
        kind = Kind.ACCOUNTS if isinstance(told.what, Accounts) else Kind.CONTEXT
        await connection.execute("select set_config('test.moment', $1, true)", at(told.minute).isoformat())
        await record(connection, kind, [told.what.statement(REGION)])


def half_way(world: World) -> World:
    """The world before half of its moments have come."""
    until = MINUTES // 2
    known = [brute_force.upto(versions, until) for versions in world.indications]
    valued = [
        reached if versions else None for reached, versions in zip(world.valued_until, known, strict=True)
    ]
    agreements, products = brute_force.upto(world.agreements, until), brute_force.upto(world.products, until)
    return World(
        *(known, agreements, products, valued),
        care=brute_force.upto(world.care, until),
        claims=brute_force.upto(world.claims, until),
        reports=brute_force.upto(world.reports, until),
        told=world.told,
    )


async def asked(connection: Connection, figure: str, request: FigureRequest, size: int = 10_000) -> Answer:
    """The whole answer of the platform, page by page."""
    found: Answer = {}
    after: Sequence[object] | None = None
    while True:
        _, rows = await groups(connection, FIGURES[figure], request, size=size, after=after)
        for row in rows:
            assert row.key not in found
            found[row.key] = row_of(row)
        if len(rows) < size:
            return found
        after = rows[-1].key


Questions = tuple[dict[str, FigureRequest], int]


@st.composite
def questions(draw: st.DrawFn) -> Questions:
    """What is asked of every figure, as of one minute (EVER: as known now)."""
    minute = draw(st.just(EVER) | st.integers(0, MINUTES))
    as_of = None if minute == EVER else at(minute)
    found = {}
    for figure in FIGURES.values():
        request, _ = draw(requests(figure.dimensions, figure.periods))
        if draw(st.booleans()):
            # Most narrow questions find nothing, and nothing is seldom wrong.
            kind = figure.periods[0]
            first = (2022 * 12 + 10) // kind.months * kind.months
            request = replace(request, kind=kind, first_month=first, periods=24 // kind.months, filters={})
        found[figure.key] = replace(request, as_of=as_of)
    return found, minute


async def check(connection: Connection, world: World, asked_for: Questions) -> None:
    """Every answer equals the recomputation, whole and page by page."""
    wanted, minute = asked_for
    days = list(brute_force.days_of(world, minute))
    for figure, request in wanted.items():
        answered = await asked(connection, figure, request)
        expected = recomputed.answer(figure, request, days)
        assert in_it(answered, request, figure) == expected, (figure, request)
        assert await asked(connection, figure, request, size=len(answered) // 3 + 1) == answered


async def emptied(owner: Database) -> None:
    async with owner.transaction() as connection:
        await empty(connection, *SPANS, "client", "stated", "stated_number", *copies.TABLES)


@SETTINGS
@given(worlds(), questions())
async def test_figures_equal_a_recomputation_from_all_days(
    owner: Database, worker: Database, world: World, asked_for: Questions
) -> None:
    await emptied(owner)
    async with owner.transaction() as connection:
        await connection.execute(_CLOCK)
    # As it was half-way first: what is written then must be put right, not added to.
    for each in (half_way(world), world):
        async with worker.transaction() as connection:
            await fill(connection, each)
    async with worker.transaction() as connection:
        await check(connection, world, asked_for)


@settings(SETTINGS, max_examples=30)
@given(worlds(), questions())
async def test_what_an_owner_lost_is_in_no_figure(
    owner: Database, worker: Database, world: World, asked_for: Questions
) -> None:
    await emptied(owner)
    async with owner.transaction() as connection:
        await connection.execute(_CLOCK)
    async with worker.transaction() as connection:
        for each in (world, half_way(world)):
            await fill(connection, each)
        await check(connection, half_way(world), asked_for)


async def test_the_same_spans_again_write_nothing(owner: Database, worker: Database) -> None:
    world = an_indication()
    await emptied(owner)
    places = "select ctid, xmin from span order by ctid"
    async with worker.transaction() as connection:
        await fill(connection, world)
        before = await connection.fetch(places)
    async with worker.transaction() as connection:
        touched = copies.changed({table: {} for table in copies.TABLES}, copies.of(world))
        await Spans(REGION).derive(connection, touched)
        assert before
        assert await connection.fetch(places) == before


async def test_no_spans_leaves_none(owner: Database, worker: Database) -> None:
    await emptied(owner)
    async with worker.transaction() as connection:
        await fill(connection, an_indication())
        await replace_granted(connection, {UUID(int=1): []})
        assert await connection.fetchval("select count(*) from span") == 0


def an_indication() -> World:
    """One indication that is not valued yet, and was ended later."""
    return World([[indication(1, 5), indication(2, 9)]], [], [], [7])


async def test_at_the_moment_of_a_change_the_new_is_known_and_the_old_no_more(
    owner: Database, worker: Database
) -> None:
    versions = [indication(1, 10, last=date(2023, 2, 28)), indication(2, 20, last=date(2023, 1, 31))]
    await emptied(owner)
    async with worker.transaction() as connection:
        await fill(connection, World([versions], [], [], [None]))
        february = FigureRequest(PeriodKind.MONTH, 2023 * 12 + 1, 1)
        known = {
            minute: (await asked(connection, "unique-clients", replace(february, as_of=at(minute))))[(0,)][0]
            for minute in (9, 10, 19, 20)
        }
    assert known == {9: 0, 10: 1, 19: 1, 20: 0}
