"""The bodies of the operator's commands: each a call in one transaction of the service's worker role."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
from aiokafka.errors import KafkaError

from jeugdregio.data_folder import DataFolder
from jeugdregio.errors import StarterError
from shared.consumer import parking
from shared.consumer.parking import Parked, ParkingError
from shared.database import Connection, Database
from shared.journal import generation
from shared.migrations import read_credentials, service_url

Result = TypeVar("Result")


def republish(data: DataFolder, service: str) -> int:
    """Send the service's whole journal again; return the new generation."""
    return _run(data, service, generation.republish)


def restored(data: DataFolder, service: str) -> int:
    """Take up work after the service's database came back from a backup; return the new generation."""
    bootstrap = _brokers(data)

    async def call(connection: Connection) -> int:
        return await generation.restored(connection, bootstrap=bootstrap, service=service)

    return _run(data, service, call)


def list_parked(data: DataFolder, service: str) -> list[Parked]:
    """List what is parked: reason and place, never content."""
    return _run(data, service, parking.list_parked)


def show_parked(data: DataFolder, service: str, parked_id: str) -> Parked:
    return _run(data, service, lambda connection: parking.show(connection, parked_id))


def retry_parked(data: DataFolder, service: str, parked_id: str) -> None:
    """Try one again, after its cause was taken away."""
    bootstrap = _brokers(data)
    _run(data, service, lambda connection: parking.retry(connection, parked_id, bootstrap))


def discard_parked(data: DataFolder, service: str, parked_id: str) -> None:
    _run(data, service, lambda connection: parking.discard(connection, parked_id))


def _run(data: DataFolder, service: str, call: Callable[[Connection], Awaitable[Result]]) -> Result:
    try:
        return asyncio.run(_in_transaction(_worker_url(data, service), call))
    except ParkingError as error:
        raise StarterError(str(error)) from error
    except KafkaError as error:
        raise StarterError(
            f"the brokers did not do it: {type(error).__name__}; see `jeugdregio doctor`"
        ) from error
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


def _brokers(data: DataFolder) -> str:
    return os.environ.get("KAFKA_BOOTSTRAP_SERVERS") or str(data.read_region()["brokers"])


def _worker_url(data: DataFolder, service: str) -> str:
    """Give SERVICE_DATABASE_URL where it is set (in production), else what runs in this folder."""
    given = os.environ.get("SERVICE_DATABASE_URL")
    if given:
        return given
    address = data.read_region()["database"][service]
    return service_url(address, service, "worker", read_credentials(data.credentials))
