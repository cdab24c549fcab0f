"""Waiting times over HTTP. A provider reports its own; contract managers see those of all."""

from datetime import date
from typing import Annotated, Any

from fastapi import Path, Query, Request

from services.availability.waiting_times import commands, queries
from services.availability.waiting_times.domain import Refusal, StillCorrect, broken, violations
from services.availability.waiting_times.schemas import (
    KeptReportPage,
    LocationCode,
    ReportResults,
    ReportsBody,
    StillCorrectReport,
    WaitingTimePage,
    WaitingTimeReport,
)
from shared.auth import Principal, Role, allow
from shared.deliveries.kinds import Cell, Column, Kind, Staged, read_as
from shared.paging import Paging
from shared.problems import FieldError, InvalidInput, NotFound
from shared.values.identifiers import Agb, ProductCode
from shared.values.moments import AMSTERDAM, now
from shared.web import Router, Transaction

router = Router(tags=["waiting times"])

Provider = Annotated[Principal, allow(Role.PROVIDER)]
Reader = Annotated[Principal, allow(Role.PROVIDER, Role.CONTRACT_MANAGER)]


@router.post("/waiting-times")
async def report_waiting_times(
    provider: Provider, body: ReportsBody, connection: Transaction
) -> ReportResults:
    """Report waiting times of your own locations: 1 to 1,000 in a call, with a result for each.

    Good reports are recorded although others are refused. The newest reference date counts; the same again changes nothing;
    other content for the same reference date corrects it. A search finds it from the next request on.
    """
    results = await commands.report_each(connection, provider.organisation, body.reports, _today())
    return ReportResults(results=results)


@router.get("/waiting-times")
async def waiting_times(
    _: Reader,
    paging: Paging,
    connection: Transaction,
    provider: Annotated[Agb | None, Query()] = None,
    location: Annotated[LocationCode | None, Query()] = None,
    product: Annotated[ProductCode | None, Query()] = None,
    due: Annotated[
        bool | None,
        Query(description="true: what is due by today, also what was never reported; false: what is not"),
    ] = None,
) -> WaitingTimePage:
    """List what was reported last, how old it is and when the next report is due, by provider, location and product.

    At least monthly a report is due for every product of an agreement in force, at every location of its provider.
    """
    narrowed = queries.Filter(provider, location, product, due)
    after = paging.key(str, str, str)
    rows = await queries.many(connection, narrowed, _today(), after=after, limit=paging.size + 1)
    link = paging.next_link(rows, lambda row: (row["provider"], row["location"], row["product"]))
    return WaitingTimePage.model_validate({"items": rows[: paging.size], "next": link})


@router.get("/waiting-times/{provider}/{location}/{product}/history", problems=[NotFound])
async def waiting_time_history(
    _: Reader,
    provider: Agb,
    location: Annotated[LocationCode, Path()],
    product: ProductCode,
    paging: Paging,
    connection: Transaction,
) -> KeptReportPage:
    """Read every report of a product at a location, corrections too: newest reference date and version first."""
    key, after = (provider, location, product), paging.key(date, int)
    rows = await queries.history(connection, key, after=after, limit=paging.size + 1)
    if not rows and paging.after is None:
        raise NotFound
    link = paging.next_link(rows, lambda row: (row["referenceDate"], row["version"]))
    return KeptReportPage.model_validate({"items": rows[: paging.size], "next": link})


def _today() -> date:
    return now().astimezone(AMSTERDAM).date()


# --- as a record of a delivery ---

_COLUMNS = (
    Column(("provider",), ("aanbieder",)),
    Column(("location",), ("locatie",)),
    Column(("product",), ("productcode",)),
    Column(("referenceDate",), ("peildatum",), Cell.DAY),
    Column(("stillCorrect",), ("nogJuist",), Cell.FLAG),
    Column(("intakeWeeks",), ("wekenTotIntake",), Cell.INTEGER),
    Column(("startWeeks",), ("wekenTotStart",), Cell.INTEGER),
    Column(("places",), ("plaatsen",), Cell.INTEGER),
    Column(("admission",), ("aanname",)),
    Column(("reason",), ("reden",)),
    Column(("until",), ("tot", "einddatum"), Cell.DAY),
)
# An empty cell says nothing, and a wait must be said: this is how a cell says that it is not known.
_UNKNOWN = ("unknown", "onbekend")
# Behind all products of its day, so that it is applied after them.
_ALL_PRODUCTS = "~"


def read_delivered(content: dict[str, Any], principal: Principal, _: Request) -> Staged:
    """Read one record of a delivery by the rules of the single write. Raises InvalidInput."""
    wrong: list[FieldError] = []
    whole = {"provider": principal.organisation} | _with_unknown(content)
    confirms = "stillCorrect" in content
    found = (
        read_as(StillCorrectReport, whole, wrong) if confirms else read_as(WaitingTimeReport, whole, wrong)
    )
    if found is None:
        raise InvalidInput(wrong)
    said = found.said()
    wrong += broken(violations(said, _today()))
    if said.provider != principal.organisation:
        wrong += broken([Refusal.ANOTHER_PROVIDER])
    if wrong:
        raise InvalidInput(wrong)
    about = _ALL_PRODUCTS if isinstance(said, StillCorrect) else said.product
    day = str(said.reference_date)
    return Staged(f"{said.location}/{day}/{about}", day, commands.as_row(said))


def _with_unknown(content: dict[str, Any]) -> dict[str, Any]:
    waits = {name: content.get(name) for name in ("intakeWeeks", "startWeeks")}
    return content | {name: None for name, value in waits.items() if value in _UNKNOWN}


DELIVERED = Kind("waiting-times", Role.PROVIDER, _COLUMNS, read_delivered)
