"""The worker of the monitoring service: takes every topic in and keeps the spans."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext

from services.monitoring.facts.projection import Spans
from services.monitoring.stated.commands import promise
from shared.consumer.recompute import Recompute
from shared.consumer.worker import consume
from shared.database import Database
from shared.events.topics import TOPICS
from shared.process import Step, forever
from shared.service_worker import ServiceWorker
from shared.settings import Settings
from shared.values.region import load_region

# As often as a topic promises when nothing happens.
_PROMISE_SECONDS = 1.0


def create_worker(settings: Settings) -> ServiceWorker:
    """Make the worker with all its side tasks. Raises RegionFileError."""
    worker = ServiceWorker("monitoring", settings)
    derive = Spans(load_region(settings.region_file)).derive
    consume(worker, Recompute(worker.database, service=worker.service, derive=derive), topics=list(TOPICS))
    worker.add(
        "promise",
        forever(
            "promise", _promising(worker.database), service=worker.service, idle_seconds=_PROMISE_SECONDS
        ),
    )
    return worker


def _promising(database: Database) -> Callable[[], AbstractAsyncContextManager[Step]]:
    async def step() -> bool:
        async with database.transaction() as connection:
            await promise(connection)
        return False

    return lambda: nullcontext(step)
