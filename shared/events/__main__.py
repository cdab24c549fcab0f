"""`python -m shared.events [FOLDER]` writes JSON Schemas and AsyncAPI document of all events (default: docs/events)."""

import sys
from pathlib import Path

from shared.events import asyncapi
from shared.events.schemas import schemas, write

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/events")
for path in write(folder, schemas() | {asyncapi.FILE: asyncapi.document()}):
    sys.stdout.write(f"{path}\n")
