"""Steps that the migrations of several services take alike. Once landed they stay as they are, as a migration does."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations.security import delivery_security, import_security

_MOMENT = postgresql.TIMESTAMP(timezone=True)
_FALSE = sa.text("false")


def add_import_windows(service: str) -> None:
    """Windows in which history may come in, and events that bring the moment from which they were known."""
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
        schema=service,
    )
    op.create_index(
        "import_window_open",
        "import_window",
        ["organisation"],
        unique=True,
        schema=service,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    _let_events_bring_moments(service)
    for statement in import_security(service):
        op.execute(statement)


def _let_events_bring_moments(service: str) -> None:
    for table in ("journal", "journal_pending"):
        op.add_column(table, sa.Column("imported_known_at", _MOMENT, nullable=True), schema=service)
    op.create_index(
        "journal_pending_imported",
        "journal_pending",
        ["id"],
        unique=False,
        schema=service,
        postgresql_where=sa.text("imported_known_at IS NOT NULL"),
    )
    for name in ("derived_importing", "derived_known_importing"):
        _add_flag("sequencer", name, service)
    # The relay compares its row as a whole.
    op.execute(
        f"update {service}.relay set topics = coalesce((select jsonb_object_agg(key, value || '{{\"importing\": false}}')"
        " from jsonb_each(topics)), '{}')"
    )


def add_importing(service: str) -> None:
    """Whether history may be coming in to what a service reads."""
    _add_flag("watermark", "importing", service)
    for name in ("target_importing", "latest_importing"):
        op.add_column("watermark", sa.Column(name, sa.Boolean(), nullable=True), schema=service)
    _add_flag("recompute_through", "importing", service)


def add_deliveries(service: str) -> None:
    """Deliveries, what waits of them, what was refused, and what a full one did not hold."""
    _add_delivery(service)
    _add_records_of_deliveries(service)
    add_missing_records(service)
    for statement in delivery_security(service):
        op.execute(statement)


def _add_delivery(service: str) -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("mode", sa.Text(), server_default="changes", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("processing", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("traceparent", sa.Text(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("superseded", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused", sa.Integer(), server_default="0", nullable=False),
        sa.Column("missing", sa.Integer(), server_default="0", nullable=False),
        sa.Column("at_key", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("started_at", _MOMENT, nullable=True),
        sa.Column("advanced_at", _MOMENT, nullable=False),
        sa.Column("finished_at", _MOMENT, nullable=True),
        sa.CheckConstraint(
            "(finished_at is null) = (state in ('received', 'applying'))", name="delivery_finished"
        ),
        sa.CheckConstraint("mode in ('changes', 'full')", name="delivery_mode"),
        sa.CheckConstraint("state in ('received', 'applying', 'done', 'failed')", name="delivery_state"),
        sa.PrimaryKeyConstraint("id"),
        schema=service,
    )
    op.create_index("delivery_organisation", "delivery", ["organisation", "id"], unique=False, schema=service)
    op.create_index(
        "delivery_unfinished",
        "delivery",
        ["advanced_at"],
        unique=False,
        schema=service,
        postgresql_where=sa.text("state in ('received', 'applying')"),
    )


def add_missing_records(service: str) -> None:
    """What a full delivery did not hold."""
    op.create_table(
        "delivery_missing",
        sa.Column("delivery", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("delivery", "key"),
        schema=service,
    )


def _add_records_of_deliveries(service: str) -> None:
    op.create_table(
        "delivery_refusal",
        sa.Column("delivery", sa.UUID(), nullable=False),
        sa.Column("record", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("message_nl", sa.Text(), nullable=True),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("delivery", "record", "place"),
        schema=service,
    )
    op.create_table(
        "staged_record",
        sa.Column("delivery", sa.UUID(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("moment", sa.Text(), nullable=False),
        sa.Column("record", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("delivery", "key", "moment", "record"),
        schema=service,
    )


def _add_flag(table: str, name: str, service: str) -> None:
    column: sa.Column[bool] = sa.Column(name, sa.Boolean(), server_default=_FALSE, nullable=False)
    op.add_column(table, column, schema=service)
