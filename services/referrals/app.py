"""The HTTP side of the referrals service."""

from fastapi import FastAPI

from services.referrals.care.routes import DELIVERED as DELIVERED_CARE
from services.referrals.care.routes import router as care
from services.referrals.clients.domain import Vault
from services.referrals.indications.routes import DELIVERED
from services.referrals.indications.routes import router as indications
from services.referrals.settings import Settings
from shared.deliveries.routes import deliveries_router
from shared.journal.feed import events_router
from shared.values.region import load_region
from shared.web import create_app as create

SERVICE = "referrals"


def create_app(settings: Settings) -> FastAPI:
    """Make the app. Raises RegionFileError when the region file cannot be used."""
    app = create(
        service=SERVICE,
        title="Referrals",
        description=(
            "Indications of the region's municipalities: who was granted which help, by whom and from when; "
            "and when care under them really started and stopped, as providers say."
        ),
        settings=settings,
        routers=[indications, care, deliveries_router([DELIVERED, DELIVERED_CARE]), events_router(SERVICE)],
    )
    app.state.region = load_region(settings.region_file)
    app.state.demonstration = settings.demonstration
    keys = {version: key.get_secret_value() for version, key in settings.vault_keys.items()}
    app.state.vault = Vault(keys, settings.vault_index_key.get_secret_value())
    return app
