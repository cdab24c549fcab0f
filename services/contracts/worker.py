"""The worker of the contracts service: brings its journal out, and keeps the value of every indication."""

from contextlib import nullcontext

from services.contracts.agreements import commands as agreements
from services.contracts.claims import commands, queries
from services.contracts.products import commands as products
from services.contracts.providers import commands as providers
from services.contracts.valuation.projection import INDICATION, Valuation, follow_own_journal, promise
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
from shared.values.region import load_region

APPLIERS = {
    "claims": Applier(commands.apply_delivered, commands.DELIVERED_BEFORE),
    "products": Applier(products.apply_delivered, products.DELIVERED_BEFORE),
    "providers": Applier(providers.apply_delivered, providers.DELIVERED_BEFORE),
    "agreements": Applier(agreements.apply_delivered, agreements.DELIVERED_BEFORE),
}


def create_worker(settings: Settings) -> ServiceWorker:
    """Make the worker with all its side tasks. Raises RegionFileError when the region file cannot be used."""
    region = load_region(settings.region_file)
    worker = ServiceWorker("contracts", settings)
    publish(worker, oin=region.oin)
    valuing = Recompute(
        worker.database,
        service=worker.service,
        derive=Valuation(region).derive,
        before=follow_own_journal,
        emptied=promise,
    )
    consume(worker, valuing, topics=[INDICATION])

    waiting = Waiting(worker.database)
    refusing = forever(
        "waiting_claims", lambda: nullcontext(waiting.step), service=worker.service, idle_seconds=2
    )
    worker.add("waiting_claims", refusing)
    apply_deliveries(worker, APPLIERS)
    return worker


class Waiting:
    """Refuses claims that have waited too long for their number, and shows how many wait."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def step(self) -> bool:
        """Refuse what is late; say whether there was any."""
        async with self._database.transaction() as connection:
            refused = await commands.refuse_late(connection)
            count, oldest = await queries.waiting(connection)
        metrics.waiting_records.labels("contracts", "claim").set(count)
        metrics.oldest_waiting_seconds.labels("contracts", "claim").set(oldest)
        return refused > 0
