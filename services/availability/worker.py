"""The worker of the availability service: reads what is contracted, keeps the offers, publishes nothing."""

from services.availability.schema import TOPICS
from services.availability.search.projection import derive
from shared.consumer.recompute import Recompute
from shared.consumer.worker import consume
from shared.service_worker import ServiceWorker
from shared.settings import Settings


def create_worker(settings: Settings) -> ServiceWorker:
    """Make the worker with all its side tasks."""
    worker = ServiceWorker("availability", settings)
    consume(worker, Recompute(worker.database, service="availability", derive=derive), topics=TOPICS)
    return worker
