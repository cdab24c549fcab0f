"""The bodies of the operator's commands: each a call in one transaction of the service's worker role."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import asyncpg

from jeugdregio.data_folder import DataFolder
from jeugdregio.errors import StarterError
from shared.database import Connection, Database
from shared.journal import generation
from shared.migrations import read_credentials, service_url

Result = TypeVar("Result")


def republish(data: DataFolder, service: str) -> int:
    """Send the service's whole journal again; return the new generation."""
    return _run(data, service, generation.republish)


def restored(data: DataFolder, service: str) -> int:
    """Take up work after the service's database came back from a backup; return the new generation."""
    bootstrap = os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or data.read_region()["brokers"]

    async def call(connection: Connection) -> int:
        return await generation.restored(connection, bootstrap=bootstrap, service=service)

    return _run(data, service, call)


def parked(data: DataFolder, service: str) -> Sequence[Any]:
    """List what is parked: reason and place, never content."""
    from shared import parking  # noqa: PLC0415

    return _run(data, service, parking.list_parked)


def parked_one(data: DataFolder, service: str, act: str, event: str) -> Any:  # noqa: ANN401 - what was found
    """Show, retry or discard one parked event (`act` is one of these)."""
    from shared import parking  # noqa: PLC0415

    async def call(connection: Connection) -> Any:  # noqa: ANN401
        return await getattr(parking, act)(connection, event)

    return _run(data, service, call)


def _run(data: DataFolder, service: str, call: Callable[[Connection], Awaitable[Result]]) -> Result:
    try:
        return asyncio.run(_in_transaction(_worker_url(data, service), call))
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error) or type(error).__name__
        raise StarterError(f"the database of {service} did not do it: {reason}") from error


async def _in_transaction(url: str, call: Callable[[Connection], Awaitable[Result]]) -> Result:
    database = Database(url, application="jeugdregio-operator", size=1)
    await database.open()
    try:
        async with database.transaction() as connection:
            return await call(connection)
    finally:
        await database.close()


def _worker_url(data: DataFolder, service: str) -> str:
    """Give SERVICE_DATABASE_URL where it is set (in production), else what runs in this folder."""
    given = os.environ.get("SERVICE_DATABASE_URL")
    if given:
        return given
    address = data.read_region()["database"][service]
    return service_url(address, service, "worker", read_credentials(data.credentials))
