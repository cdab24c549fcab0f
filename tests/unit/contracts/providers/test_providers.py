"""Providers: their one rule, putting them, and who sees them."""

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.products.domain import Outcome
from services.contracts.providers import commands, queries
from services.contracts.providers.domain import violations
from shared.database import Database
from shared.events.contracts import ProviderState
from tests.unit.contracts.states import MANAGER, become, location, provider, undone

AGBS = ("98000001", "98000002")
providers = st.builds(
    lambda agb, name, codes: provider(agb, name=name, locations=[location(code) for code in codes]),
    st.sampled_from(AGBS),
    st.sampled_from(["De Linde", "De Eik"]),
    st.sampled_from([("01",), ("01", "02"), ("02", "01"), ()]),
)
lists = st.lists(
    st.lists(providers, min_size=1, max_size=2, unique_by=lambda each: each.agb), min_size=1, max_size=6
)


def test_location_codes_differ() -> None:
    twice = provider(locations=[location("01"), location("02"), location("01"), location("01")])
    assert [error.pointer for error in violations(twice)] == ["#/locations/2/code", "#/locations/3/code"]
    assert list(violations(provider(locations=[location("01"), location("02")]))) == []


@settings(max_examples=50, deadline=None)
@given(puts=lists)
async def test_the_database_keeps_each_different_state_as_a_version(
    api: Database, puts: list[list[ProviderState]]
) -> None:
    known: dict[str, list[ProviderState]] = {agb: [] for agb in AGBS}
    async with undone(api) as connection:
        for given_providers in puts:
            results = await commands.put(connection, given_providers)
            for each, result in zip(given_providers, results, strict=True):
                versions = known[each.agb]
                same = bool(versions) and versions[-1] == each
                assert (result.outcome is Outcome.UNCHANGED) is same
                if not same:
                    versions.append(each)
                assert ProviderState.model_validate(result.current) == each
                assert result.current["version"] == len(versions)
        for agb, versions in known.items():
            kept = await queries.history(connection, agb, after=None, limit=100)
            assert [ProviderState.model_validate(row) for row in kept] == versions[::-1]


async def test_history_goes_on_after_a_version(api: Database) -> None:
    async with undone(api) as connection:
        for name in ("De Linde", "De Eik", "De Beuk"):
            await commands.put(connection, [provider(name=name)])
        kept = await queries.history(connection, "98000001", after=(3,), limit=1)
        assert [(row["version"], row["name"]) for row in kept] == [(2, "De Eik")]


@pytest.mark.parametrize(
    ("organisation", "role", "seen"),
    [
        (MANAGER, "contract-manager", ["98000001", "98000002"]),
        ("98000001", "provider", ["98000001"]),
        ("98000003", "provider", []),
        ("98000001", "municipality", []),
        ("", "provider", []),
        ("", "", []),
    ],
)
async def test_a_provider_sees_itself_and_a_contract_manager_all(
    api: Database, organisation: str, role: str, seen: list[str]
) -> None:
    async with undone(api) as connection:
        await commands.put(connection, [provider(agb) for agb in AGBS])
        await become(connection, organisation, role)
        assert [row["agb"] for row in await queries.many(connection, after=None, limit=10)] == seen


async def test_a_provider_does_not_write_itself(api: Database) -> None:
    async with undone(api, "98000001", "provider") as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await commands.put(connection, [provider()])
