"""The HTTP side of the availability service."""

from fastapi import FastAPI

from services.availability.search.routes import router as search
from services.availability.waiting_times.routes import DELIVERED
from services.availability.waiting_times.routes import router as waiting_times
from shared.deliveries.routes import deliveries_router
from shared.journal.feed import events_router
from shared.settings import Settings
from shared.values.region import load_region
from shared.web import create_app as create

SERVICE = "availability"


def create_app(settings: Settings) -> FastAPI:
    """Make the app. Raises RegionFileError when the region file cannot be used."""
    app = create(
        service=SERVICE,
        title="Availability",
        description="Which help can be had, from whom, where and how soon: for those who refer a child to it.",
        settings=settings,
        routers=[search, waiting_times, deliveries_router([DELIVERED]), events_router(SERVICE)],
    )
    app.state.region = load_region(settings.region_file)
    return app
