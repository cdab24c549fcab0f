"""Periods of care as they are now, all that was kept of them, and what is to be logged once a client is known."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.referrals.schema import METADATA
from shared.journal.tables import MOMENT

care_period = Table(
    "care_period",
    METADATA,
    Column("id", UUID, primary_key=True),
    Column("municipality", Text, nullable=False),
    Column("assignment_number", Integer, nullable=False),
    Column("valid_from", Date, nullable=False),
    # In the key: of two providers that name a number before it is known, one at most is right.
    Column("provider", Text, nullable=False),
    Column("valid_to", Date),
    Column("reason_of_ending", Text),
    Column("withdrawn", Boolean, nullable=False),
    Column("sent_at", MOMENT, nullable=False),
    Column("status", Text, nullable=False),
    Column("refusal", Text),
    Column("waiting_since", MOMENT),
    Column("indication", UUID, ForeignKey("referrals.indication.id"), index=True),
    Column("client", UUID),
    Column("version", Integer, nullable=False),
    Column("recorded_at", MOMENT, nullable=False),
    UniqueConstraint("municipality", "assignment_number", "valid_from", "provider", name="care_period_key"),
    CheckConstraint("assignment_number between 0 and 999999999", name="care_period_number_range"),
    CheckConstraint("valid_to is null or valid_to >= valid_from", name="care_period_days"),
    CheckConstraint("(valid_to is null) = (reason_of_ending is null)", name="care_period_stop"),
    CheckConstraint("status in ('waiting', 'accepted', 'refused')", name="care_period_status"),
    CheckConstraint("(status = 'refused') = (refusal is not null)", name="care_period_refusal"),
    CheckConstraint("(status = 'waiting') = (waiting_since is not null)", name="care_period_waiting"),
    CheckConstraint(
        "status <> 'accepted' or (indication is not null and client is not null and version > 0)",
        name="care_period_accepted",
    ),
    Index("care_period_provider", "provider", "municipality", "assignment_number", "valid_from"),
    Index(
        "care_period_waiting_number",
        "municipality",
        "assignment_number",
        postgresql_where=text("status = 'waiting'"),
    ),
    Index("care_period_waiting_since", "waiting_since", postgresql_where=text("status = 'waiting'")),
)

care_period_history = Table(
    "care_period_history",
    METADATA,
    Column("care_period", UUID, ForeignKey(care_period.c.id), primary_key=True),
    Column("sent_at", MOMENT, primary_key=True),
    # False: it arrived so; true: what was decided later about what had waited.
    Column("decision", Boolean, primary_key=True),
    Column("municipality", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("valid_to", Date),
    Column("reason_of_ending", Text),
    Column("withdrawal", Boolean, nullable=False),
    Column("reason", Text),
    Column("outcome", Text, nullable=False),
    Column("refusal", Text),
    Column("version", Integer),
    Column("recorded_at", MOMENT, nullable=False),
    # Of history that is delivered later: when it became known then. Null: when it came.
    Column("known_at", MOMENT),
    CheckConstraint(
        "outcome in ('created', 'applied', 'superseded', 'accepted', 'refused')",
        name="care_period_history_outcome",
    ),
)

care_period_processing = Table(
    "care_period_processing",
    METADATA,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("care_period", UUID, ForeignKey(care_period.c.id), nullable=False, index=True),
    Column("municipality", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("record", JSONB, nullable=False),
    Column("recorded_at", MOMENT, nullable=False),
)
