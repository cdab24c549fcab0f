"""Databases of their own for tests: migrated as in production, with the three roles of each service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from jeugdregio.engines import Postgres
from shared.database import Connection, Database
from shared.migrations import migrate, read_credentials, service_url
from tests.engines import new_database


@dataclass(frozen=True)
class Databases:
    """An empty region's databases: `admin_url` is the administrator's."""

    admin_url: str
    credentials: Path

    def url(self, service: str, process: str) -> str:
        """Give the address under which a process of a service connects."""
        return service_url(self.admin_url, service, process, read_credentials(self.credentials))

    @asynccontextmanager
    async def database(self, service: str, process: str) -> AsyncIterator[Database]:
        """Open a pool of one role."""
        database = Database(self.url(service, process), application="test", size=4)
        try:
            yield database
        finally:
            await database.close()


def make_databases(postgres: Postgres, folder: Path, *services: str) -> Databases:
    """Migrate services into a new database. Roles belong to the cluster, so one file keeps their passwords."""
    admin_url = new_database(postgres)
    credentials = folder / "credentials.json"
    migrate(dict.fromkeys(services, admin_url), credentials)
    return Databases(admin_url, credentials)


async def empty(connection: Connection, *tables: str) -> None:
    """Empty tables between examples of a property test."""
    await connection.execute(f"truncate {', '.join(tables)} restart identity cascade")
