"""The availability service's own database, and the ways into it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from jeugdregio.engines import Postgres
from jeugdregio.ports import free_port
from services.availability.app import create_app
from services.availability.search.projection import derive
from shared.consumer.recompute import Recompute
from shared.database import Database
from shared.settings import Settings
from tests.databases import Databases, empty, make_databases
from tests.unit.shared.conftest import Issuer, plain_logs

__all__ = ["plain_logs"]

Headers = Callable[..., dict[str, str]]
REGION = Path(__file__).parents[3] / "region.toml"


@pytest.fixture(scope="module")
def databases(postgres: Postgres, engines_folder: Path) -> Databases:
    return make_databases(postgres, engines_folder, "availability")


@pytest.fixture(scope="module")
async def owner(databases: Databases) -> AsyncIterator[Database]:
    async with databases.database("availability", "owner") as database:
        yield database


@pytest.fixture(scope="module")
async def pool(databases: Databases) -> AsyncIterator[Database]:
    async with databases.database("availability", "worker") as database:
        yield database


@pytest.fixture
async def worker(pool: Database, owner: Database) -> Database:
    """The worker's database, without anything in it."""
    await clear(owner)
    return pool


@pytest.fixture(scope="module")
async def api(databases: Databases) -> AsyncIterator[Database]:
    async with databases.database("availability", "api") as database:
        yield database


@pytest.fixture
def recompute(worker: Database) -> Recompute:
    return Recompute(worker, service="availability", derive=derive)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return Issuer(tmp_path_factory.mktemp("issuer"))


@pytest.fixture(scope="module")
def token(issuer: Issuer) -> Headers:
    def headers(role: str, organisation: str = "00000099000000010010") -> dict[str, str]:
        return {"Authorization": f"Bearer {issuer.token(role=role, organisation=organisation)}"}

    return headers


@pytest.fixture(scope="module")
async def client(api: Database, issuer: Issuer, token: Headers) -> AsyncIterator[AsyncClient]:
    app = create_app(
        Settings.model_validate(
            {
                "service_database_url": "postgresql://availability_api:x@127.0.0.1:1/region",
                "kafka_bootstrap_servers": "127.0.0.1:9092",
                "metrics_port": free_port(),
                "public_url": "https://api.region.example",
                "token_issuer": issuer.claims()["iss"],
                "token_audience": issuer.claims()["aud"],
                "jwks_url": issuer.url,
                "region_file": REGION,
            }
        )
    )
    app.state.database = api
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(
        transport=transport, base_url="https://api.region.example", headers=token("referrer")
    ) as client:
        yield client


async def clear(owner: Database) -> None:
    async with owner.transaction() as connection:
        await empty(
            connection,
            "contracts_product",
            "contracts_provider",
            "contracts_agreement",
            "dirty",
            "offer",
            "recompute_through",
            "watermark",
            "report",
            "waiting_time",
            "journal",
            "journal_pending",
        )
