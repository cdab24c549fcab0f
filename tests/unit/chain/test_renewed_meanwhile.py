"""A relay opens a generation, and at that very moment somebody else publishes the journal anew."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from jeugdregio.engines import Kafka, Postgres
from shared.database import Database
from shared.journal.generation import republish
from shared.journal.relay import Relay
from shared.journal.sequencer import Sequencer
from shared.journal.state import load_state
from tests.databases import Databases, make_databases
from tests.unit.monitoring.inputs import REGION, indication

_EVENT = {
    "aggregateType": "indication",
    "aggregateId": "00000000-0000-0000-0000-000000000001",
    "version": 1,
    "payload": indication().state.model_dump(mode="json", by_alias=True),
    "organisations": ["0794"],
}


class _RenewedMeanwhile(Relay):
    """Finds, while it asks where Kafka's logs end, that the generation has moved on: the first time only."""

    def __init__(self, worker: Database, bootstrap: str) -> None:
        super().__init__(worker, bootstrap, service="referrals", oin=REGION.oin)
        self._worker = worker
        self._renewed = False

    async def _log_ends(self, topics: Iterable[str]) -> dict[str, list[int]]:
        if not self._renewed:
            self._renewed = True
            async with self._worker.transaction() as connection:
                await republish(connection)
        return await super()._log_ends(topics)


@pytest.fixture(scope="module")
def databases(postgres: Postgres, engines_folder: Path) -> Databases:
    return make_databases(postgres, engines_folder, "referrals")


@pytest.fixture
async def worker(databases: Databases) -> AsyncIterator[Database]:
    async with databases.database("referrals", "worker") as database:
        yield database


async def test_a_generation_that_is_renewed_while_it_begins_is_begun_once_more(
    worker: Database, kafka: Kafka
) -> None:
    async with worker.transaction() as connection:
        await connection.execute("select record_events($1, null)", [_EVENT])
    async with worker.transaction() as connection:
        await Sequencer().step(connection)
        before = await load_state(connection)
    relay = _RenewedMeanwhile(worker, kafka.bootstrap)
    try:
        assert await relay.step()
    finally:
        await relay.close()
    async with worker.transaction() as connection:
        state = await load_state(connection)
    assert (state.generation, state.cursor) == (before.generation + 1, 1)
    assert state.topics["referrals.indication"].count == 1
