"""What is on offer, as known now: one row per agreement. Only the recompute loop writes here."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.availability.schema import METADATA

offer = Table(
    "offer",
    METADATA,
    Column("agreement", UUID, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("provider_name", Text),
    Column("product", Text, nullable=False),
    Column("name_nl", Text),
    Column("name_en", Text),
    Column("category", Text),
    Column("segment", SmallInteger),
    Column("residential", Boolean),
    Column("family", Boolean),
    Column("housing", Boolean),
    Column("unit", Text),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("locations", JSONB),
    CheckConstraint("valid_to is null or valid_to >= valid_from", name="offer_period"),
    Index("offer_order", "product", "provider", "valid_from", "agreement"),
    Index("offer_provider", "provider"),
)
