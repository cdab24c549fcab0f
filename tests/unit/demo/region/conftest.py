"""The demonstration region, written once for all tests that read its files."""

from pathlib import Path

import pytest

from demo.region.files import LOADED_UNTIL, Files
from demo.region.generate import write
from tests.unit.demo.region.counting import Deliveries, Line

FACT_SHEET = "2023-08-10"


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder: Path = tmp_path_factory.mktemp("region")
    return write(1, folder, until=LOADED_UNTIL)


@pytest.fixture(scope="session")
def deliveries(written: Files) -> Deliveries:
    return Deliveries(written.folder)


@pytest.fixture(scope="session")
def now(deliveries: Deliveries) -> list[Line]:
    return deliveries.known()


@pytest.fixture(scope="session")
def then(deliveries: Deliveries) -> list[Line]:
    return deliveries.known(FACT_SHEET)
