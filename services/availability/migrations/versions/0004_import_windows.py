"""Import mode: windows in which history may come in, and events that bring the moment from which they were known."""

from shared.migrations.steps import add_import_windows, add_importing

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    add_import_windows("availability")
    add_importing("availability")
