"""One region for all system tests, each of which leaves it running, and the past that they look back on."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.system.backups import cluster, dump
from tests.system.front_door import FrontDoor
from tests.system.past import Past, live_through
from tests.system.program import Program


@pytest.fixture(scope="package")
async def program(engines_folder: Path) -> AsyncIterator[Program]:
    one = Program(engines_folder / "region")
    yield one
    await one.end()


@pytest.fixture(scope="package")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=60) as one:
        yield one


@pytest.fixture
async def region(program: Program, client: httpx.AsyncClient) -> FrontDoor:
    """The region with the example; started again when a failed test left it stopped."""
    return await _running(program, client)


@pytest.fixture(scope="package")
async def past(program: Program, client: httpx.AsyncClient) -> Past:
    """Five moments with changes between them, lived through once."""

    async def take_backup() -> Path:
        return await dump(cluster(program), "monitoring", program.data.path / "monitoring.dump")

    return await live_through(await _running(program, client), take_backup)


async def _running(program: Program, client: httpx.AsyncClient) -> FrontDoor:
    region = FrontDoor(program, client)
    if not program.running:
        await program.start()
        # `up` is ready when all was sent; the last of it may still be on its way to the figures.
        await region.complete()
    return region


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was measured: a number that no test judges is worth reading all the same."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{report.nodeid}: {name}: {value}")
