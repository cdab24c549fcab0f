"""The engines of one region: embedded ones, or the existing ones that the environment names."""

import asyncio
import os
import time
from pathlib import Path

from jeugdregio.data_folder import DataFolder
from jeugdregio.engines import EngineError, Kafka, Postgres
from jeugdregio.engines.engine import Engine
from jeugdregio.errors import StarterError
from jeugdregio.installation import Installation, given_databases, require_own_issuer
from jeugdregio.services import SERVICES

_STOP_WITHIN = 3.0


class EngineRoom:
    """Starts what is not given, migrates, and says what died."""

    def __init__(self, data: DataFolder) -> None:
        self._data = data
        self._databases = given_databases()
        self._bootstrap = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
        self._postgres: Postgres | None = None
        self._kafka: Kafka | None = None
        if self._databases:
            require_own_issuer()

    @property
    def ids(self) -> dict[str, int]:
        return {"starter": os.getpid(), **{engine.name.lower(): engine.pid for engine in self._running}}

    def start(self) -> None:
        """Start the embedded ones; Kafka, the slower one, first. Raises EngineError."""
        ports = self._data.ports
        if not self._bootstrap:
            self._kafka = Kafka(
                self._data.path / "kafka",
                port=ports["kafka"],
                controller_port=ports["kafka-controller"],
                log=self._data.log("kafka"),
            )
            self._kafka.launch()
        if not self._databases:
            self._postgres = Postgres(
                self._data.path / "postgres", port=ports["postgres"], log=self._data.log("postgres")
            )
            self._postgres.start()
        if self._kafka:
            self._kafka.wait_until_ready()

    def installation(self, region: Path) -> Installation:
        embedded = self._postgres is not None
        databases = self._databases or {}
        if self._postgres:
            databases = dict.fromkeys(SERVICES, self._postgres.url)
        bootstrap = self._kafka.bootstrap if self._kafka else self._bootstrap or ""
        return Installation(databases, bootstrap, embedded, region)

    def migrate(self, installation: Installation) -> None:
        migrate(installation, self._data.credentials)

    def check(self) -> None:
        """Raise EngineError when one of them has died."""
        for engine in self._running:
            if not engine.running:
                raise EngineError(engine.name, "stopped by itself", engine.log)

    def stop(self) -> None:
        for engine in self._running:
            engine.begin_to_stop()
        until = time.monotonic() + _STOP_WITHIN
        for engine in self._running:
            engine.stop(max(0.0, until - time.monotonic()))

    @property
    def _running(self) -> list[Engine]:
        return [engine for engine in (self._postgres, self._kafka) if engine is not None]


def migrate(installation: Installation, credentials: Path, *, replication: int = 1) -> None:
    """Make or renew schemas, roles and topics. Raises StarterError when a server cannot be reached."""
    import asyncpg  # noqa: PLC0415 - these load slowly, and most commands do without
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    from shared.migrations import migrate as migrate_schemas  # noqa: PLC0415

    try:
        migrate_schemas(installation.databases, credentials)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error) or type(error).__name__
        raise StarterError(
            f"the database could not be migrated: {reason}; check DATABASE_URL and its server"
        ) from error
    try:
        asyncio.run(_make_topics(installation.bootstrap, replication))
    except (KafkaError, OSError, TimeoutError) as error:
        raise StarterError(
            f"the topics could not be made at {installation.bootstrap}: {type(error).__name__}; "
            f"check KAFKA_BOOTSTRAP_SERVERS and its brokers"
        ) from error


async def _make_topics(bootstrap: str, replication: int) -> None:
    from shared.events.topics import topics_of  # noqa: PLC0415 - as above
    from shared.journal.topics import make_topics  # noqa: PLC0415

    for service in filter(topics_of, SERVICES):
        await make_topics(bootstrap, service, replication=replication)
