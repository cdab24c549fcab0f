"""Import mode: windows in which history may come in, and events that bring the moment from which they were known."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.security import following_security
from shared.migrations.steps import add_import_windows, add_missing_records

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_import_windows("referrals")
    op.add_column(
        "delivery", sa.Column("mode", sa.Text(), server_default="changes", nullable=False), schema="referrals"
    )
    op.add_column(
        "delivery", sa.Column("missing", sa.Integer(), server_default="0", nullable=False), schema="referrals"
    )
    op.create_check_constraint("delivery_mode", "delivery", "mode in ('changes', 'full')", schema="referrals")
    add_missing_records("referrals")
    for statement in following_security("referrals"):
        op.execute(statement)
