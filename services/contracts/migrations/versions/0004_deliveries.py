"""Deliveries, and of a claim the moment that an import gave."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.steps import add_deliveries

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_deliveries("contracts")
    op.add_column(
        "claim", sa.Column("known_at", postgresql.TIMESTAMP(timezone=True), nullable=True), schema="contracts"
    )
