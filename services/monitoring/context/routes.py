"""Context figures over HTTP. Analysts keep them; whoever reads figures of places reads them."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from services.monitoring.context.domain import AreaNotInRegionError, ContextFigure, key
from services.monitoring.context.schemas import (
    Area,
    ContextFigureBody,
    ContextNumber,
    ContextPage,
    Name,
    RecordedContextNumber,
)
from services.monitoring.stated import commands, queries
from services.monitoring.stated.domain import Kind, Outcome, Statement
from shared.auth import Principal, Role, allow
from shared.dutch import translate
from shared.paging import Paging
from shared.problems import FieldError, InvalidInput, NotFound
from shared.values.period import Day
from shared.values.region import Region
from shared.web import Router, Transaction

router = Router(tags=["context-figures"])

Writer = Annotated[Principal, allow(Role.ANALYST)]
Reader = Annotated[Principal, allow(Role.MUNICIPALITY, Role.CONTRACT_MANAGER, Role.ANALYST)]
OfName = Annotated[Name, Path(alias="name")]
OfArea = Annotated[Area, Path(alias="area")]
OnDay = Annotated[Day, Path(alias="referenceDate")]
_ONE = "/context-figures/{name}/{area}/{referenceDate}"

translate(
    {
        "area": "Dit gebied bestaat op die dag niet; noem de regio (`region`), een deelregio of een gemeentecode."
    }
)


@router.put(
    _ONE, responses={201: {"model": RecordedContextNumber, "description": "Recorded for the first time"}}
)
async def put_context_figure(
    request: Request,
    response: Response,
    _: Writer,
    name: OfName,
    area: OfArea,
    reference_date: OnDay,
    body: ContextFigureBody,
    connection: Transaction,
) -> RecordedContextNumber:
    """Put a context figure of an area. The same again changes nothing; every version is kept.

    The newest `statedOn` counts, whatever the order of arrival; of two of the same day the one that came last. It holds
    from the month of its day of reference, for twelve months or until a newer day of reference.
    """
    statement = _statement(body.figure(name, area, reference_date), request.app.state.region)
    (result,) = await commands.record(connection, Kind.CONTEXT, [statement])
    if result.outcome is Outcome.CREATED:
        response.status_code = 201
    return RecordedContextNumber.model_validate(result.current | {"outcome": result.outcome})


def _statement(figure: ContextFigure, region: Region) -> Statement:
    try:
        return figure.statement(region)
    except AreaNotInRegionError as error:
        raise InvalidInput([FieldError("area", str(error), parameter="area")]) from error


@router.get(_ONE, problems=[NotFound])
async def context_figure(
    _: Reader, name: OfName, area: OfArea, reference_date: OnDay, connection: Transaction
) -> ContextNumber:
    """Read the context figure of an area that counts now."""
    found = await queries.one(connection, Kind.CONTEXT, key(name, area, reference_date))
    if found is None:
        raise NotFound
    return ContextNumber.model_validate(found)


@router.get(f"{_ONE}/history", problems=[NotFound])
async def context_figure_history(
    _: Reader, name: OfName, area: OfArea, reference_date: OnDay, paging: Paging, connection: Transaction
) -> ContextPage:
    """Read every version of a context figure, the last to come first."""
    of = key(name, area, reference_date)
    rows = await queries.history(connection, Kind.CONTEXT, of, after=paging.key(int), limit=paging.size + 1)
    if not rows and paging.after is None:
        raise NotFound
    link = paging.next_link(rows, lambda row: (row["version"],))
    return ContextPage.model_validate({"items": rows[: paging.size], "next": link})


@router.get("/context-figures")
async def context_figures(
    _: Reader,
    paging: Paging,
    connection: Transaction,
    name: Annotated[Name | None, Query()] = None,
    area: Annotated[Area | None, Query()] = None,
) -> ContextPage:
    """List the context figures that count now, by name, area and day of reference."""
    narrowed = {"name": name, "area": area}
    rows = await queries.many(
        connection, Kind.CONTEXT, narrowed, after=paging.key(str), limit=paging.size + 1
    )
    link = paging.next_link(rows, lambda row: (row[0],))
    return ContextPage.model_validate({"items": [row[1] for row in rows[: paging.size]], "next": link})
