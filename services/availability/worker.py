"""The worker of the availability service: brings its journal out, reads what is contracted, keeps the offers."""

from contextlib import nullcontext

from services.availability.schema import TOPICS
from services.availability.search.projection import derive
from services.availability.waiting_times.commands import DELIVERED_BEFORE, apply_delivered
from services.availability.waiting_times.queries import due
from shared import metrics
from shared.consumer.recompute import Recompute
from shared.consumer.worker import consume
from shared.database import Database
from shared.deliveries.applying import apply_deliveries
from shared.deliveries.kinds import Applier
from shared.journal.worker import publish
from shared.process import forever
from shared.service_worker import ServiceWorker
from shared.settings import Settings
from shared.values.moments import AMSTERDAM, now
from shared.values.region import load_region

_SERVICE = "availability"
_COUNT_EVERY_SECONDS = 60
APPLIERS = {"waiting-times": Applier(apply_delivered, DELIVERED_BEFORE)}


def create_worker(settings: Settings) -> ServiceWorker:
    """Make the worker with all its side tasks. Raises RegionFileError when the region file cannot be used."""
    worker = ServiceWorker(_SERVICE, settings)
    publish(worker, oin=load_region(settings.region_file).oin)
    consume(worker, Recompute(worker.database, service=_SERVICE, derive=derive), topics=TOPICS)

    async def step() -> bool:
        return await count_due(worker.database)

    worker.add(
        "waiting_time_metrics",
        forever(
            "waiting_time_metrics",
            lambda: nullcontext(step),
            service=_SERVICE,
            idle_seconds=_COUNT_EVERY_SECONDS,
        ),
    )
    apply_deliveries(worker, APPLIERS)
    return worker


async def count_due(database: Database) -> bool:
    """Show how many waiting times are due in the region, and how many of these were never reported."""
    async with database.transaction() as connection:
        number, never = await due(connection, now().astimezone(AMSTERDAM).date())
    metrics.waiting_times_due.labels(_SERVICE).set(number)
    metrics.waiting_times_never_reported.labels(_SERVICE).set(never)
    return False
