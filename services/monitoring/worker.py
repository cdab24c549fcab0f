"""The worker of the monitoring service: takes every topic in and keeps the spans."""

from services.monitoring.facts.projection import Spans
from shared.consumer.recompute import Recompute
from shared.consumer.worker import consume
from shared.events.topics import TOPICS
from shared.service_worker import ServiceWorker
from shared.settings import Settings
from shared.values.region import load_region


def create_worker(settings: Settings) -> ServiceWorker:
    """Make the worker with all its side tasks. Raises RegionFileError."""
    worker = ServiceWorker("monitoring", settings)
    derive = Spans(load_region(settings.region_file)).derive
    consume(worker, Recompute(worker.database, service=worker.service, derive=derive), topics=list(TOPICS))
    return worker
