"""Providers over HTTP. Contract managers keep them; a provider reads its own."""

from typing import Annotated, Any

from fastapi import Path, Request, Response

from services.contracts.products.domain import Outcome
from services.contracts.providers import commands, queries
from services.contracts.providers.schemas import (
    DeliveredAgb,
    Provider,
    ProviderBody,
    ProviderPage,
    RecordedProvider,
)
from shared.auth import Principal, Role, allow
from shared.deliveries.kinds import Cell, Column, Kind, Staged, numbered, read_apart, with_list
from shared.paging import Paging
from shared.problems import NotFound
from shared.values.identifiers import Agb
from shared.web import Router, Transaction
from shared.web.preconditions import TAGGED, IfMatch, VersionDiffers, tag

router = Router(tags=["providers"])

Writer = Annotated[Principal, allow(Role.CONTRACT_MANAGER)]
Reader = Annotated[Principal, allow(Role.CONTRACT_MANAGER, Role.PROVIDER)]
Code = Annotated[Agb, Path(alias="agb")]


@router.put(
    "/providers/{agb}",
    problems=[VersionDiffers],
    responses={
        200: TAGGED,
        201: {"model": RecordedProvider, "description": "Recorded for the first time", **TAGGED},
    },
)
async def put_provider(
    response: Response, _: Writer, agb: Code, body: ProviderBody, if_match: IfMatch, connection: Transaction
) -> RecordedProvider:
    """Put a provider: add it, or replace it and all its locations. The same again changes nothing."""
    state, before = body.state(agb), None
    if if_match.given:
        await commands.hold(connection, agb)
        before = await queries.one(connection, agb)
    (result,) = await commands.put(connection, [state])
    if result.outcome is not Outcome.UNCHANGED:
        if_match.require(before)
    if result.outcome is Outcome.CREATED:
        response.status_code = 201
    tag(response, result.current)
    return RecordedProvider.model_validate(result.current | {"outcome": result.outcome})


@router.get("/providers/{agb}", problems=[NotFound], responses={200: TAGGED})
async def provider(response: Response, _: Reader, agb: Code, connection: Transaction) -> Provider:
    """Read one provider as it is now."""
    found = await queries.one(connection, agb)
    if found is None:
        raise NotFound
    return Provider.model_validate(tag(response, found))


@router.get("/providers/{agb}/history", problems=[NotFound])
async def provider_history(_: Reader, agb: Code, paging: Paging, connection: Transaction) -> ProviderPage:
    """Read every version of a provider, newest first."""
    rows = await queries.history(connection, agb, after=paging.key(int), limit=paging.size + 1)
    if not rows and paging.after is None:
        raise NotFound
    link = paging.next_link(rows, lambda row: (row["version"],))
    return ProviderPage.model_validate({"items": rows[: paging.size], "next": link})


@router.get("/providers")
async def providers(_: Reader, paging: Paging, connection: Transaction) -> ProviderPage:
    """List the providers that you may see, by AGB code."""
    rows = await queries.many(connection, after=paging.key(str), limit=paging.size + 1)
    link = paging.next_link(rows, lambda row: (row["agb"],))
    return ProviderPage.model_validate({"items": rows[: paging.size], "next": link})


# --- as a record of a delivery ---

_MOST_LOCATIONS_IN_COLUMNS = 20
_COLUMNS = (
    Column(("agb",), ("agbCode",)),
    Column(("name",), ("naam",)),
    *numbered(
        "locations",
        "locatie",
        _MOST_LOCATIONS_IN_COLUMNS,
        {
            "code": ("Code", Cell.TEXT),
            "name": ("Naam", Cell.TEXT),
            "postcode": ("Postcode", Cell.TEXT),
            "latitude": ("Breedtegraad", Cell.DECIMAL),
            "longitude": ("Lengtegraad", Cell.DECIMAL),
        },
    ),
)


def read_delivered(content: dict[str, Any], _: Principal, __: Request) -> Staged:
    """Read one record of a delivery by the rules of the single write. Raises InvalidInput."""
    about, body = read_apart(DeliveredAgb, ProviderBody, with_list(content, "locations"))
    return Staged(about.agb, "", commands.as_row(body.state(about.agb)))


DELIVERED = Kind("providers", Role.CONTRACT_MANAGER, _COLUMNS, read_delivered)
