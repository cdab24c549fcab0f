"""Products as they are now; what they were before stands in the journal."""

from sqlalchemy import Column, Identity, Integer, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.contracts.schema import METADATA
from shared.journal.tables import MOMENT

product = Table(
    "product",
    METADATA,
    Column("id", UUID, primary_key=True),
    # A number beside the code, since the exclusion constraint of agreements compares integers.
    Column("number", Integer, Identity(always=True), nullable=False, unique=True),
    Column("code", Text, nullable=False, unique=True),
    Column("state", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("recorded_at", MOMENT, nullable=False),
)
