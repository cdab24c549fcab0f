"""Care in lists: when a version of it became known, and functions that nothing calls any more."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_REPLACED = (
    "record_indications(jsonb, jsonb)",
    "decided_indications(jsonb)",
    "fixed_fields(uuid, jsonb)",
    "indication_state(text, int, timestamptz, uuid, jsonb, boolean)",
    "record_care_periods(jsonb, jsonb)",
    "judge_care_period(referrals.care_period, referrals.care_period)",
    "save_care_period(referrals.care_period)",
    "conclude_care_period(referrals.care_period)",
    "care_event(referrals.care_period)",
    "log_waited_care(uuid, uuid)",
    "indication_for_care(text, int)",
    "overlapping_care(uuid, uuid, date, date)",
)


def upgrade() -> None:
    op.add_column(
        "care_period_history",
        sa.Column("known_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        schema="referrals",
    )
    for function in _REPLACED:
        op.execute(f"drop function if exists referrals.{function}")
