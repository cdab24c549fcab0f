"""The Alembic environment of the availability service."""

import services.availability.search.tables
import services.availability.waiting_times.tables  # noqa: F401 - both declare their tables
from services.availability.schema import METADATA
from shared.migrations.environment import run

run(METADATA)
