"""The worker of the availability service: brings its journal out, reads what is contracted, keeps the offers."""

from services.availability.schema import TOPICS
from services.availability.search.projection import derive
from shared.consumer.recompute import Recompute
from shared.consumer.worker import consume
from shared.journal.worker import publish
from shared.service_worker import ServiceWorker
from shared.settings import Settings
from shared.values.region import load_region


def create_worker(settings: Settings) -> ServiceWorker:
    """Make the worker with all its side tasks. Raises RegionFileError when the region file cannot be used."""
    worker = ServiceWorker("availability", settings)
    publish(worker, oin=load_region(settings.region_file).oin)
    consume(worker, Recompute(worker.database, service="availability", derive=derive), topics=TOPICS)
    return worker
