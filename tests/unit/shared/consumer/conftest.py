"""A monitoring database of the module's own, emptied for each test, and owners who publish by hand."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from jeugdregio.engines import Kafka, Postgres
from shared.database import Database
from shared.journal.topics import make_topics
from tests.databases import Databases, make_databases
from tests.unit.shared.consumer.reading import PROVIDER, SERVICE, Owner, Reader


@pytest.fixture(scope="module")
def databases(postgres: Postgres, engines_folder: Path) -> Databases:
    return make_databases(postgres, engines_folder, SERVICE)


@pytest.fixture(scope="module")
async def worker(databases: Databases) -> AsyncIterator[Database]:
    database = Database(databases.url(SERVICE, "worker"), application="test", size=16)
    yield database
    await database.close()


@pytest.fixture(scope="module")
async def admin(databases: Databases) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(databases.admin_url, min_size=0, max_size=4) as pool:
        yield pool


@pytest.fixture(scope="module")
async def bootstrap(kafka: Kafka) -> str:
    for service in ("referrals", "contracts"):
        await make_topics(kafka.bootstrap, service)
    return kafka.bootstrap


@pytest.fixture
async def reader(worker: Database, admin: asyncpg.Pool, bootstrap: str) -> Reader:
    reader = Reader(worker, admin, bootstrap)
    await reader.empty()
    return reader


@pytest.fixture(scope="module")
async def producer(bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=0)
    await producer.start()
    yield producer
    await producer.stop()


@pytest.fixture
async def owner(producer: AIOKafkaProducer, bootstrap: str) -> Owner:
    """The owner of the indications, in its first generation, with nothing sent yet."""
    owner = Owner(producer, bootstrap)
    await owner.begin(1)
    return owner


@pytest.fixture
async def provider_owner(producer: AIOKafkaProducer, bootstrap: str) -> Owner:
    owner = Owner(producer, bootstrap, PROVIDER)
    await owner.begin(1)
    return owner
