"""Agreements as they are now; what they were before stands in the journal."""

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
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID, ExcludeConstraint

from services.contracts.schema import METADATA
from shared.journal.tables import MOMENT

agreement = Table(
    "agreement",
    METADATA,
    Column("id", UUID, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("provider_number", Integer, ForeignKey("contracts.provider.number"), nullable=False),
    Column("product_number", Integer, ForeignKey("contracts.product.number"), nullable=False),
    Column("valid_to", Date),
    Column("withdrawn", Boolean, nullable=False),
    Column("state", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("recorded_at", MOMENT, nullable=False),
    UniqueConstraint("provider", "product", "valid_from", name="agreement_key"),
    CheckConstraint("valid_to is null or valid_to >= valid_from", name="agreement_period"),
    Index("agreement_product", "product", "provider", "valid_from"),
    # Over integers as ranges, since `text with =` needs an extension that not every server has. Deferrable, so that it is
    # looked at after a statement and not after each row: one list may shift an agreement and the one that follows it.
    ExcludeConstraint(
        (text("int4range(provider_number, provider_number, '[]')"), "="),
        (text("int4range(product_number, product_number, '[]')"), "="),
        (text("daterange(valid_from, valid_to, '[]')"), "&&"),
        where=text("not withdrawn"),
        name="agreement_overlap",
        deferrable=True,
        initially="IMMEDIATE",
    ),
)
