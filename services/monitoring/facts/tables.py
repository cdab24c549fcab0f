"""The rows that every figure is read from."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from services.monitoring.schema import METADATA
from shared.journal.tables import MOMENT

# A number of 4 bytes in the spans and their indexes, in place of an id of 16.
client = Table(
    "client",
    METADATA,
    Column("number", Integer, Identity(always=True), primary_key=True),
    Column("id", UUID, nullable=False, unique=True),
)

span = Table(
    "span",
    METADATA,
    Column("indication", UUID, nullable=False),
    Column("known_from", MOMENT, nullable=False),
    Column("known_to", MOMENT, nullable=False),
    Column("client", Integer, nullable=False),
    Column("first_month", SmallInteger, nullable=False),
    Column("last_month", SmallInteger, nullable=False),
    Column("segment", SmallInteger),
    Column("residential", Boolean, nullable=False),
    Column("family", Boolean, nullable=False),
    Column("housing", Boolean, nullable=False),
    Column("valued", Boolean, nullable=False),
    Column("municipality", Text, nullable=False),
    Column("sub_region", Text),
    Column("product", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("referrer", Text),
    Column("status", Text, nullable=False),
    # Running totals: the amount of any period is then one subtraction, however long it is.
    Column("running_cents", ARRAY(BigInteger), nullable=False),
    CheckConstraint("status in ('contracted', 'bespoke', 'pending')", name="span_status"),
    Index("span_indication", "indication"),
    # Covering, and of what is known now only: a figure of a few groups reads a few pages, however much history there is.
    Index(
        "span_now_place",
        *("municipality", "segment", "product", "first_month"),
        postgresql_include=["last_month", "client", "status"],
        postgresql_where=text("known_to = 'infinity'"),
    ),
    Index(
        "span_now_offer",
        *("provider", "product", "first_month"),
        postgresql_include=["last_month", "client", "status"],
        postgresql_where=text("known_to = 'infinity'"),
    ),
)
NOW: ColumnElement[bool] = literal_column("known_to = 'infinity'", Boolean)
