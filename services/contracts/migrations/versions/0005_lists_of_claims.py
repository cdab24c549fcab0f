"""Claims are decided by lists; what can be claimed under says since when it is known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "claimable",
        sa.Column("known_from", postgresql.TIMESTAMP(timezone=True), nullable=True),
        schema="contracts",
    )
    # Replaced by functions of lists.
    for function in ("judge_claim", "write_claim", "note_client", "lock_claims"):
        op.execute(f"drop function if exists contracts.{function}")
