"""The Alembic environment of the monitoring service."""

import services.monitoring.facts.tables
import services.monitoring.stated.tables  # noqa: F401 - declares its tables
from services.monitoring.schema import METADATA
from shared.migrations.environment import run

run(METADATA)
