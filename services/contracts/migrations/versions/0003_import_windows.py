"""Import mode: windows in which history may come in, and events that bring the moment from which they were known."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.steps import add_import_windows, add_importing

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_import_windows("contracts")
    add_importing("contracts")
    column: sa.Column[bool] = sa.Column(
        "importing", sa.Boolean(), server_default=sa.text("false"), nullable=False
    )
    op.add_column("own_inputs", column, schema="contracts")
