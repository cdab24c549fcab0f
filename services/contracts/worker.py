"""The worker of the contracts service: brings its journal out, and keeps the value of every indication."""

from services.contracts.valuation.projection import INDICATION, Valuation, follow_own_journal, promise
from shared.consumer.recompute import Recompute
from shared.consumer.worker import consume
from shared.journal.worker import publish
from shared.service_worker import ServiceWorker
from shared.settings import Settings
from shared.values.region import load_region


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
    return worker
