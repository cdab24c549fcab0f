"""Whether history may be coming in to what is read."""

from shared.migrations.steps import add_importing

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_importing("monitoring")
