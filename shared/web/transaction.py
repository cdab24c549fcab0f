"""The one transaction of a request.

    @router.put(...)
    async def record(connection: Transaction, ...) -> ...

It commits when the endpoint returns and **before** the answer is sent: with FastAPI's usual scope a `yield`
dependency ends after the answer, and a failed commit would have been answered 201. Nobody else commits; an
error is raised, never returned, since a returned answer commits.

The one exception waits: it asks for `Transactions` and opens one per look, so that it holds none meanwhile.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Protocol

from fastapi import Depends, Request

from shared.auth.access import Authenticated
from shared.crash_points import crash_point
from shared.database import Connection


class TransactionSource(Protocol):
    """What `app.state.database` must offer; `shared.database.Database` does."""

    def transaction(self, *, organisation: str, role: str) -> AbstractAsyncContextManager[Connection]:
        """A connection in a transaction in which row-level security knows the organisation and the role."""


@asynccontextmanager
async def _of_caller(request: Request, principal: Authenticated) -> AsyncIterator[Connection]:
    database: TransactionSource = request.app.state.database
    async with database.transaction(
        organisation=principal.organisation, role=principal.role.value
    ) as connection:
        yield connection
    crash_point("api_after_commit")


async def _transaction(request: Request, principal: Authenticated) -> AsyncIterator[Connection]:
    async with _of_caller(request, principal) as connection:
        yield connection


async def _transactions(
    request: Request, principal: Authenticated
) -> Callable[[], AbstractAsyncContextManager[Connection]]:
    return lambda: _of_caller(request, principal)


Transaction = Annotated[Connection, Depends(_transaction, scope="function")]
Transactions = Annotated[Callable[[], AbstractAsyncContextManager[Connection]], Depends(_transactions)]
