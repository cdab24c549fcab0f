"""The monitoring service's own database, and the ways into it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jeugdregio.engines import Postgres
from shared.database import Database
from tests.databases import Databases, make_databases


@pytest.fixture(scope="module")
def databases(postgres: Postgres, engines_folder: Path) -> Databases:
    return make_databases(postgres, engines_folder, "monitoring")


@pytest.fixture(scope="module")
async def owner(databases: Databases) -> AsyncIterator[Database]:
    async with databases.database("monitoring", "owner") as database:
        yield database


@pytest.fixture(scope="module")
async def worker(databases: Databases) -> AsyncIterator[Database]:
    async with databases.database("monitoring", "worker") as database:
        yield database


@pytest.fixture(scope="module")
async def api(databases: Databases) -> AsyncIterator[Database]:
    async with databases.database("monitoring", "api") as database:
        yield database
