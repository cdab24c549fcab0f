"""Statements, every version of them; the numbers in them that figures read; and the clock that stamps them.

`known_to` is 'infinity' for what counts now. A version that was older than what counted when it came has never counted:
its two moments are the same.
"""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Date, Integer, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from services.monitoring.schema import METADATA
from shared.journal.tables import MOMENT

stated = Table(
    "stated",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("organisation", Text, nullable=False),
    Column("stated_on", Date, nullable=False),
    Column("state", JSONB, nullable=False),
    Column("known_from", MOMENT, nullable=False),
    Column("known_to", MOMENT, nullable=False),
)

stated_number = Table(
    "stated_number",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("known_from", MOMENT, primary_key=True),
    Column("known_to", MOMENT, nullable=False),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("municipality", Text),
    Column("sub_region", Text),
    Column("first_month", SmallInteger, nullable=False),
    Column("last_month", SmallInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
)

# One row: whoever writes holds it to the end, so that stamps rise in the order of commits, and after every promise.
stated_clock = Table(
    "stated_clock",
    METADATA,
    Column("single", Boolean, primary_key=True),
    Column("known_through", MOMENT, nullable=False),
    CheckConstraint("single", name="stated_clock_single"),
)
