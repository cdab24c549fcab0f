"""The search for referrers: what is contracted, with whom and where."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request

from services.availability.search import queries
from services.availability.search.queries import Filter, Key
from services.availability.search.schemas import OfferPage
from shared.auth import Principal, Role, allow
from shared.events.contracts import Segment
from shared.paging import Page, Paging
from shared.problems import FieldError, InvalidInput
from shared.values.codes import ProductCategory
from shared.values.identifiers import Agb, MunicipalityCode, ProductCode
from shared.values.moments import AMSTERDAM, now
from shared.values.period import Day
from shared.values.region import MunicipalityNotInRegionError, Region
from shared.web import Router, Transaction

router = Router(tags=["offers"])

Referrer = Annotated[Principal, allow(Role.REFERRER)]


def _filter(
    request: Request,
    *,
    on: Annotated[
        Day | None, Query(description="Contracted on this day; left out: today, in Amsterdam")
    ] = None,
    municipality: Annotated[
        MunicipalityCode | None,
        Query(
            description="The child's municipality, one of this region. Agreements hold for the whole region, "
            "so it does not narrow the answer yet"
        ),
    ] = None,
    product: Annotated[ProductCode | None, Query()] = None,
    segment: Annotated[Segment | None, Query()] = None,
    category: Annotated[ProductCategory | None, Query()] = None,
    provider: Annotated[Agb | None, Query()] = None,
) -> Filter:
    if municipality is not None:
        _require_in_region(request.app.state.region, municipality)
    return Filter(on or now().astimezone(AMSTERDAM).date(), product, segment, category, provider)


def _require_in_region(region: Region, municipality: str) -> None:
    try:
        region.require(municipality)
    except MunicipalityNotInRegionError as error:
        raise InvalidInput([FieldError("municipality", str(error), parameter="municipality")]) from error


@router.get("/offers")
async def offers(
    _: Referrer, narrowed: Annotated[Filter, Depends(_filter)], paging: Paging, connection: Transaction
) -> OfferPage:
    """Read what is contracted on a day, by product, provider and first day.

    An offer whose product or provider was not heard of yet has nulls in their place; until then a search by
    segment or category does not find it.
    """
    found = await queries.many(connection, narrowed, after=_after(paging), limit=paging.size + 1)
    return OfferPage.model_validate(
        {
            "items": found.offers[: paging.size],
            "next": paging.next_link(found.offers, queries.key_of),
            "known_through": found.known_through,
        }
    )


def _after(page: Page) -> Key | None:
    if page.after is None:
        return None
    try:
        product, provider, valid_from, agreement = map(str, page.after)
        return Key(product, provider, date.fromisoformat(valid_from), UUID(agreement))
    except ValueError as error:
        raise InvalidInput(
            [FieldError("cursor", "Take the cursor from the `next` link of a page.", parameter="cursor")]
        ) from error
