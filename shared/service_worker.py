"""The worker process of a service: its database under the worker's role, and what it needs in order to be ready."""

import asyncio

from shared import metrics
from shared.database import Database
from shared.health import Checks, answers
from shared.process import Worker
from shared.serving import metrics_server
from shared.settings import Settings

# Steps of the loops are larger than requests: a batch of a thousand, a whole generation counted.
_STATEMENT_SECONDS = 120


class ServiceWorker(Worker):
    """A `Worker` that has what the side tasks of every service share."""

    def __init__(self, service: str, settings: Settings) -> None:
        super().__init__()
        self.service = service
        self.bootstrap = settings.kafka_bootstrap_servers
        self.replication = settings.kafka_replication
        self.database = Database(
            settings.service_database_url.get_secret_value(),
            application=f"{service}-worker",
            size=settings.database_pool_size,
            acquire_seconds=10,
            statement_seconds=_STATEMENT_SECONDS,
        )
        metrics.watch_pool(service, self.database)
        self.checks = Checks()
        self.checks.add("database", answers(self.database))
        self.checks.add("broker", self._ask_broker)
        self.add("metrics", metrics_server(service, "worker", settings, self.checks))

    async def run(self) -> int:
        """Run the side tasks; end the connections after them."""
        try:
            return await super().run()
        finally:
            await self.database.close()

    async def _ask_broker(self) -> None:
        host, _, port = self.bootstrap.split(",")[0].strip().rpartition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.close()
