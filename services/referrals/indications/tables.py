"""Indications as they are now, and every version that was kept."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.referrals.schema import METADATA
from shared.journal.tables import MOMENT

indication = Table(
    "indication",
    METADATA,
    Column("id", UUID, primary_key=True),
    Column("municipality", Text, nullable=False),
    Column("assignment_number", Integer, nullable=False),
    Column("client", UUID, nullable=False, index=True),
    Column("provider", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("content", JSONB, nullable=False),
    Column("decided_at", MOMENT, nullable=False),
    Column("sent_at", MOMENT, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("recorded_at", MOMENT, nullable=False),
    UniqueConstraint("municipality", "assignment_number", name="indication_number"),
    CheckConstraint("assignment_number between 0 and 999999999", name="indication_number_range"),
    CheckConstraint("valid_to is null or valid_to >= valid_from", name="indication_period"),
    Index("indication_provider", "provider", "municipality", "assignment_number"),
)

indication_history = Table(
    "indication_history",
    METADATA,
    Column("indication", UUID, ForeignKey(indication.c.id), primary_key=True),
    Column("decided_at", MOMENT, primary_key=True),
    Column("sent_at", MOMENT, primary_key=True),
    Column("municipality", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("client", UUID, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("withdrawal", Boolean, nullable=False),
    Column("reason", Text),
    Column("outcome", Text, nullable=False),
    Column("version", Integer),
    Column("recorded_at", MOMENT, nullable=False),
    CheckConstraint("outcome in ('created', 'applied', 'superseded')", name="indication_history_outcome"),
)
