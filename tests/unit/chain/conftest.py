"""The engines of the chain, kept over all examples: a consumer needs seconds to join its group."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from jeugdregio.engines import Kafka, Postgres
from shared.journal.generation import restored
from shared.journal.topics import make_topics
from tests.databases import Databases, make_databases
from tests.unit.chain.loops import Loops, settle
from tests.unit.chain.region import Engines

PUBLISHERS = ("referrals", "contracts", "availability")
SERVICES = (*PUBLISHERS, "monitoring")
_POLL_MILLISECONDS = 10


@pytest.fixture(scope="module")
def databases(postgres: Postgres, engines_folder: Path) -> Databases:
    return make_databases(postgres, engines_folder, *SERVICES)


@pytest.fixture(scope="module", autouse=True)
def short_polls() -> Iterator[None]:
    """Do not wait for messages where nobody sends any: a step is over soon, and another one comes."""
    getmany = AIOKafkaConsumer.getmany

    async def soon(kafka: AIOKafkaConsumer, *, max_records: int | None = None, **_: object) -> Any:  # noqa: ANN401 - as aiokafka's own
        return await getmany(kafka, timeout_ms=_POLL_MILLISECONDS, max_records=max_records)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AIOKafkaConsumer, "getmany", soon)
        yield


@pytest.fixture(scope="module")
async def engines(databases: Databases, kafka: Kafka) -> AsyncIterator[Engines]:
    for service in PUBLISHERS:
        await make_topics(kafka.bootstrap, service)
    async with AsyncExitStack() as stack:
        apis = {name: await stack.enter_async_context(databases.database(name, "api")) for name in SERVICES}
        workers = {
            name: await stack.enter_async_context(databases.database(name, "worker")) for name in SERVICES
        }
        administrator = await asyncpg.connect(databases.admin_url)
        stack.push_async_callback(administrator.close)
        producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
        await producer.start()
        stack.push_async_callback(producer.stop)
        loops = Loops(workers, kafka.bootstrap)
        stack.push_async_callback(loops.close)
        for service in PUBLISHERS:
            # Tests before this one have published under the same names.
            async with workers[service].transaction() as connection:
                await restored(connection, bootstrap=kafka.bootstrap, service=service)
        await settle(loops, administrator)
        yield Engines(apis, workers, administrator, producer, loops)
