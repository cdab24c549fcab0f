"""A referrals database of the module's own, with an empty journal for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from jeugdregio.engines import Kafka, Postgres
from shared.database import Database
from shared.journal.topics import make_topics
from tests.databases import Databases, make_databases
from tests.unit.shared.journal.publishing import SERVICE, Log, Publisher


@pytest.fixture(scope="module")
def databases(postgres: Postgres, engines_folder: Path) -> Databases:
    return make_databases(postgres, engines_folder, SERVICE)


@pytest.fixture(scope="module")
async def worker(databases: Databases) -> AsyncIterator[Database]:
    database = Database(databases.url(SERVICE, "worker"), application="test", size=16)
    yield database
    await database.close()


@pytest.fixture(scope="module")
async def administrator_connection(databases: Databases) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(databases.admin_url)
    yield connection
    await connection.close()


@pytest.fixture
async def journal(worker: Database, administrator_connection: asyncpg.Connection) -> Publisher:
    """A publisher without a broker."""
    publisher = Publisher(worker, administrator_connection, bootstrap="")
    await publisher.reset()
    return publisher


@pytest.fixture(scope="module")
async def bootstrap(kafka: Kafka) -> str:
    await make_topics(kafka.bootstrap, SERVICE)
    return kafka.bootstrap


@pytest.fixture
async def publisher(
    worker: Database, administrator_connection: asyncpg.Connection, bootstrap: str
) -> Publisher:
    publisher = Publisher(worker, administrator_connection, bootstrap)
    await publisher.reset()
    return publisher


@pytest.fixture
async def log(bootstrap: str) -> AsyncIterator[Log]:
    async with Log.opened(bootstrap) as log:
        yield log
