"""The journal of one publishing service: what it has recorded, in which order it became known, what was sent."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP, UUID

MOMENT = TIMESTAMP(timezone=True)
# The broker takes 1 MB; a larger event must fail its request and not the relay.
LARGEST_PAYLOAD = 900_000


def journal_tables(metadata: MetaData) -> None:
    """Declare the tables that a service needs to publish; columns have Debezium's outbox meaning."""
    Table(
        "journal",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("event_id", UUID, nullable=False, server_default=text("uuidv7()")),
        Column("aggregatetype", Text, nullable=False),
        Column("aggregateid", UUID, nullable=False),
        Column("version", Integer, nullable=False),
        Column("payload", JSONB, nullable=False),
        Column("organisations", ARRAY(Text), nullable=False),
        Column("recorded_at", MOMENT, nullable=False),
        Column("traceparent", Text),
        Column("imported_known_at", MOMENT),
        UniqueConstraint("aggregateid", "version", name="journal_aggregate_version"),
        CheckConstraint(f"octet_length(payload::text) <= {LARGEST_PAYLOAD}", name="journal_payload_size"),
    )
    # What an import brings along; all else is known from the moment of its sequencing.
    pending = Table(
        "journal_pending",
        metadata,
        Column("id", BigInteger, primary_key=True, autoincrement=False),
        Column("imported_known_at", MOMENT),
    )
    Index(
        "journal_pending_imported",
        pending.c.id,
        postgresql_where=pending.c.imported_known_at.is_not(None),
    )
    Table(
        "journal_position",
        metadata,
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        Column("id", BigInteger, nullable=False, unique=True),
        Column("known_at", MOMENT, nullable=False),
    )
    Table(
        "sequencer",
        metadata,
        *_single_row("sequencer"),
        Column("position", BigInteger, nullable=False, server_default="0"),
        Column("known_through", MOMENT, nullable=False, server_default=text("'-infinity'")),
        Column("derived_through", MOMENT),
        Column("derived_known_through", MOMENT),
        *(
            Column(name, Boolean, nullable=False, server_default=text("false"))
            for name in ("derived_importing", "derived_known_importing")
        ),
    )
    # When history may come in: an operator opens and closes it for an organisation.
    window = Table(
        "import_window",
        metadata,
        Column("id", UUID, primary_key=True, server_default=text("uuidv7()")),
        Column("organisation", Text, nullable=False),
        Column("known_after", MOMENT),
        Column("reason", Text, nullable=False),
        Column("opened_by", Text, nullable=False),
        Column("opened_at", MOMENT, nullable=False),
        Column("closed_at", MOMENT),
    )
    Index(
        "import_window_open",
        window.c.organisation,
        unique=True,
        postgresql_where=window.c.closed_at.is_(None),
    )

    Table(
        "relay",
        metadata,
        *_single_row("relay"),
        Column("generation", Integer, nullable=False, server_default="1"),
        Column("cursor", BigInteger, nullable=False, server_default="0"),
        Column("topics", JSONB, nullable=False, server_default=text("'{}'")),
    )
    Table(
        "relay_parked",
        metadata,
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        Column("aggregateid", UUID, nullable=False, index=True),
        Column("topic", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("parked_at", MOMENT, nullable=False),
    )


def _single_row(table: str) -> tuple[Column[int], CheckConstraint]:
    single = Column("single", Integer, primary_key=True, autoincrement=False)
    return single, CheckConstraint("single = 1", name=f"{table}_single_row")


def processing_log_table(metadata: MetaData) -> None:
    """Declare the processing log: who did what with whose data and why (Logboek Dataverwerkingen), one row per person."""
    Table(
        "processing_log",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("trace_id", Text, nullable=False),
        Column("span_id", Text, nullable=False),
        Column("parent_span_id", Text),
        Column("status", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("organisation", Text, nullable=False),
        Column("processing_activity_id", Text, nullable=False),
        Column("data_subject_id", UUID, nullable=False, index=True),
        Column("start_time", MOMENT, nullable=False),
        Column("end_time", MOMENT, nullable=False),
    )
