"""The Alembic environment of the availability service."""

import services.availability.search.tables  # noqa: F401 - declares its tables
from services.availability.schema import METADATA
from shared.migrations.environment import run

run(METADATA)
