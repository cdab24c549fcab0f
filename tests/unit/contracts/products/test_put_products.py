"""The SQL that puts products does what `domain.decide` says, for any lists; and who sees the rows."""

import asyncio
from datetime import date

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.products import commands, queries
from services.contracts.products.domain import Outcome, decide
from shared.database import Database
from shared.events.contracts import ProductState
from shared.values.codes import ProductCategory
from tests.unit.contracts.states import MANAGER, become, product, tariff, undone

CODES = ("43A09", "43A10", "45A01")
products = st.builds(
    lambda code, segment, last, cents: product(
        code, segment=segment, to=last, tariffs=[tariff("2022-01-01", cents=cents)]
    ),
    st.sampled_from(CODES),
    st.integers(1, 2),
    st.sampled_from([None, date(2024, 12, 31)]),
    st.sampled_from([100, 200]),
)
lists = st.lists(
    st.lists(products, min_size=1, max_size=3, unique_by=lambda each: each.code), min_size=1, max_size=6
)


@settings(max_examples=50, deadline=None)
@given(puts=lists)
async def test_the_database_decides_as_the_rule_says_for_any_lists(
    api: Database, puts: list[list[ProductState]]
) -> None:
    known: dict[str, list[ProductState]] = {code: [] for code in CODES}
    async with undone(api) as connection:
        for given_products in puts:
            results = await commands.put(connection, given_products)
            for each, result in zip(given_products, results, strict=True):
                versions = known[each.code]
                assert result.outcome is decide(versions[-1] if versions else None, each)
                if result.outcome is not Outcome.UNCHANGED:
                    versions.append(each)
                assert ProductState.model_validate(result.current) == each
                assert result.current["version"] == len(versions)
        for code, versions in known.items():
            kept = await queries.history(connection, code, after=None, limit=100)
            assert [ProductState.model_validate(row) for row in kept] == versions[::-1]
            assert [row["version"] for row in kept] == list(range(len(versions), 0, -1))


async def test_the_same_again_changes_no_version_and_emits_no_event(api: Database) -> None:
    async with undone(api) as connection:
        await commands.put(connection, [product()])
        (again,) = await commands.put(connection, [product()])
        assert (again.outcome, again.current["version"]) == (Outcome.UNCHANGED, 1)
        assert (
            await connection.fetchval(
                "select count(*) from journal where aggregateid = $1", again.current["id"]
            )
            == 1
        )


async def test_an_event_carries_the_whole_state_for_its_readers_and_waits_for_its_position(
    api: Database,
) -> None:
    async with undone(api) as connection:
        (result,) = await commands.put(connection, [product()])
        event = await connection.fetchrow(
            "select * from journal where aggregateid = $1", result.current["id"]
        )
        assert event is not None
        assert (event["aggregatetype"], event["version"], event["organisations"]) == (
            "product",
            1,
            ["contract-manager", "provider"],
        )
        assert ProductState.model_validate(event["payload"]) == product()
        assert event["traceparent"]


@pytest.mark.parametrize(
    ("narrowed", "found"),
    [
        (queries.Filter(), ["43A09", "43A10", "45A01"]),
        (queries.Filter(segment=2), ["43A09", "43A10"]),
        (queries.Filter(category=ProductCategory.AMBULATORY), ["45A01"]),
        (queries.Filter(residential=True, family=False), ["43A10"]),
        (queries.Filter(valid_on=date(2022, 12, 31)), ["43A09", "43A10", "45A01"]),
        (queries.Filter(valid_on=date(2023, 1, 1)), ["43A09", "45A01"]),
        (queries.Filter(valid_on=date(2021, 12, 31)), []),
    ],
)
async def test_a_list_is_narrowed_by_what_is_given(
    api: Database, narrowed: queries.Filter, found: list[str]
) -> None:
    async with undone(api) as connection:
        await commands.put(
            connection,
            [
                product("45A01", segment=4, residential=False, family=False),
                product("43A10", family=False, to=date(2022, 12, 31)),
                product("43A09"),
            ],
        )
        assert [
            row["code"] for row in await queries.many(connection, narrowed, after=None, limit=10)
        ] == found
        rest = await queries.many(connection, narrowed, after=found[:1] or None, limit=10)
        assert [row["code"] for row in rest] == found[1:]


async def test_lists_in_opposite_orders_do_not_deadlock(api: Database, admin: asyncpg.Connection) -> None:
    forward = [product(f"50A{number:02d}") for number in range(40)]

    async def send(order: list[ProductState]) -> list[Outcome]:
        async with api.transaction(organisation=MANAGER, role="contract-manager") as connection:
            return [result.outcome for result in await commands.put(connection, order)]

    outcomes = await asyncio.gather(
        *(send(order) for order in (forward, forward[::-1], forward, forward[::-1]))
    )
    assert sum(each.count(Outcome.CREATED) for each in outcomes) == len(forward)
    assert await admin.fetchval("select count(*) from journal where payload ->> 'code' like '50A%'") == len(
        forward
    )
    await admin.execute("truncate product, journal, journal_pending cascade")


@pytest.mark.parametrize(
    ("organisation", "role", "seen"),
    [
        (MANAGER, "contract-manager", 1),
        ("98000001", "provider", 1),
        ("0794", "municipality", 0),
        (MANAGER, "analyst", 0),
        ("", "contract-manager", 0),
        ("", "", 0),
    ],
)
async def test_the_api_role_shows_the_catalogue_to_contract_managers_and_providers(
    api: Database, organisation: str, role: str, seen: int
) -> None:
    async with undone(api) as connection:
        await commands.put(connection, [product()])
        await become(connection, organisation, role)
        assert await connection.fetchval("select count(*) from product") == seen


@pytest.mark.parametrize("role", ["provider", "municipality", "analyst"])
async def test_only_a_contract_manager_writes_products(api: Database, role: str) -> None:
    async with undone(api, "98000001", role) as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await commands.put(connection, [product()])
