"""One journal and the app that shows it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from jeugdregio.engines import Postgres
from shared.journal.feed import events_router
from shared.settings import Settings
from shared.web import create_app
from tests.databases import Databases, make_databases
from tests.unit.shared.conftest import Issuer
from tests.unit.shared.feed.reading import REGION, SERVICE, Journal


@pytest.fixture(scope="package")
def databases(postgres: Postgres, engines_folder: Path) -> Databases:
    return make_databases(postgres, engines_folder, SERVICE)


@pytest.fixture(scope="package")
async def app(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FastAPI]:
    issuer = Issuer(tmp_path_factory.mktemp("issuer"))
    settings = Settings.model_validate(
        {
            "service_database_url": databases.url(SERVICE, "api"),
            "kafka_bootstrap_servers": "127.0.0.1:9092",
            "public_url": "https://api.region.example",
            "token_issuer": issuer.claims()["iss"],
            "token_audience": issuer.claims()["aud"],
            "jwks_url": issuer.url,
        }
    )
    router = events_router(SERVICE)
    app = create_app(
        service=SERVICE, title="Referrals", description="Journal.", settings=settings, routers=[router]
    )
    app.state.region = REGION
    app.state.issuer = issuer
    async with databases.database(SERVICE, "api") as app.state.database:
        yield app


@pytest.fixture(scope="package")
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="https://api.region.example") as client:
        yield client


@pytest.fixture(scope="package")
async def kept(databases: Databases) -> AsyncIterator[Journal]:
    async with databases.database(SERVICE, "owner") as owner, databases.database(SERVICE, "worker") as worker:
        yield Journal(owner, worker)


@pytest.fixture
async def journal(kept: Journal) -> Journal:
    await kept.reset()
    return kept
