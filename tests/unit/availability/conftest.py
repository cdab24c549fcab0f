"""The availability service's own database, and the ways into it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jeugdregio.engines import Postgres
from services.availability.search.projection import derive
from shared.consumer.recompute import Recompute
from shared.database import Database
from tests.databases import Databases, empty, make_databases


@pytest.fixture(scope="module")
def databases(postgres: Postgres, engines_folder: Path) -> Databases:
    return make_databases(postgres, engines_folder, "availability")


@pytest.fixture(scope="module")
async def owner(databases: Databases) -> AsyncIterator[Database]:
    async with databases.database("availability", "owner") as database:
        yield database


@pytest.fixture(scope="module")
async def pool(databases: Databases) -> AsyncIterator[Database]:
    async with databases.database("availability", "worker") as database:
        yield database


@pytest.fixture
async def worker(pool: Database, owner: Database) -> Database:
    """The worker's database, without anything in it."""
    await clear(owner)
    return pool


@pytest.fixture(scope="module")
async def api(databases: Databases) -> AsyncIterator[Database]:
    async with databases.database("availability", "api") as database:
        yield database


@pytest.fixture
def recompute(worker: Database) -> Recompute:
    return Recompute(worker, service="availability", derive=derive)


async def clear(owner: Database) -> None:
    async with owner.transaction() as connection:
        await empty(
            connection,
            "contracts_product",
            "contracts_provider",
            "contracts_agreement",
            "dirty",
            "offer",
            "recompute_through",
            "watermark",
        )
