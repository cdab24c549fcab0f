"""Indications over HTTP. A municipality records its own; a provider reads those assigned to it."""

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response

from services.referrals.clients.domain import Vault
from services.referrals.indications import commands, queries
from services.referrals.indications.commands import (
    Arrival,
    FixedFieldsDiffer,
    IndicationWithdrawn,
    MomentsTaken,
)
from services.referrals.indications.domain import Outcome
from services.referrals.indications.schemas import (
    DeliveredNumber,
    HistoryPage,
    Indication,
    IndicationBody,
    IndicationPage,
    Recorded,
    SearchBody,
    SearchPage,
    WithdrawalBody,
)
from shared.auth import Principal, Role, allow
from shared.deliveries.kinds import Cell, Column, Kind, Staged, read_apart
from shared.dutch import translate
from shared.journal.processing import Processing
from shared.paging import IN_BODY, Paging, decode, encode, typed
from shared.problems import FieldError, Forbidden, InvalidInput, NotFound
from shared.values.bsn import Bsn
from shared.values.identifiers import Agb, AssignmentNumber, MunicipalityCode, ProductCode
from shared.values.moments import moment_text
from shared.values.period import Day
from shared.web.openapi import problem_responses
from shared.web.region import InRegion, require_in_region
from shared.web.routing import Router
from shared.web.transaction import Transaction

router = Router(tags=["indications"])

Municipality = Annotated[Principal, allow(Role.MUNICIPALITY)]
Reader = Annotated[Principal, allow(Role.MUNICIPALITY, Role.PROVIDER)]
Number = Annotated[AssignmentNumber, Path(alias="assignmentNumber")]
_ONE = "/indications/{municipality}/{assignmentNumber}"


translate(
    {
        "bsn-demonstration": "Nummers met een 9 vooraan zijn alleen voor demonstraties; geef het eigen BSN van de jeugdige.",
    }
)


class BsnNotAccepted(InvalidInput):
    """A number of the range for demonstrations, in an installation that is none."""


def _vault(request: Request) -> Vault:
    vault: Vault = request.app.state.vault
    return vault


TheVault = Annotated[Vault, Depends(_vault)]


def _refuse_demonstration(request: Request, bsn: Bsn) -> None:
    """Keep made-up numbers out of a real region: 9xxxxxxxx is never given to a person."""
    if bsn.reveal().startswith("9") and not request.app.state.demonstration:
        message = "Numbers that start with 9 are for demonstrations only; give the client's own BSN."
        raise BsnNotAccepted([FieldError("bsn-demonstration", message, pointer="#/bsn")])


@router.put(
    _ONE,
    responses={
        201: {"model": Recorded, "description": "Recorded for the first time"},
        **problem_responses([MomentsTaken, IndicationWithdrawn, FixedFieldsDiffer]),
    },
)
async def record_indication(
    request: Request,
    response: Response,
    _: Municipality,
    municipality: InRegion,
    assignment_number: Number,
    body: IndicationBody,
    vault: TheVault,
    processing: Processing,
    connection: Transaction,
) -> Recorded:
    """Record a version of an indication: grant, correct or end it.

    Versions are ordered by (decidedAt, sentAt), whatever the order of arrival. The same again changes nothing; an older one
    is kept and changes nothing (`superseded`).
    """
    _refuse_demonstration(request, body.bsn)
    number = (municipality, assignment_number)
    arrival = Arrival(number, body.decided_at, body.sent_at, vault.seal(body.bsn), body.content())
    recorded = await _record_one(connection, arrival, processing)
    if recorded.outcome is Outcome.CREATED:
        response.status_code = 201
    return recorded


@router.post(
    _ONE + "/withdrawals", responses=problem_responses([NotFound, MomentsTaken, IndicationWithdrawn])
)
async def withdraw_indication(
    _: Municipality,
    municipality: InRegion,
    assignment_number: Number,
    body: WithdrawalBody,
    processing: Processing,
    connection: Transaction,
) -> Recorded:
    """Withdraw an indication from its beginning: it counts nowhere any more. The same again changes nothing."""
    arrival = Arrival((municipality, assignment_number), body.decided_at, body.sent_at, reason=body.reason)
    return await _record_one(connection, arrival, processing)


async def _record_one(connection: Transaction, arrival: Arrival, processing: Processing) -> Recorded:
    (result,) = await commands.record(connection, [arrival], processing)
    return Recorded.model_validate(result.accepted() | {"outcome": result.outcome})


@router.get(_ONE, responses=problem_responses([NotFound]))
async def indication(
    _: Reader,
    municipality: MunicipalityCode,
    assignment_number: Number,
    processing: Processing,
    connection: Transaction,
) -> Indication:
    """Read one indication as it is now."""
    found = await queries.one(connection, municipality, assignment_number, processing)
    if found is None:
        raise NotFound
    return Indication.model_validate(found)


@router.get(_ONE + "/history", responses=problem_responses([NotFound]))
async def indication_history(
    _: Municipality,
    municipality: MunicipalityCode,
    assignment_number: Number,
    paging: Paging,
    processing: Processing,
    connection: Transaction,
) -> HistoryPage:
    """Read every version that was kept, newest decision first, also those that changed nothing."""
    number = (municipality, assignment_number)
    rows = await queries.history(
        connection, number, after=paging.moments(), limit=paging.size + 1, processing=processing
    )
    if not rows and paging.after is None:
        raise NotFound
    link = paging.next_link(rows, lambda row: (row["decided_at"], row["sent_at"]))
    return HistoryPage.model_validate({"items": rows[: paging.size], "next": link})


@router.get("/indications")
async def indications(
    _: Reader,
    paging: Paging,
    processing: Processing,
    connection: Transaction,
    municipality: Annotated[MunicipalityCode | None, Query()] = None,
    product: Annotated[ProductCode | None, Query()] = None,
    provider: Annotated[Agb | None, Query()] = None,
    valid_on: Annotated[Day | None, Query(alias="validOn")] = None,
    withdrawn: Annotated[bool | None, Query()] = None,
) -> IndicationPage:
    """List the indications that you may see, by municipality and assignment number."""
    narrowed = queries.Filter(municipality, None, product, provider, valid_on, withdrawn)
    rows = await queries.many(
        connection, narrowed, after=paging.key(str, int), limit=paging.size + 1, processing=processing
    )
    return IndicationPage.model_validate({"items": rows[: paging.size], "next": paging.next_link(rows, _key)})


@router.post("/indications/_search")
async def search_indications(
    principal: Reader, body: SearchBody, vault: TheVault, processing: Processing, connection: Transaction
) -> SearchPage:
    """Find indications, by a client's BSN for a municipality. Nothing found is an empty page, also for an unknown BSN."""
    client = body.client_id
    if body.bsn is not None:
        if principal.role is not Role.MUNICIPALITY:
            raise Forbidden("Only a municipality finds clients by their BSN.")
        client = await queries.client_of(connection, vault.index(body.bsn))
        if client is None or body.client_id not in (None, client):
            return SearchPage(items=[])
    narrowed = queries.Filter(None, client, body.product, body.provider, body.valid_on, body.withdrawn)
    after = None
    if body.cursor is not None:
        after = typed(decode(body.cursor, IN_BODY), str, int, wrong=IN_BODY)
    rows = await queries.many(
        connection, narrowed, after=after, limit=body.page_size + 1, processing=processing
    )
    more = encode(_key(rows[body.page_size - 1])) if len(rows) > body.page_size else None
    return SearchPage.model_validate({"items": rows[: body.page_size], "nextCursor": more})


def _key(row: dict[str, Any]) -> tuple[str, int]:
    return row["municipality"], row["assignmentNumber"]


# --- as a record of a delivery ---

_COLUMNS = (
    Column(("municipality",), ("gemeente",)),
    Column(("assignmentNumber",), ("toewijzingnummer",), Cell.INTEGER),
    Column(("withdrawn",), ("ingetrokken",), Cell.FLAG),
    Column(("reason",), ("reden",)),
    Column(("decidedAt",), ("besluitmoment",)),
    Column(("sentAt",), ("verzendmoment",)),
    Column(("bsn",), ("burgerservicenummer",)),
    Column(("birthYear",), ("geboortejaar",), Cell.INTEGER),
    Column(("product",), ("productcode",)),
    Column(("provider",), ("aanbieder",)),
    Column(("from",), ("vanaf", "begindatum"), Cell.DAY),
    Column(("to",), ("tot", "einddatum"), Cell.DAY),
    Column(("volume",), (), Cell.INTEGER),
    Column(("unit",), ("eenheid",)),
    Column(("frequency",), ("frequentie",)),
    Column(("budgetCents",), ("budgetCenten",), Cell.INTEGER),
    Column(("budgetCents",), ("budget", "budgetEuro"), Cell.EUROS),
    Column(("agreedTariffCents",), ("tariefCenten",), Cell.INTEGER),
    Column(("agreedTariffCents",), ("tarief", "tariefEuro"), Cell.EUROS),
    Column(("referrer", "type"), ("verwijzer",)),
    Column(("referrer", "code"), ("verwijzercode",)),
    Column(("team",), ("wijkteam",)),
    Column(("school",), ()),
    Column(("postcode4",), ("postcode",)),
    Column(("explanatoryAnalysis", "doneOn"), ("verklarendeAnalyse",), Cell.DAY),
    Column(("explanatoryAnalysis", "motivation"), ("motivering",)),
    Column(("administrativeReason",), ("administratieveReden",)),
)


def read_delivered(content: dict[str, Any], principal: Principal, request: Request) -> Staged:
    """Read one record of a delivery by the rules of the single write; the BSN leaves here sealed. Raises InvalidInput."""
    said: type[IndicationBody | WithdrawalBody] = (
        WithdrawalBody if content.get("withdrawn") is True else IndicationBody
    )
    about, body = read_apart(DeliveredNumber, said, content)
    arrival = _delivered(_own_municipality(about, principal, request), about, body, request)
    key = f"{arrival.number[0]}/{about.assignment_number:09d}"
    moment = f"{moment_text(body.decided_at)} {moment_text(body.sent_at)}"
    return Staged(key, moment, commands.as_row(arrival))


def _own_municipality(about: DeliveredNumber, principal: Principal, request: Request) -> str:
    if about.municipality not in (None, principal.organisation):
        message = "A municipality delivers its own indications only: leave `municipality` out, or name yours."
        raise InvalidInput([FieldError("foreign-organisation", message, pointer="#/municipality")])
    return require_in_region(request, principal.organisation, pointer="#/municipality")


def _delivered(
    municipality: str, about: DeliveredNumber, body: IndicationBody | WithdrawalBody, request: Request
) -> Arrival:
    number = (municipality, about.assignment_number)
    if isinstance(body, WithdrawalBody):
        return Arrival(number, body.decided_at, body.sent_at, reason=body.reason)
    _refuse_demonstration(request, body.bsn)
    return Arrival(number, body.decided_at, body.sent_at, _vault(request).seal(body.bsn), body.content())


DELIVERED = Kind("indications", Role.MUNICIPALITY, _COLUMNS, read_delivered)
