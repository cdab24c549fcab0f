"""Claims over HTTP. A provider makes its own; contract managers read all, a municipality those under its own numbers."""

from typing import Annotated, Any

from fastapi import Path, Query, Request, Response

from services.contracts.claims import commands, queries
from services.contracts.claims.commands import Arrival
from services.contracts.claims.domain import REFUSALS, Status
from services.contracts.claims.schemas import (
    Claim,
    ClaimBody,
    ClaimPage,
    ClaimReference,
    CreditBody,
    DeliveredReference,
    RecordedClaim,
)
from services.contracts.products.domain import Outcome
from shared.auth import Principal, Role, allow
from shared.deliveries.kinds import Cell, Column, Kind, Staged, read_apart
from shared.journal.processing import Processing
from shared.paging import Paging
from shared.problems import FieldError, InvalidInput, NotFound
from shared.values.identifiers import Agb, AssignmentNumber, MunicipalityCode
from shared.values.period import Day
from shared.web import Router, Transaction
from shared.web.region import require_in_region

router = Router(tags=["claims"])

Writer = Annotated[Principal, allow(Role.PROVIDER)]
Reader = Annotated[Principal, allow(Role.PROVIDER, Role.CONTRACT_MANAGER, Role.MUNICIPALITY)]
Reference = Annotated[
    ClaimReference, Path(description="The provider's own; it says nothing of the client, so never a BSN")
]
_ONE = "/claims/{provider}/{reference}"


@router.put(
    _ONE,
    problems=list(REFUSALS.values()),
    responses={201: {"model": RecordedClaim, "description": "Recorded for the first time"}},
)
async def put_claim(
    request: Request,
    response: Response,
    _: Writer,
    provider: Agb,
    reference: Reference,
    body: ClaimBody,
    processing: Processing,
    connection: Transaction,
) -> RecordedClaim:
    """Claim, or correct the claim under this reference. The same again changes nothing.

    Under a number that is not known here yet it is `waiting`: accepted or refused when the indication and its value arrive,
    and refused after 30 days. A refused correction leaves the claim as it was.
    """
    require_in_region(request, body.municipality, pointer="#/municipality")
    recorded = await _record_one(connection, Arrival(provider, reference, body.content()), processing)
    if recorded.outcome is Outcome.CREATED:
        response.status_code = 201
    return recorded


@router.post(_ONE + "/credits", problems=[NotFound])
async def credit_claim(
    _: Writer, provider: Agb, reference: Reference, processing: Processing, connection: Transaction
) -> RecordedClaim:
    """Take a claim back as a whole, which uses its reference up; part of it: correct it. The same again changes nothing."""
    return await _record_one(connection, Arrival(provider, reference, None), processing)


async def _record_one(connection: Transaction, arrival: Arrival, processing: Processing) -> RecordedClaim:
    (result,) = await commands.record(connection, [arrival], processing)
    return RecordedClaim.model_validate(result.accepted() | {"outcome": result.outcome})


@router.get(_ONE, problems=[NotFound])
async def claim(
    _: Reader, provider: Agb, reference: Reference, processing: Processing, connection: Transaction
) -> Claim:
    """Read one claim as it is now."""
    found = await queries.one(connection, provider, reference, processing)
    if found is None:
        raise NotFound
    return Claim.model_validate(found)


@router.get(_ONE + "/history", problems=[NotFound])
async def claim_history(
    _: Reader,
    provider: Agb,
    reference: Reference,
    paging: Paging,
    processing: Processing,
    connection: Transaction,
) -> ClaimPage:
    """Read every version of a claim, newest first."""
    after, limit = paging.key(int), paging.size + 1
    rows = await queries.history(
        connection, provider, reference, after=after, limit=limit, processing=processing
    )
    if not rows and paging.after is None:
        raise NotFound
    link = paging.next_link(rows, lambda row: (row["version"],))
    return ClaimPage.model_validate({"items": rows[: paging.size], "next": link})


@router.get("/claims")
async def claims(
    _: Reader,
    paging: Paging,
    processing: Processing,
    connection: Transaction,
    provider: Annotated[Agb | None, Query()] = None,
    municipality: Annotated[MunicipalityCode | None, Query()] = None,
    assignment_number: Annotated[AssignmentNumber | None, Query(alias="assignmentNumber")] = None,
    status: Annotated[Status | None, Query()] = None,
    days_from: Annotated[
        Day | None, Query(alias="from", description="Claims with days of care on or after this day")
    ] = None,
    days_to: Annotated[
        Day | None, Query(alias="to", description="Claims with days of care on or before this day")
    ] = None,
) -> ClaimPage:
    """List the claims that you may see, by provider and reference."""
    narrowed = queries.Filter(provider, municipality, assignment_number, status, days_from, days_to)
    rows = await queries.many(
        connection, narrowed, after=paging.key(str, str), limit=paging.size + 1, processing=processing
    )
    link = paging.next_link(rows, lambda row: (row["provider"], row["reference"]))
    return ClaimPage.model_validate({"items": rows[: paging.size], "next": link})


# --- as a record of a delivery ---

_COLUMNS = (
    Column(("provider",), ("aanbieder",)),
    Column(("reference",), ("referentie",)),
    Column(("credited",), ("gecrediteerd",), Cell.FLAG),
    Column(("municipality",), ("gemeente",)),
    Column(("assignmentNumber",), ("toewijzingnummer",), Cell.INTEGER),
    Column(("from",), ("vanaf", "begindatum"), Cell.DAY),
    Column(("to",), ("tot", "einddatum"), Cell.DAY),
    Column(("cents",), ("centen", "bedragCenten"), Cell.INTEGER),
    Column(("cents",), ("bedrag", "bedragEuro"), Cell.EUROS),
)


def read_delivered(content: dict[str, Any], principal: Principal, request: Request) -> Staged:
    """Read one record of a delivery by the rules of the single write. Raises InvalidInput."""
    claimed = None
    if content.get("credited") is True:
        about, _nothing = read_apart(DeliveredReference, CreditBody, content)
    else:
        about, body = read_apart(DeliveredReference, ClaimBody, content)
        require_in_region(request, body.municipality, pointer="#/municipality")
        claimed = body.content()
    if about.provider not in (None, principal.organisation):
        message = "A provider delivers its own claims only: leave `provider` out, or name yours."
        raise InvalidInput([FieldError("another-claimant", message, pointer="#/provider")])
    arrival = Arrival(principal.organisation, about.reference, claimed)
    return Staged(about.reference, "", commands.as_row(arrival))


DELIVERED = Kind("claims", Role.PROVIDER, _COLUMNS, read_delivered)
