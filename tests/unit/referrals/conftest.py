"""A database of the referrals service of its own for each module, as its api and as an administrator see it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import httpx
import pytest

from jeugdregio.engines import Postgres
from jeugdregio.issuer import AUDIENCE, ISSUER, Issuer, new_signing_key
from jeugdregio.ports import free_port
from services.referrals.app import create_app
from services.referrals.settings import Settings
from shared.database import Database
from tests.databases import Databases, make_databases
from tests.unit.referrals.given import KEY

Caller = Callable[[str, str], httpx.AsyncClient]
HOST = "http://referrals"


@pytest.fixture(scope="module")
def databases(postgres: Postgres, engines_folder: Path) -> Databases:
    return make_databases(postgres, engines_folder, "referrals")


@pytest.fixture(scope="module")
async def api(databases: Databases) -> AsyncIterator[Database]:
    async with databases.database("referrals", "api") as database:
        yield database


@pytest.fixture(scope="module")
async def owner(databases: Databases) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(databases.admin_url)
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def caller(databases: Databases, engines_folder: Path) -> AsyncIterator[Caller]:
    """Give a client of the API with a token of a role and organisation."""
    issuer = Issuer(new_signing_key(), embedded=True, addresses=())
    keys = engines_folder / "referrals-jwks.json"
    issuer.publish(keys)
    app = create_app(
        Settings.model_validate(
            {
                "service_database_url": databases.url("referrals", "api"),
                "kafka_bootstrap_servers": "127.0.0.1:9",
                "metrics_port": free_port(),
                "public_url": "https://api.region.example",
                "token_issuer": ISSUER,
                "token_audience": AUDIENCE,
                "jwks_url": keys.as_uri(),
                "vault_keys": {1: KEY},
                "vault_index_key": KEY,
                "demonstration": True,
            }
        )
    )

    def client(role: str, organisation: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url=f"{HOST}/referrals/v1",
            headers={"Authorization": f"Bearer {issuer.token(role, organisation)}"},
        )

    async with app.router.lifespan_context(app):
        yield client
