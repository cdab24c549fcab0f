"""The worker of the referrals service: brings its journal out."""

from shared.journal.worker import publish
from shared.service_worker import ServiceWorker
from shared.settings import Settings
from shared.values.region import load_region


def create_worker(settings: Settings) -> ServiceWorker:
    """Make the worker with all its side tasks. Raises RegionFileError."""
    worker = ServiceWorker("referrals", settings)
    publish(worker, oin=load_region(settings.region_file).oin)
    return worker
