"""The HTTP side of the contracts service."""

from fastapi import FastAPI

from services.contracts.agreements.routes import DELIVERED as AGREEMENTS
from services.contracts.agreements.routes import router as agreements
from services.contracts.claims.routes import DELIVERED as CLAIMS
from services.contracts.claims.routes import router as claims
from services.contracts.products.routes import DELIVERED as PRODUCTS
from services.contracts.products.routes import router as products
from services.contracts.providers.routes import DELIVERED as PROVIDERS
from services.contracts.providers.routes import router as providers
from shared.deliveries.routes import deliveries_router
from shared.journal.feed import events_router
from shared.settings import Settings
from shared.values.region import load_region
from shared.web import create_app as create

SERVICE = "contracts"
DELIVERED = (CLAIMS, PRODUCTS, PROVIDERS, AGREEMENTS)


def create_app(settings: Settings) -> FastAPI:
    """Make the app. Raises RegionFileError when the region file cannot be used."""
    app = create(
        service=SERVICE,
        title="Contracts",
        description="What the region buys: products, the providers that offer them, what is agreed with whom, and claimed.",
        settings=settings,
        routers=[
            products,
            providers,
            agreements,
            claims,
            deliveries_router(DELIVERED),
            events_router(SERVICE),
        ],
    )
    app.state.region = load_region(settings.region_file)
    return app
