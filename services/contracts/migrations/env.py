"""The Alembic environment of the contracts service."""

import services.contracts.agreements.tables
import services.contracts.claims.tables
import services.contracts.products.tables
import services.contracts.providers.tables  # noqa: F401 - declares its tables
from services.contracts.schema import METADATA
from shared.migrations.environment import run

run(METADATA)
