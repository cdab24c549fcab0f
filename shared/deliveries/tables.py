"""Deliveries, what waits of them, and what was refused."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from shared.journal.tables import MOMENT


def delivery_tables(metadata: MetaData) -> None:
    """Declare the tables that a service needs to take deliveries."""
    delivery = Table(
        "delivery",
        metadata,
        Column("id", UUID, primary_key=True),
        Column("organisation", Text, nullable=False),
        Column("role", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("dry_run", Boolean, nullable=False),
        Column("mode", Text, nullable=False, server_default="changes"),
        Column("state", Text, nullable=False),
        Column("processing", JSONB, nullable=False),
        Column("traceparent", Text, nullable=False),
        Column("records", Integer, nullable=False),
        *(
            Column(name, Integer, nullable=False, server_default="0")
            for name in ("created", "changed", "unchanged", "superseded", "refused", "missing")
        ),
        Column("at_key", Text, nullable=False, server_default=""),
        Column("recorded_at", MOMENT, nullable=False),
        Column("started_at", MOMENT),
        Column("advanced_at", MOMENT, nullable=False),
        Column("finished_at", MOMENT),
        CheckConstraint("mode in ('changes', 'full')", name="delivery_mode"),
        CheckConstraint("state in ('received', 'applying', 'done', 'failed')", name="delivery_state"),
        CheckConstraint(
            "(finished_at is null) = (state in ('received', 'applying'))", name="delivery_finished"
        ),
        Index("delivery_organisation", "organisation", "id"),
    )
    Index(
        "delivery_unfinished",
        delivery.c.advanced_at,
        postgresql_where=text("state in ('received', 'applying')"),
    )
    Table(
        "staged_record",
        metadata,
        Column("delivery", UUID, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("moment", Text, primary_key=True),
        Column("record", Integer, primary_key=True, autoincrement=False),
        Column("content", JSONB, nullable=False),
    )
    Table(
        "delivery_refusal",
        metadata,
        Column("delivery", UUID, primary_key=True),
        Column("record", Integer, primary_key=True, autoincrement=False),
        Column("place", Integer, primary_key=True, autoincrement=False),
        Column("organisation", Text, nullable=False),
        Column("role", Text, nullable=False),
        Column("field", Text),
        Column("code", Text, nullable=False),
        Column("message", Text, nullable=False),
        Column("message_nl", Text),
        Column("recorded_at", MOMENT, nullable=False),
    )
    # What a full delivery did not hold of what is known here.
    Table(
        "delivery_missing",
        metadata,
        Column("delivery", UUID, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("number", Text, nullable=False),
        Column("organisation", Text, nullable=False),
        Column("role", Text, nullable=False),
    )
