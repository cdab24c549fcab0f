"""One region for all tests of faults: each leaves it whole, and is verified together with all before it."""

import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.region import Region
from tests.faults.workload import Workload


@pytest.fixture(scope="package")
async def region(engines_folder: Path) -> AsyncIterator[Region]:
    folder = engines_folder / "faults"
    folder.mkdir(mode=0o711)
    async with Region.running(folder) as region:
        yield region


@pytest.fixture(scope="package")
async def workload(region: Region) -> Workload:
    """Give the load of all tests. `FAULTS_SEED` draws the same again; how the calls mix is the machine's choice."""
    workload = Workload(region, int(os.environ.get("FAULTS_SEED") or secrets.randbelow(1_000_000)))
    await workload.begin()
    return workload
