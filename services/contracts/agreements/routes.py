"""Agreements over HTTP. Contract managers keep them; a provider reads its own."""

from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response

from services.contracts.agreements import commands, domain, queries
from services.contracts.agreements.commands import AgreementsOverlap
from services.contracts.agreements.domain import Change, Key
from services.contracts.agreements.schemas import (
    Agreement,
    AgreementBody,
    AgreementPage,
    DeliveredKey,
    NoBody,
    RecordedAgreement,
)
from services.contracts.products.domain import Outcome
from shared.auth import Principal, Role, allow
from shared.deliveries.kinds import Cell, Column, Kind, Staged, read_apart
from shared.paging import Paging
from shared.problems import NotFound
from shared.values.identifiers import Agb, ProductCode
from shared.values.period import Day
from shared.web import Router, Transaction
from shared.web.preconditions import TAGGED, IfMatch, VersionDiffers, tag

router = Router(tags=["agreements"])

Writer = Annotated[Principal, allow(Role.CONTRACT_MANAGER)]
Reader = Annotated[Principal, allow(Role.CONTRACT_MANAGER, Role.PROVIDER)]
_ONE = "/agreements/{provider}/{product}/{from}"


def _key(provider: Agb, product: ProductCode, valid_from: Annotated[Day, Path(alias="from")]) -> Key:
    return Key(provider, product, valid_from)


TheKey = Annotated[Key, Depends(_key)]


@router.put(
    _ONE,
    problems=[AgreementsOverlap, VersionDiffers],
    responses={
        200: TAGGED,
        201: {"model": RecordedAgreement, "description": "Recorded for the first time", **TAGGED},
    },
)
async def put_agreement(
    request: Request,
    response: Response,
    _: Writer,
    key: TheKey,
    body: AgreementBody,
    if_match: IfMatch,
    connection: Transaction,
) -> RecordedAgreement:
    """Put an agreement: make it or replace it. The same again changes nothing.

    To correct `from`, withdraw the agreement and put it under its right first day. Putting a withdrawn one brings it back.
    """
    change = Change(key, body.state(key, request.app.state.region))
    recorded = await _change_one(connection, change, if_match, response)
    if recorded.outcome is Outcome.CREATED:
        response.status_code = 201
    return recorded


@router.post(_ONE + "/withdrawals", problems=[NotFound, VersionDiffers], responses={200: TAGGED})
async def withdraw_agreement(
    response: Response, _: Writer, key: TheKey, if_match: IfMatch, connection: Transaction
) -> RecordedAgreement:
    """Withdraw an agreement from its beginning: it never held. The same again changes nothing."""
    return await _change_one(connection, Change(key, None), if_match, response)


async def _change_one(
    connection: Transaction, change: Change, if_match: IfMatch, response: Response
) -> RecordedAgreement:
    before = None
    if if_match.given:
        await commands.hold(connection, change.key)
        before = await queries.one(connection, change.key)
    (result,) = await commands.change(connection, [change])
    if result.decision.outcome is not domain.Outcome.UNCHANGED:
        if_match.require(before)
    current = result.accepted()
    tag(response, current)
    return RecordedAgreement.model_validate(current | {"outcome": result.decision.outcome})


@router.get(_ONE, problems=[NotFound], responses={200: TAGGED})
async def agreement(response: Response, _: Reader, key: TheKey, connection: Transaction) -> Agreement:
    """Read one agreement as it is now."""
    found = await queries.one(connection, key)
    if found is None:
        raise NotFound
    return Agreement.model_validate(tag(response, found))


@router.get(_ONE + "/history", problems=[NotFound])
async def agreement_history(_: Reader, key: TheKey, paging: Paging, connection: Transaction) -> AgreementPage:
    """Read every version of an agreement, newest first."""
    rows = await queries.history(connection, key, after=paging.key(int), limit=paging.size + 1)
    if not rows and paging.after is None:
        raise NotFound
    link = paging.next_link(rows, lambda row: (row["version"],))
    return AgreementPage.model_validate({"items": rows[: paging.size], "next": link})


@router.get("/agreements")
async def agreements(
    _: Reader,
    paging: Paging,
    connection: Transaction,
    provider: Annotated[Agb | None, Query()] = None,
    product: Annotated[ProductCode | None, Query()] = None,
    valid_on: Annotated[Day | None, Query(alias="validOn", description="In force on this day")] = None,
    withdrawn: Annotated[bool | None, Query()] = None,
) -> AgreementPage:
    """List the agreements that you may see, by provider, product and first day."""
    narrowed = queries.Filter(provider, product, valid_on, withdrawn)
    rows = await queries.many(connection, narrowed, after=paging.key(str, str, date), limit=paging.size + 1)
    link = paging.next_link(rows, lambda row: (row["provider"], row["product"], row["from"]))
    return AgreementPage.model_validate({"items": rows[: paging.size], "next": link})


# --- as a record of a delivery ---

_COLUMNS = (
    Column(("provider",), ("aanbieder",)),
    Column(("product",), ("productcode",)),
    Column(("from",), ("vanaf", "begindatum"), Cell.DAY),
    Column(("withdrawn",), ("ingetrokken",), Cell.FLAG),
    Column(("to",), ("tot", "einddatum"), Cell.DAY),
    Column(("tariffCents",), ("tariefCenten",), Cell.INTEGER),
    Column(("tariffCents",), ("tarief", "tariefEuro"), Cell.EUROS),
    Column(("municipalities",), ("gemeenten",)),
)


def read_delivered(content: dict[str, Any], _: Principal, request: Request) -> Staged:
    """Read one record of a delivery by the rules of the single write. Raises InvalidInput."""
    if content.get("withdrawn") is True:
        about, _nothing = read_apart(DeliveredKey, NoBody, content)
        change = Change(about.key(), None)
    else:
        about, body = read_apart(DeliveredKey, AgreementBody, _with_places(content))
        change = Change(about.key(), body.state(about.key(), request.app.state.region))
    return Staged("/".join(map(str, change.key)), "", commands.as_row(change))


def _with_places(content: dict[str, Any]) -> dict[str, Any]:
    """Read several municipalities in one cell, as in `0743 0794`."""
    given = content.get("municipalities")
    return content | {"municipalities": given.split()} if isinstance(given, str) else content


DELIVERED = Kind("agreements", Role.CONTRACT_MANAGER, _COLUMNS, read_delivered)
