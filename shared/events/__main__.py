"""`python -m shared.events [FOLDER]` writes the JSON Schemas of all events (default folder: docs/events)."""

import sys
from pathlib import Path

from shared.events.schemas import write

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/events")
for path in write(folder):
    sys.stdout.write(f"{path}\n")
