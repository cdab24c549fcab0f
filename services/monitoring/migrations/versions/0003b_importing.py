"""Whether history may be coming in to what is read."""

import sqlalchemy as sa
from alembic import op

revision = "0003b"
down_revision = "0003"
branch_labels = None
depends_on = None
_FALSE = sa.text("false")


def upgrade() -> None:
    op.add_column(
        "watermark",
        sa.Column("importing", sa.Boolean(), server_default=_FALSE, nullable=False),
        schema="monitoring",
    )
    for name in ("target_importing", "latest_importing"):
        op.add_column("watermark", sa.Column(name, sa.Boolean(), nullable=True), schema="monitoring")
    op.add_column(
        "recompute_through",
        sa.Column("importing", sa.Boolean(), server_default=_FALSE, nullable=False),
        schema="monitoring",
    )
