"""The tables of a service that reads others' events."""

from sqlalchemy import BigInteger, Boolean, Column, Identity, Integer, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from shared.journal.tables import MOMENT


def copy_table(metadata: MetaData, name: str) -> Table:
    """Declare the copy of one topic: every version of every aggregate, as its owner published it.

    `generation` is the highest in which the version was seen; a version that the newest generation did not
    bring back is one that its owner lost, and goes.
    """
    return Table(
        name,
        metadata,
        Column("aggregate", UUID, primary_key=True),
        Column("version", Integer, primary_key=True, autoincrement=False),
        Column("known_at", MOMENT, nullable=False),
        Column("generation", Integer, nullable=False),
        Column("state", JSONB, nullable=False),
    )


def consumer_tables(metadata: MetaData) -> None:
    """Declare offsets, watermarks, what is dirty, and what could not be applied."""
    Table(
        "consumed",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("partition", Integer, primary_key=True, autoincrement=False),
        Column("generation", Integer, nullable=False),
        Column("next_offset", BigInteger, nullable=False),
    )
    Table(
        "watermark",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("generation", Integer, nullable=False),
        Column("complete_generation", Integer, nullable=False, server_default="0"),
        Column("target_through", MOMENT),
        Column("target_ends", ARRAY(BigInteger)),
        Column("target_count", BigInteger),
        Column("latest_through", MOMENT),
        Column("latest_ends", ARRAY(BigInteger)),
        Column("latest_count", BigInteger),
        Column("known_through", MOMENT),
        Column("parked_upstream", BigInteger, nullable=False, server_default="0"),
        # Whether the past can still change by history that is being brought; it can until a promise says otherwise.
        Column("importing", Boolean, nullable=False, server_default=text("false")),
        Column("target_importing", Boolean),
        Column("latest_importing", Boolean),
    )
    Table(
        "recompute_through",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("known_through", MOMENT),
        Column("parked", BigInteger, nullable=False, server_default="0"),
        Column("importing", Boolean, nullable=False, server_default=text("false")),
    )
    Table(
        "dirty",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("kind", Text, nullable=False),
        Column("aggregate", UUID, nullable=False),
    )
    Table(
        "parked",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("topic", Text, nullable=False),
        Column("partition", Integer, nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("generation", Integer, nullable=False),
        Column("event_id", Text),
        Column("aggregate", Text),
        Column("version", Integer),
        Column("reason", Text, nullable=False),
        Column("parked_at", MOMENT, nullable=False),
        Column("discarded", Boolean, nullable=False, server_default=text("false")),
    )
