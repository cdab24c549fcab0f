"""The contracts service's own database, the ways into it, and its API as a caller meets it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import httpx
import pytest

from jeugdregio.engines import Postgres
from jeugdregio.issuer import AUDIENCE, ISSUER, Issuer, new_signing_key
from jeugdregio.ports import free_port
from services.contracts.app import create_app
from shared.database import Database
from shared.settings import Settings
from tests.databases import Databases, make_databases

Caller = Callable[..., httpx.AsyncClient]


@pytest.fixture(scope="session")
def databases(postgres: Postgres, engines_folder: Path) -> Databases:
    return make_databases(postgres, engines_folder, "contracts")


@pytest.fixture(scope="session")
async def api(databases: Databases) -> AsyncIterator[Database]:
    async with databases.database("contracts", "api") as database:
        yield database


@pytest.fixture(scope="session")
async def admin(databases: Databases) -> AsyncIterator[asyncpg.Connection]:
    """Look behind row-level security."""
    connection = await asyncpg.connect(databases.admin_url, server_settings={"search_path": "contracts"})
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def caller(databases: Databases, engines_folder: Path) -> AsyncIterator[Caller]:
    """Give a client of the API with a token of a role and organisation."""
    issuer = Issuer(new_signing_key(), embedded=True, addresses=())
    keys = engines_folder / "contracts-jwks.json"
    issuer.publish(keys)
    app = create_app(
        Settings.model_validate(
            {
                "service_database_url": databases.url("contracts", "api"),
                "kafka_bootstrap_servers": "127.0.0.1:9",
                "metrics_port": free_port(),
                "public_url": "https://api.region.example",
                "token_issuer": ISSUER,
                "token_audience": AUDIENCE,
                "jwks_url": keys.as_uri(),
            }
        )
    )

    def client(
        role: str = "contract-manager", organisation: str = "00000099000000001000"
    ) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://contracts/contracts/v1",
            headers={"Authorization": f"Bearer {issuer.token(role, organisation)}"},
        )

    async with app.router.lifespan_context(app):
        yield client
