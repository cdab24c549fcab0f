"""The worker of the referrals service: brings its journal out, and refuses care whose indication does not come."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext

from services.referrals.care import commands, queries
from services.referrals.indications import commands as indications
from shared import metrics
from shared.database import Database
from shared.deliveries.applying import apply_deliveries
from shared.deliveries.kinds import Applier
from shared.journal.worker import publish
from shared.process import Step, forever
from shared.service_worker import ServiceWorker
from shared.settings import Settings
from shared.values.region import load_region

_LOOK_AGAIN_SECONDS = 5


def create_worker(settings: Settings) -> ServiceWorker:
    """Make the worker with all its side tasks. Raises RegionFileError."""
    worker = ServiceWorker("referrals", settings)
    publish(worker, oin=load_region(settings.region_file).oin)
    waiting = forever(
        "waiting_care",
        watching_care(worker.database),
        service=worker.service,
        idle_seconds=_LOOK_AGAIN_SECONDS,
    )
    worker.add("waiting_care", waiting)
    apply_deliveries(
        worker,
        {
            "indications": Applier(indications.apply_delivered, indications.DELIVERED_BEFORE),
            "care-periods": Applier(commands.apply_delivered, commands.DELIVERED_BEFORE),
        },
    )
    return worker


def watching_care(database: Database) -> Callable[[], AbstractAsyncContextManager[Step]]:
    """Give the loop that refuses care that waited too long, and shows how much waits."""

    async def step() -> bool:
        async with database.transaction() as connection:
            refused = await commands.refuse_long_waiting(connection)
            waiting = await queries.waiting(connection)
        metrics.waiting_records.labels("referrals", "care").set(waiting["periods"])
        metrics.oldest_waiting_seconds.labels("referrals", "care").set(float(waiting["oldest"]))
        return refused > 0

    return lambda: nullcontext(step)
