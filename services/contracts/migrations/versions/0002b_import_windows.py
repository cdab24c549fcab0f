"""Import mode: windows in which history may come in, and events that bring the moment from which they were known."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.security import import_security

revision = "0002b"
down_revision = "0002"
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
        schema="contracts",
    )
    op.create_index(
        "import_window_open",
        "import_window",
        ["organisation"],
        unique=True,
        schema="contracts",
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.add_column("journal", sa.Column("imported_known_at", _MOMENT, nullable=True), schema="contracts")
    op.add_column(
        "journal_pending", sa.Column("imported_known_at", _MOMENT, nullable=True), schema="contracts"
    )
    op.create_index(
        "journal_pending_imported",
        "journal_pending",
        ["id"],
        unique=False,
        schema="contracts",
        postgresql_where=sa.text("imported_known_at IS NOT NULL"),
    )
    for name in ("derived_importing", "derived_known_importing"):
        column: sa.Column[bool] = sa.Column(name, sa.Boolean(), server_default=_FALSE, nullable=False)
        op.add_column("sequencer", column, schema="contracts")
    # The relay compares its row as a whole.
    op.execute(
        "update contracts.relay set topics = coalesce((select jsonb_object_agg(key, value || '{\"importing\": false}')"
        " from jsonb_each(topics)), '{}')"
    )
    op.add_column(
        "watermark",
        sa.Column("importing", sa.Boolean(), server_default=_FALSE, nullable=False),
        schema="contracts",
    )
    for name in ("target_importing", "latest_importing"):
        op.add_column("watermark", sa.Column(name, sa.Boolean(), nullable=True), schema="contracts")
    op.add_column(
        "recompute_through",
        sa.Column("importing", sa.Boolean(), server_default=_FALSE, nullable=False),
        schema="contracts",
    )
    op.add_column(
        "own_inputs",
        sa.Column("importing", sa.Boolean(), server_default=_FALSE, nullable=False),
        schema="contracts",
    )
    for statement in import_security("contracts"):
        op.execute(statement)
