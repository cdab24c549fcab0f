"""Periods of care over HTTP. A provider records those of its own; the municipality of the indication reads them."""

from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response

from services.referrals.care import commands, queries
from services.referrals.care.commands import (
    Arrival,
    CareHasStop,
    CareOutsideIndication,
    CareOverlaps,
    IndicationTakesNoCare,
)
from services.referrals.care.domain import Key, Outcome, Status
from services.referrals.care.schemas import (
    CareHistoryPage,
    CarePeriod,
    CarePeriodBody,
    CarePeriodPage,
    CareWithdrawalBody,
    DeliveredKey,
    DeliveredStart,
    DeliveredWithdrawal,
    RecordedCarePeriod,
)
from services.referrals.indications.commands import MomentsTaken
from shared.auth import Principal, Role, allow
from shared.deliveries.kinds import Cell, Column, Kind, Staged, read_as
from shared.journal.processing import Processing
from shared.paging import Paging
from shared.problems import FieldError, InvalidInput, NotFound
from shared.values.identifiers import Agb, AssignmentNumber, MunicipalityCode, ProductCode
from shared.values.moments import moment_text
from shared.values.period import Day
from shared.web import Router, Transaction
from shared.web.region import InRegion, require_in_region

router = Router(tags=["care periods"])

Provider = Annotated[Principal, allow(Role.PROVIDER)]
Reader = Annotated[Principal, allow(Role.MUNICIPALITY, Role.PROVIDER)]
Number = Annotated[AssignmentNumber, Path(alias="assignmentNumber")]
From = Annotated[Day, Path(alias="from")]
_ONE = "/care-periods/{municipality}/{assignmentNumber}/{from}"


def _key(principal: Provider, municipality: InRegion, number: Number, valid_from: From) -> Key:
    return Key(municipality, number, valid_from, principal.organisation)


def _place(municipality: MunicipalityCode, number: Number, valid_from: From) -> queries.Place:
    return municipality, number, valid_from


TheKey = Annotated[Key, Depends(_key)]
ThePlace = Annotated[queries.Place, Depends(_place)]


@router.put(
    _ONE,
    problems=[
        NotFound,
        MomentsTaken,
        CareOutsideIndication,
        CareOverlaps,
        CareHasStop,
        IndicationTakesNoCare,
    ],
    responses={201: {"model": RecordedCarePeriod, "description": "Recorded for the first time"}},
)
async def record_care_period(
    response: Response,
    _: Provider,
    key: TheKey,
    body: CarePeriodBody,
    processing: Processing,
    connection: Transaction,
) -> RecordedCarePeriod:
    """Record a version of a period of care: that it started, or that it stopped; also to correct it or to take a stop back.

    Versions are ordered by sentAt, whatever the order of arrival. The same again changes nothing. Under an assignment number
    that is not known yet the period is kept as `waiting`, and decided when the indication arrives; refused after 30 days.
    """
    recorded = await _record_one(connection, Arrival(key, body.version(key)), processing)
    if recorded.outcome is Outcome.CREATED:
        response.status_code = 201
    return recorded


@router.post(_ONE + "/withdrawals", problems=[NotFound, MomentsTaken, CareHasStop])
async def withdraw_care_period(
    _: Provider, key: TheKey, body: CareWithdrawalBody, processing: Processing, connection: Transaction
) -> RecordedCarePeriod:
    """Withdraw a period that never was. The same again changes nothing; a newer put brings it back."""
    return await _record_one(connection, Arrival(key, body.version(key)), processing)


async def _record_one(
    connection: Transaction, arrival: Arrival, processing: Processing
) -> RecordedCarePeriod:
    (result,) = await commands.record(connection, [arrival], processing)
    return RecordedCarePeriod.model_validate(result.accepted() | {"outcome": result.outcome})


@router.get(_ONE, problems=[NotFound])
async def care_period(
    _: Reader, place: ThePlace, processing: Processing, connection: Transaction
) -> CarePeriod:
    """Read one period as it is now, also when it waits or was refused."""
    found = await queries.one(connection, place, processing)
    if found is None:
        raise NotFound
    return CarePeriod.model_validate(found)


@router.get(_ONE + "/history", problems=[NotFound])
async def care_period_history(
    _: Reader, place: ThePlace, paging: Paging, processing: Processing, connection: Transaction
) -> CareHistoryPage:
    """Read every version that was kept and what was decided about it, newest first, also those that changed nothing."""
    rows = await queries.history(
        connection, place, after=paging.moments(), limit=paging.size + 1, processing=processing
    )
    if not rows and paging.after is None:
        raise NotFound
    link = paging.next_link(rows, lambda row: (row["sent_at"], row["recorded_at"]))
    return CareHistoryPage.model_validate({"items": rows[: paging.size], "next": link})


@router.get("/care-periods")
async def care_periods(
    _: Reader,
    paging: Paging,
    processing: Processing,
    connection: Transaction,
    municipality: Annotated[MunicipalityCode | None, Query()] = None,
    provider: Annotated[Agb | None, Query()] = None,
    assignment_number: Annotated[AssignmentNumber | None, Query(alias="assignmentNumber")] = None,
    product: Annotated[ProductCode | None, Query(description="Of the indication")] = None,
    status: Annotated[Status | None, Query()] = None,
    active_on: Annotated[
        Day | None,
        Query(alias="activeOn", description="Not over on this day, and neither withdrawn nor refused"),
    ] = None,
    withdrawn: Annotated[bool | None, Query()] = None,
) -> CarePeriodPage:
    """List the periods of care that you may see, by municipality, assignment number, first day and provider."""
    narrowed = queries.Filter(
        municipality, provider, assignment_number, product, status, active_on, withdrawn
    )
    after = paging.key(str, int, date, str)
    rows = await queries.many(connection, narrowed, after=after, limit=paging.size + 1, processing=processing)
    return CarePeriodPage.model_validate(
        {"items": rows[: paging.size], "next": paging.next_link(rows, _order)}
    )


def _order(row: dict[str, Any]) -> tuple[str, int, str, str]:
    return row["municipality"], row["assignmentNumber"], row["from"], row["provider"]


# --- as a record of a delivery ---

_COLUMNS = (
    Column(("provider",), ("aanbieder",)),
    Column(("municipality",), ("gemeente",)),
    Column(("assignmentNumber",), ("toewijzingnummer",), Cell.INTEGER),
    Column(("from",), ("vanaf", "begindatum"), Cell.DAY),
    Column(("withdrawn",), ("ingetrokken",), Cell.FLAG),
    Column(("reason",), ("reden",)),
    Column(("sentAt",), ("verzendmoment",)),
    Column(("to",), ("tot", "einddatum"), Cell.DAY),
    Column(("reasonOfEnding",), ("redenBeeindiging", "redenBeëindiging")),
)


def read_delivered(content: dict[str, Any], principal: Principal, request: Request) -> Staged:
    """Read one record of a delivery by the rules of the single write. Raises InvalidInput.

    All periods of one number share the key, so that they are applied in the order in which they were sent: a stop before the
    start that follows it.
    """
    wrong: list[FieldError] = []
    said: DeliveredStart | DeliveredWithdrawal | None
    if content.get("withdrawn") is True:
        said = read_as(DeliveredWithdrawal, content, wrong)
    else:
        said = read_as(DeliveredStart, content, wrong)
    if said is None:
        raise InvalidInput(wrong)
    key = _own_key(said, principal, request)
    place = f"{key.municipality}/{key.assignment_number:09d}"
    return Staged(place, moment_text(said.sent_at), commands.as_row(Arrival(key, said.version(key))))


def _own_key(said: DeliveredKey, principal: Principal, request: Request) -> Key:
    if said.provider not in (None, principal.organisation):
        message = "A provider delivers its own care only: leave `provider` out, or name yours."
        raise InvalidInput([FieldError("foreign-organisation", message, pointer="#/provider")])
    municipality = require_in_region(request, said.municipality, pointer="#/municipality")
    return Key(municipality, said.assignment_number, said.valid_from, principal.organisation)


DELIVERED = Kind("care-periods", Role.PROVIDER, _COLUMNS, read_delivered)
