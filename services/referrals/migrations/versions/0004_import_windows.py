"""Import mode: windows in which history may come in, and events that bring the moment from which they were known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.security import following_security, import_security

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
_MOMENT = postgresql.TIMESTAMP(timezone=True)
_FALSE = sa.text("false")


def upgrade() -> None:
    op.create_table(
        "import_window",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("known_after", _MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        schema="referrals",
    )
    op.create_index(
        "import_window_open",
        "import_window",
        ["organisation"],
        unique=True,
        schema="referrals",
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.add_column("journal", sa.Column("imported_known_at", _MOMENT, nullable=True), schema="referrals")
    op.add_column(
        "journal_pending", sa.Column("imported_known_at", _MOMENT, nullable=True), schema="referrals"
    )
    op.create_index(
        "journal_pending_imported",
        "journal_pending",
        ["id"],
        unique=False,
        schema="referrals",
        postgresql_where=sa.text("imported_known_at IS NOT NULL"),
    )
    for name in ("derived_importing", "derived_known_importing"):
        column: sa.Column[bool] = sa.Column(name, sa.Boolean(), server_default=_FALSE, nullable=False)
        op.add_column("sequencer", column, schema="referrals")
    # The relay compares its row as a whole.
    op.execute(
        "update referrals.relay set topics = coalesce((select jsonb_object_agg(key, value || '{\"importing\": false}')"
        " from jsonb_each(topics)), '{}')"
    )
    op.add_column(
        "delivery", sa.Column("mode", sa.Text(), server_default="changes", nullable=False), schema="referrals"
    )
    op.add_column(
        "delivery", sa.Column("missing", sa.Integer(), server_default="0", nullable=False), schema="referrals"
    )
    op.create_check_constraint("delivery_mode", "delivery", "mode in ('changes', 'full')", schema="referrals")
    op.create_table(
        "delivery_missing",
        sa.Column("delivery", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("delivery", "key"),
        schema="referrals",
    )
    for statement in [*import_security("referrals"), *following_security("referrals")]:
        op.execute(statement)
