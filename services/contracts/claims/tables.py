"""Claims as they stand, every version of them, and the indications against which can be claimed."""

from sqlalchemy import (
    BigInteger,
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
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.contracts.schema import METADATA
from shared.journal.tables import MOMENT

# `indication` since it was accepted. `processing`: what the processing log is to say of the request whose claim waits, once
# it is known whose data it was about. `known_at`: the moment that an import gave the newest version.
claim = Table(
    "claim",
    METADATA,
    Column("id", UUID, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("municipality", Text, nullable=False),
    Column("assignment_number", Integer, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("indication", UUID),
    Column("processing", JSONB),
    Column("known_at", MOMENT),
    Column("state", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("recorded_at", MOMENT, nullable=False),
    UniqueConstraint("provider", "reference", name="claim_key"),
    CheckConstraint("status in ('waiting', 'accepted', 'refused', 'credited')", name="claim_status"),
    CheckConstraint("valid_to >= valid_from", name="claim_period"),
    CheckConstraint("cents > 0", name="claim_cents"),
    Index("claim_municipality", "municipality", "provider", "reference"),
    # Also how all claims in force under one number are found, for their sum.
    Index(
        "claim_once",
        *("municipality", "assignment_number", "provider", "valid_from", "valid_to"),
        unique=True,
        postgresql_where=text("status = 'accepted'"),
    ),
    Index("claim_waiting", "municipality", "assignment_number", postgresql_where=text("status = 'waiting'")),
    Index("claim_waiting_since", "recorded_at", postgresql_where=text("status = 'waiting'")),
)

claim_history = Table(
    "claim_history",
    METADATA,
    Column("claim", UUID, ForeignKey(claim.c.id), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("provider", Text, nullable=False),
    Column("municipality", Text, nullable=False),
    Column("state", JSONB, nullable=False),
    Column("recorded_at", MOMENT, nullable=False),
)

# Whose care a claim is for: written into the processing log, shown to nobody, contract managers neither.
claim_client = Table(
    "claim_client",
    METADATA,
    Column("claim", UUID, primary_key=True),
    Column("client", UUID, primary_key=True),
)

# Kept by the worker beside the valuation. `granted_cents` is null where any day is not valued; `known_from`: since when
# anything was known of the indication.
claimable = Table(
    "claimable",
    METADATA,
    Column("indication", UUID, primary_key=True),
    Column("municipality", Text, nullable=False),
    Column("assignment_number", Integer, nullable=False),
    Column("provider", Text, nullable=False),
    Column("client", UUID, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("granted_cents", BigInteger),
    Column("withdrawn", Boolean, nullable=False),
    Column("known_from", MOMENT),
    # Not unique: for a moment a number has two, when its owner lost one and recorded it anew.
    Index("claimable_number", "municipality", "assignment_number"),
)
