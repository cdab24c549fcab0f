"""The Alembic environment of the referrals service."""

import services.referrals.care.tables
import services.referrals.clients.tables
import services.referrals.indications.tables  # noqa: F401 - declares its tables
from services.referrals.schema import METADATA
from shared.migrations.environment import run

run(METADATA)
