"""What is derived, and when that is all: a change that was only spread to the indications is not."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from jeugdregio.engines import Postgres
from services.contracts.valuation.projection import AGREEMENT, INDICATION, PRODUCT, Valuation
from shared.database import Database
from shared.values.region import load_region
from tests.databases import Databases, make_databases

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def databases(postgres: Postgres, engines_folder: Path) -> Databases:
    return make_databases(postgres, engines_folder, "contracts")


@pytest.fixture(scope="module")
async def worker(databases: Databases) -> AsyncIterator[Database]:
    async with databases.database("contracts", "worker") as database:
        yield database


@pytest.mark.parametrize(
    ("touched", "all_derived"),
    [((PRODUCT,), False), ((AGREEMENT,), False), ((INDICATION, PRODUCT), False), ((INDICATION,), True)],
)
async def test_what_was_only_spread_is_not_derived_yet(
    worker: Database, touched: tuple[str, ...], *, all_derived: bool
) -> None:
    valuation = Valuation(load_region(ROOT / "region.toml"))
    async with worker.transaction() as connection:
        finished = await valuation.derive(connection, {topic: {uuid4()} for topic in touched})
    assert finished is all_derived
