"""Import windows over HTTP: an operator opens one for an organisation, and closes it when its history is in."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Response

from shared.auth import Principal, Role, allow
from shared.deliveries import windows
from shared.deliveries.schemas import ImportWindow, ImportWindowBody, ImportWindowPage
from shared.paging import Paging
from shared.problems import NotFound
from shared.web.routing import Router
from shared.web.transaction import Transaction

Operator = Annotated[Principal, allow(Role.OPERATOR)]
Organisation = Annotated[str, Path(pattern="^[A-Za-z0-9-]{1,40}$", description="As it stands in its tokens")]


def add_windows(router: Router) -> None:
    """Add the routes of a service's import windows."""

    @router.get("/import-windows")
    async def import_windows(_: Operator, paging: Paging, connection: Transaction) -> ImportWindowPage:
        """List import windows, open and closed, newest first."""
        key = paging.key(UUID)
        rows = await windows.windows(connection, after=key[0] if key else None, limit=paging.size + 1)
        link = paging.next_link(rows, lambda row: (str(row["id"]),))
        return ImportWindowPage.model_validate({"items": rows[: paging.size], "next": link})

    @router.put(
        "/import-windows/{organisation}",
        problems=[windows.ImportWindowOpen],
        responses={201: {"model": ImportWindow, "description": "Open from now on"}},
    )
    async def open_import_window(
        response: Response,
        operator: Operator,
        organisation: Organisation,
        body: ImportWindowBody,
        connection: Transaction,
    ) -> ImportWindow:
        """Let an organisation deliver its history: records that say since when they were known.

        Until it is closed and all of it is applied, figures as of the past say `importOpen`. The same again changes nothing.
        """
        window, is_new = await windows.open_window(
            connection,
            organisation,
            known_after=body.known_after,
            reason=body.reason,
            by=operator.organisation,
        )
        response.status_code = 201 if is_new else 200
        return ImportWindow.model_validate(window)

    @router.delete("/import-windows/{organisation}", problems=[NotFound, windows.ImportUnfinished])
    async def close_import_window(
        _: Operator, organisation: Organisation, connection: Transaction
    ) -> ImportWindow:
        """Close an organisation's import window: what it delivers is known when it comes again. Twice changes nothing."""
        closed = await windows.close_window(connection, organisation)
        if closed is None:
            raise NotFound("No import window was ever opened for this organisation.")
        return ImportWindow.model_validate(closed)
