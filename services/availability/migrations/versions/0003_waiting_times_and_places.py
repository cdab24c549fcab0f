"""waiting times, and offers by location.

Offers are derived, so the table is made anew instead of changed: all agreements become dirty, and until the worker has
derived them nothing is promised.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.security import ORGANISATION, once, role_is, served

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("reference_date", sa.Date(), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("provider", "location", "product", "reference_date", name="report_key"),
        schema="availability",
    )
    op.create_table(
        "waiting_time",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("reference_date", sa.Date(), nullable=False),
        sa.Column("intake_weeks", sa.Integer(), nullable=True),
        sa.Column("start_weeks", sa.Integer(), nullable=True),
        sa.Column("places", sa.Integer(), nullable=True),
        sa.Column("admission", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("recorded_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider", "location", "product"),
        schema="availability",
    )
    op.drop_table("offer", schema="availability")
    op.create_table(
        "offer",
        sa.Column("agreement", sa.UUID(), nullable=False),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_name", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("name_nl", sa.Text(), nullable=True),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("segment", sa.SmallInteger(), nullable=True),
        sa.Column("residential", sa.Boolean(), nullable=True),
        sa.Column("family", sa.Boolean(), nullable=True),
        sa.Column("housing", sa.Boolean(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("minimum_age", sa.SmallInteger(), nullable=True),
        sa.Column("maximum_age", sa.SmallInteger(), nullable=True),
        sa.Column("municipalities", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("location_name", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.CheckConstraint("valid_to is null or valid_to >= valid_from", name="offer_period"),
        sa.UniqueConstraint("agreement", "location", name="offer_key", postgresql_nulls_not_distinct=True),
        schema="availability",
    )
    for name, columns in _INDEXES.items():
        op.create_index(name, "offer", columns, unique=False, schema="availability")
    for statement in (*_SECURITY, *_DERIVE_ANEW):
        op.execute(statement)


_INDEXES = {
    "offer_product": ["product", "valid_from"],
    "offer_provider": ["provider", "product", "valid_from"],
    "offer_location": ["provider", "location"],
}
# A search reads thousands of rows, and is planned by how many a policy seems to leave: hence once a statement.
_OWN = f"({once(role_is('provider'))} and provider = {once(ORGANISATION)})"
_ALL = once(role_is("referrer", "contract-manager"))
_SECURITY = [
    # A provider has no list of offers: its reports are held against what it is contracted for.
    *served("availability.offer", read=f"({_ALL} or {_OWN})"),
    *served("availability.report", read=f"({once(role_is('contract-manager'))} or {_OWN})", write=_OWN),
    *served("availability.waiting_time", read=f"({_ALL} or {_OWN})", write=_OWN),
]
_DERIVE_ANEW = [
    (
        "insert into availability.dirty (kind, aggregate)"
        " select distinct 'contracts.agreement', aggregate from availability.contracts_agreement"
    ),
    "delete from availability.recompute_through",
]
