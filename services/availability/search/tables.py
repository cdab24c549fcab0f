"""What is on offer, as known now: a row per agreement and location. Only the recompute loop writes here."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    Index,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from services.availability.schema import METADATA

offer = Table(
    "offer",
    METADATA,
    Column("agreement", UUID, nullable=False),
    # NULL: of its provider no location is known.
    Column("location", Text),
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
    Column("minimum_age", SmallInteger),
    Column("maximum_age", SmallInteger),
    Column("municipalities", ARRAY(Text)),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("location_name", Text),
    Column("postcode", Text),
    Column("latitude", Double),
    Column("longitude", Double),
    UniqueConstraint("agreement", "location", name="offer_key", postgresql_nulls_not_distinct=True),
    CheckConstraint("valid_to is null or valid_to >= valid_from", name="offer_period"),
    Index("offer_product", "product", "valid_from"),
    Index("offer_provider", "provider", "product", "valid_from"),
    Index("offer_location", "provider", "location"),
)
