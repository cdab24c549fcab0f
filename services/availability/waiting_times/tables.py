"""Waiting times: every report as it is now, and of each provider, location and product the one that counts."""

from sqlalchemy import Column, Date, Integer, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB, UUID

from services.availability.schema import METADATA
from shared.journal.tables import MOMENT

report = Table(
    "report",
    METADATA,
    Column("id", UUID, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("product", Text, nullable=False),
    Column("reference_date", Date, nullable=False),
    Column("state", JSONB, nullable=False),
    Column("version", Integer, nullable=False),
    Column("recorded_at", MOMENT, nullable=False),
    UniqueConstraint("provider", "location", "product", "reference_date", name="report_key"),
)
# The report with the newest reference date, so that a search joins it without looking through five years of them.
waiting_time = Table(
    "waiting_time",
    METADATA,
    Column("provider", Text, primary_key=True),
    Column("location", Text, primary_key=True),
    Column("product", Text, primary_key=True),
    Column("reference_date", Date, nullable=False),
    Column("intake_weeks", Integer),
    Column("start_weeks", Integer),
    Column("places", Integer),
    Column("admission", Text, nullable=False),
    Column("reason", Text),
    Column("until", Date),
    Column("recorded_at", MOMENT, nullable=False),
)
