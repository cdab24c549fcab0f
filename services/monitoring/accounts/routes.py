"""Annual accounts over HTTP. A municipality puts its own; analysts and contract managers read all."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from services.monitoring.accounts.domain import key
from services.monitoring.accounts.schemas import (
    AccountsBody,
    AccountsPage,
    AnnualAccounts,
    RecordedAccounts,
    Year,
)
from services.monitoring.stated import commands, queries
from services.monitoring.stated.domain import Kind, Outcome
from shared.auth import Principal, Role, allow
from shared.paging import Paging
from shared.problems import NotFound
from shared.values.identifiers import MunicipalityCode
from shared.web import Router, Transaction
from shared.web.region import InRegion

router = Router(tags=["accounts"])

Writer = Annotated[Principal, allow(Role.MUNICIPALITY)]
Reader = Annotated[Principal, allow(Role.MUNICIPALITY, Role.CONTRACT_MANAGER, Role.ANALYST)]
OfYear = Annotated[Year, Path(alias="year")]
_ONE = "/accounts/{municipality}/{year}"


@router.put(_ONE, responses={201: {"model": RecordedAccounts, "description": "Recorded for the first time"}})
async def put_accounts(
    request: Request,
    response: Response,
    _: Writer,
    municipality: InRegion,
    year: OfYear,
    body: AccountsBody,
    connection: Transaction,
) -> RecordedAccounts:
    """Put the annual accounts of a year. The same again changes nothing; every version is kept.

    The newest `statedOn` counts, whatever the order of arrival: accounts of an earlier day are kept and change nothing
    (`superseded`); of two of the same day the one that came last is a correction.
    """
    statement = body.accounts(municipality, year).statement(request.app.state.region)
    (result,) = await commands.record(connection, Kind.ACCOUNTS, [statement])
    if result.outcome is Outcome.CREATED:
        response.status_code = 201
    return RecordedAccounts.model_validate(result.current | {"outcome": result.outcome})


@router.get(_ONE, problems=[NotFound])
async def accounts_of_year(
    _: Reader, municipality: InRegion, year: OfYear, connection: Transaction
) -> AnnualAccounts:
    """Read the accounts of a year that count now."""
    found = await queries.one(connection, Kind.ACCOUNTS, key(municipality, year))
    if found is None:
        raise NotFound
    return AnnualAccounts.model_validate(found)


@router.get(f"{_ONE}/history", problems=[NotFound])
async def accounts_history(
    _: Reader, municipality: InRegion, year: OfYear, paging: Paging, connection: Transaction
) -> AccountsPage:
    """Read every version of the accounts of a year, the last to come first."""
    rows = await queries.history(
        connection, Kind.ACCOUNTS, key(municipality, year), after=paging.key(int), limit=paging.size + 1
    )
    if not rows and paging.after is None:
        raise NotFound
    link = paging.next_link(rows, lambda row: (row["version"],))
    return AccountsPage.model_validate({"items": rows[: paging.size], "next": link})


@router.get("/accounts")
async def accounts(
    _: Reader,
    paging: Paging,
    connection: Transaction,
    municipality: Annotated[MunicipalityCode | None, Query()] = None,
    year: Annotated[Year | None, Query()] = None,
) -> AccountsPage:
    """List the accounts that count now, by municipality and year."""
    narrowed = {"municipality": municipality, "year": year}
    rows = await queries.many(
        connection, Kind.ACCOUNTS, narrowed, after=paging.key(str), limit=paging.size + 1
    )
    link = paging.next_link(rows, lambda row: (row[0],))
    return AccountsPage.model_validate({"items": [row[1] for row in rows[: paging.size]], "next": link})
