"""The whole region in one process: four apps over one real database, as their own lifespans start them."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from jeugdregio.ports import free_port
from services.availability.app import create_app as availability
from services.contracts.app import create_app as contracts
from services.monitoring.app import create_app as monitoring
from services.referrals.app import create_app as referrals
from services.referrals.settings import Settings as ReferralsSettings
from shared.settings import Settings
from tests.contract.callers import Caller
from tests.contract.documented import Documented
from tests.contract.requests import Sample
from tests.contract.tokens import AUDIENCE, ISSUER, Issuer
from tests.databases import Databases

PUBLIC_URL = "https://api.region.example"
ROOT = Path(__file__).parents[2]
_VAULT_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def settings_of(service: str, database_url: str, jwks_url: str) -> Settings:
    """Give the complete settings of an api."""
    values: dict[str, Any] = {
        "service_database_url": database_url,
        "kafka_bootstrap_servers": "127.0.0.1:9092",
        "region_file": ROOT / "region.toml",
        "metrics_port": free_port(),
        "public_url": PUBLIC_URL,
        "token_issuer": ISSUER,
        "token_audience": AUDIENCE,
        "jwks_url": jwks_url,
    }
    if service != "referrals":
        return Settings.model_validate(values)
    vault = {"vault_keys": {1: _VAULT_KEY}, "vault_index_key": _VAULT_KEY, "demonstration": True}
    return ReferralsSettings.model_validate(values | vault)


def make_app(service: str, database_url: str, jwks_url: str) -> FastAPI:
    """Make the api of a service, as its process does."""
    settings = settings_of(service, database_url, jwks_url)
    if isinstance(settings, ReferralsSettings):
        return referrals(settings)
    return {"contracts": contracts, "availability": availability, "monitoring": monitoring}[service](settings)


@asynccontextmanager
async def living(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Start an app and give the way in; what it answers to faults of its own is an answer, not an exception."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client,
    ):
        yield client


class NoDatabase:
    """In the place of a database: whoever looks something up is caught at it."""

    def transaction(self, *, organisation: str, role: str) -> None:
        raise AssertionError(f"{role} {organisation} was let through to the database")


@dataclass(frozen=True)
class Region:
    """The four services and the issuer of the tokens that they accept."""

    apps: Mapping[str, FastAPI]
    clients: Mapping[str, httpx.AsyncClient]
    databases: Databases
    issuer: Issuer

    async def call(self, caller: Caller, sample: Sample) -> httpx.Response:
        """Make a request with a valid token."""
        return await self.call_with(self.issuer.token(*caller), sample.by(caller.role))

    async def call_with(self, token: str | None, sample: Sample) -> httpx.Response:
        """Make a request with this token, or without one."""
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        if sample.file is not None:
            headers["Content-Type"] = "application/x-ndjson"
        content = sample.file
        return await self.clients[sample.service].request(
            sample.method,
            sample.path,
            params=sample.query or None,
            json=sample.body,
            content=content,
            headers=headers,
        )

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """Show that what happens inside asks no database for anything."""
        kept = {service: app.state.database for service, app in self.apps.items()}
        try:
            for app in self.apps.values():
                app.state.database = NoDatabase()
            yield
        finally:
            for service, app in self.apps.items():
                app.state.database = kept[service]


@asynccontextmanager
async def started(databases: Databases, folder: Path, *services: str) -> AsyncIterator[Region]:
    """Start the services; every answer that anybody gets is held against the service's document."""
    issuer = Issuer(folder)
    apps = {name: make_app(name, databases.url(name, "api"), issuer.url) for name in services}
    async with AsyncExitStack() as stack:
        clients = {name: await stack.enter_async_context(living(app)) for name, app in apps.items()}
        for name, client in clients.items():
            client.event_hooks["response"].append(Documented(apps[name].openapi(), f"/{name}/v1").check)
        yield Region(apps, clients, databases, issuer)
