"""The HTTP side of the monitoring service."""

from fastapi import FastAPI

from services.monitoring.accounts.routes import router as accounts
from services.monitoring.context.routes import router as context
from services.monitoring.figures.routes import router as figures
from shared.settings import Settings
from shared.values.region import load_region
from shared.web import create_app as create

SERVICE = "monitoring"


def create_app(settings: Settings) -> FastAPI:
    """Make the app. Raises RegionFileError when the region file cannot be used."""
    app = create(
        service=SERVICE,
        title="Monitoring",
        description="Figures of the region, as known now and as known at any moment before.",
        settings=settings,
        routers=[figures, accounts, context],
    )
    app.state.region = load_region(settings.region_file)
    return app
