"""The processing-log record of a request, and the way to write it for the persons whose data it read."""

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from shared.auth import Authenticated
from shared.database import Connection
from shared.processing_log import ProcessingRecord, record
from shared.values.moments import now


async def _processing(request: Request, principal: Authenticated) -> ProcessingRecord:
    return record(request.scope["route"].name, principal, service=request.app.state.service, start_time=now())


Processing = Annotated[ProcessingRecord, Depends(_processing)]
"""What this request does, in the words of the processing log; its name is the operation's."""


async def log_reading(
    connection: Connection, processing: ProcessingRecord, clients: Collection[UUID]
) -> None:
    """Write that these clients' data were read, in the transaction of the reading."""
    if clients:
        await connection.execute("select log_processing($1, $2)", list(clients), processing.as_json())
