"""A database of the referrals service of its own for each module, as its api and as an administrator see it."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from jeugdregio.engines import Postgres
from shared.database import Database
from tests.databases import Databases, make_databases


@pytest.fixture(scope="module")
def databases(postgres: Postgres, engines_folder: Path) -> Databases:
    return make_databases(postgres, engines_folder, "referrals")


@pytest.fixture(scope="module")
async def api(databases: Databases) -> AsyncIterator[Database]:
    async with databases.database("referrals", "api") as database:
        yield database


@pytest.fixture(scope="module")
async def owner(databases: Databases) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(databases.admin_url)
    yield connection
    await connection.close()
