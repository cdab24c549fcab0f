"""The client vault: the one place that holds a BSN, encrypted, found by a keyed hash."""

from sqlalchemy import Column, Integer, LargeBinary, Table, text
from sqlalchemy.dialects.postgresql import UUID

from services.referrals.schema import METADATA
from shared.journal.tables import MOMENT

client = Table(
    "client",
    METADATA,
    Column("id", UUID, primary_key=True, server_default=text("gen_random_uuid()")),
    Column("bsn_index", LargeBinary, nullable=False, unique=True),
    Column("bsn_sealed", LargeBinary, nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("recorded_at", MOMENT, nullable=False),
)
