"""Products over HTTP. Contract managers keep the catalogue; providers read it too."""

from typing import Annotated, Any

from fastapi import Path, Query, Request, Response

from services.contracts.products import commands, queries
from services.contracts.products.domain import Outcome
from services.contracts.products.schemas import (
    DeliveredCode,
    Product,
    ProductBody,
    ProductPage,
    RecordedProduct,
)
from shared.auth import Principal, Role, allow
from shared.deliveries.kinds import Cell, Column, Kind, Staged, numbered, read_apart, with_list
from shared.events.contracts import Segment
from shared.paging import Paging
from shared.problems import NotFound
from shared.values.codes import ProductCategory
from shared.values.identifiers import ProductCode
from shared.values.period import Day
from shared.web import Router, Transaction
from shared.web.preconditions import TAGGED, IfMatch, VersionDiffers, tag

router = Router(tags=["products"])

Writer = Annotated[Principal, allow(Role.CONTRACT_MANAGER)]
Reader = Annotated[Principal, allow(Role.CONTRACT_MANAGER, Role.PROVIDER)]
Code = Annotated[ProductCode, Path()]


@router.put(
    "/products/{code}",
    problems=[VersionDiffers],
    responses={
        200: TAGGED,
        201: {"model": RecordedProduct, "description": "Recorded for the first time", **TAGGED},
    },
)
async def put_product(
    response: Response, _: Writer, code: Code, body: ProductBody, if_match: IfMatch, connection: Transaction
) -> RecordedProduct:
    """Put a product: add it to the catalogue, or replace it as a whole. The same again changes nothing."""
    state, before = body.state(code), None
    if if_match.given:
        await commands.hold(connection, code)
        before = await queries.one(connection, code)
    (result,) = await commands.put(connection, [state])
    if result.outcome is not Outcome.UNCHANGED:
        if_match.require(before)
    if result.outcome is Outcome.CREATED:
        response.status_code = 201
    tag(response, result.current)
    return RecordedProduct.model_validate(result.current | {"outcome": result.outcome})


@router.get("/products/{code}", problems=[NotFound], responses={200: TAGGED})
async def product(response: Response, _: Reader, code: Code, connection: Transaction) -> Product:
    """Read one product as it is now."""
    found = await queries.one(connection, code)
    if found is None:
        raise NotFound
    return Product.model_validate(tag(response, found))


@router.get("/products/{code}/history", problems=[NotFound])
async def product_history(_: Reader, code: Code, paging: Paging, connection: Transaction) -> ProductPage:
    """Read every version of a product, newest first."""
    rows = await queries.history(connection, code, after=paging.key(int), limit=paging.size + 1)
    if not rows and paging.after is None:
        raise NotFound
    link = paging.next_link(rows, lambda row: (row["version"],))
    return ProductPage.model_validate({"items": rows[: paging.size], "next": link})


@router.get("/products")
async def products(
    _: Reader,
    paging: Paging,
    connection: Transaction,
    category: Annotated[ProductCategory | None, Query()] = None,
    segment: Annotated[Segment | None, Query()] = None,
    residential: Annotated[bool | None, Query()] = None,
    family: Annotated[bool | None, Query()] = None,
    housing: Annotated[bool | None, Query()] = None,
    valid_on: Annotated[
        Day | None, Query(alias="validOn", description="In the catalogue on this day")
    ] = None,
) -> ProductPage:
    """List the catalogue, by code."""
    narrowed = queries.Filter(category, segment, residential, family, housing, valid_on)
    rows = await queries.many(connection, narrowed, after=paging.key(str), limit=paging.size + 1)
    link = paging.next_link(rows, lambda row: (row["code"],))
    return ProductPage.model_validate({"items": rows[: paging.size], "next": link})


# --- as a record of a delivery ---

_MOST_TARIFFS_IN_COLUMNS = 20
_COLUMNS = (
    Column(("code",), ("productcode",)),
    Column(("category",), ("categorie",)),
    Column(("segment",), (), Cell.INTEGER),
    Column(("residential",), ("verblijf",), Cell.FLAG),
    Column(("family",), ("gezinsvorm",), Cell.FLAG),
    Column(("housing",), ("wonen",), Cell.FLAG),
    Column(("unit",), ("eenheid",)),
    Column(("nameNl",), ("naam",)),
    Column(("nameEn",), ("naamEngels",)),
    Column(("from",), ("vanaf", "begindatum"), Cell.DAY),
    Column(("to",), ("tot", "einddatum"), Cell.DAY),
    Column(("minimumAge",), ("leeftijdVanaf",), Cell.INTEGER),
    Column(("maximumAge",), ("leeftijdTot",), Cell.INTEGER),
    *numbered(
        "tariffs",
        "tarief",
        _MOST_TARIFFS_IN_COLUMNS,
        {"from": ("Vanaf", Cell.DAY), "to": ("Tot", Cell.DAY), "cents": ("Centen", Cell.INTEGER)},
    ),
)


def read_delivered(content: dict[str, Any], _: Principal, __: Request) -> Staged:
    """Read one record of a delivery by the rules of the single write. Raises InvalidInput."""
    about, body = read_apart(DeliveredCode, ProductBody, with_list(content, "tariffs"))
    return Staged(about.code, "", commands.as_row(body.state(about.code)))


DELIVERED = Kind("products", Role.CONTRACT_MANAGER, _COLUMNS, read_delivered)
