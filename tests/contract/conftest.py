"""The region that the tests of this folder ask, and what holds for each of their requests."""

from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest

from jeugdregio.engines import Postgres
from jeugdregio.services import SERVICES
from tests.contract import logs as written_logs
from tests.contract.canaries import Canary
from tests.contract.logs import Logs
from tests.contract.region import Region, started
from tests.contract.rows import fill
from tests.databases import Databases, make_databases


@pytest.fixture(scope="session")
def region_databases(postgres: Postgres, engines_folder: Path) -> Databases:
    return make_databases(postgres, engines_folder, *SERVICES)


@pytest.fixture(scope="session")
async def empty_region(
    region_databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Region]:
    folder = tmp_path_factory.mktemp("issuer")
    async with started(region_databases, folder, *SERVICES) as region:
        yield region


@pytest.fixture(scope="session")
async def canaries(empty_region: Region) -> Sequence[Canary]:
    return await fill(empty_region)


@pytest.fixture(scope="session")
def region(empty_region: Region, canaries: Sequence[Canary]) -> Region:
    """Give the region with the rows of `tests.contract.rows`."""
    assert canaries
    return empty_region


@pytest.fixture(autouse=True)
def logs() -> Iterator[Logs]:
    """Give what is written to the logs while a test runs; a fault of ours in it fails the test."""
    with written_logs.written() as logs:
        yield logs
        assert logs.lines("request_failed") == []
