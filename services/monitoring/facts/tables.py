"""The spans: a row per stretch and knowledge, from which every figure is read.

`known_to` is 'infinity' for what is known now. Months are integers (`year * 12 + month - 1`), the last month of an open
end is OPEN_END. There is one row per day and fact at most, so nothing is counted twice within its key.
"""

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


def _known() -> tuple[Column[object], ...]:
    return Column("known_from", MOMENT, nullable=False), Column("known_to", MOMENT, nullable=False)


def _offer() -> tuple[Column[object], ...]:
    """What is bought of whom."""
    return (
        Column("first_month", SmallInteger, nullable=False),
        Column("last_month", SmallInteger, nullable=False),
        Column("segment", SmallInteger),
        Column("residential", Boolean, nullable=False),
        Column("family", Boolean, nullable=False),
        Column("housing", Boolean, nullable=False),
        Column("product", Text, nullable=False),
        Column("provider", Text, nullable=False),
    )


def _subject() -> tuple[Column[object], ...]:
    """What an indication says of its spans, whatever they are spans of."""
    return (
        Column("client", Integer, nullable=False),
        *_offer(),
        Column("municipality", Text, nullable=False),
        Column("sub_region", Text),
        Column("referrer", Text),
    )


def _of_now(name: str, *columns: str, include: tuple[str, ...]) -> Index:
    """Covering, and of what is known now only: a figure of a few groups reads a few pages, however much history."""
    return Index(
        name,
        *columns,
        postgresql_include=["last_month", *include],
        postgresql_where=text("known_to = 'infinity'"),
    )


_PLACE = ("municipality", "segment", "product", "first_month")
_OFFER = ("provider", "product", "first_month")

span = Table(
    "span",
    METADATA,
    Column("indication", UUID, nullable=False),
    *_known(),
    *_subject(),
    Column("valued", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    # Running totals: the amount of any period is then one subtraction, however long it is.
    Column("running_cents", ARRAY(BigInteger), nullable=False),
    CheckConstraint("status in ('contracted', 'bespoke', 'pending')", name="span_status"),
    Index("span_indication", "indication"),
    _of_now("span_now_place", *_PLACE, include=("client", "status")),
    _of_now("span_now_offer", *_OFFER, include=("client", "status")),
)

care_span = Table(
    "care_span",
    METADATA,
    Column("indication", UUID, nullable=False),
    Column("care", UUID, nullable=False),
    *_known(),
    *_subject(),
    Column("pending", Boolean, nullable=False),
    Column("started", Boolean, nullable=False),
    Column("ended", Boolean, nullable=False),
    Column("first_start", Boolean, nullable=False),
    Column("waited_days", Integer),
    Index("care_span_indication", "indication"),
    Index("care_span_care", "care"),
    _of_now("care_span_now_place", *_PLACE, include=("client", "started", "ended")),
    _of_now("care_span_now_offer", *_OFFER, include=("client", "started", "ended")),
)

# A claim is for few months: its amounts are small enough to stand in the indexes.
claim_span = Table(
    "claim_span",
    METADATA,
    Column("claim", UUID, nullable=False),
    Column("indication", UUID, nullable=False),
    *_known(),
    *_subject(),
    Column("pending", Boolean, nullable=False),
    Column("running_cents", ARRAY(BigInteger), nullable=False),
    Index("claim_span_claim", "claim"),
    _of_now("claim_span_now_place", *_PLACE, include=("running_cents",)),
    _of_now("claim_span_now_offer", *_OFFER, include=("running_cents",)),
)

offer_span = Table(
    "offer_span",
    METADATA,
    Column("report", UUID, nullable=False),
    *_known(),
    *_offer(),
    Column("weeks", SmallInteger),
    Index("offer_span_report", "report"),
    _of_now("offer_span_now_offer", "product", "provider", "first_month", include=("segment", "weeks")),
)
NOW: ColumnElement[bool] = literal_column("known_to = 'infinity'", Boolean)
