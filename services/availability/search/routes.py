"""The search for referrers: what is contracted, with whom and where, and how soon it can be had."""

from datetime import date
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import Depends, Query, Request

from services.availability.search import queries
from services.availability.search.domain import Sort, Standing, because
from services.availability.search.queries import Filter, Key
from services.availability.search.schemas import Offer, OfferPage
from shared.auth import Principal, Role, allow
from shared.dutch import translate
from shared.events.contracts import Age, Segment
from shared.paging import Page, Paging
from shared.problems import FieldError, InvalidInput
from shared.values.codes import ProductCategory
from shared.values.identifiers import Agb, MunicipalityCode, Postcode, ProductCode
from shared.values.moments import AMSTERDAM, now
from shared.values.period import Day
from shared.values.postcodes import Coordinates, UnknownPostcodeError, coordinates_of
from shared.web import Router, Transaction
from shared.web.region import require_in_region

router = Router(tags=["offers"])

Searcher = Annotated[Principal, allow(Role.REFERRER, Role.CONTRACT_MANAGER)]


class Search(NamedTuple):
    """What to look for, and what comes first."""

    narrowed: Filter
    sort: Sort


translate(
    {
        "postcode-required": "Zoeken op afstand vraagt een postcode.",
        "postcode-unknown": "Van deze postcode is de plaats niet bekend; geef er een uit de buurt.",
    }
)


def _search(
    request: Request,
    *,
    on: Annotated[
        Day | None, Query(description="Contracted on this day; left out: today, in Amsterdam")
    ] = None,
    municipality: Annotated[
        MunicipalityCode | None, Query(description="For a child of this municipality of the region")
    ] = None,
    product: Annotated[ProductCode | None, Query()] = None,
    segment: Annotated[Segment | None, Query()] = None,
    category: Annotated[ProductCategory | None, Query()] = None,
    provider: Annotated[Agb | None, Query()] = None,
    age: Annotated[Age | None, Query(description="For a child of this age, in whole years")] = None,
    maximum_wait: Annotated[
        int | None, Query(alias="maximumWait", ge=0, le=1040, description="In weeks, both parts together")
    ] = None,
    postcode: Annotated[
        Postcode | None,
        Query(description="Where the child is; four digits are enough, nothing else of it is used"),
    ] = None,
    maximum_distance: Annotated[
        int | None,
        Query(alias="maximumDistance", ge=1, le=500, description="In kilometres; needs a postcode"),
    ] = None,
    accepting: Annotated[bool, Query(description="true: only where new clients are accepted")] = False,
    sort: Annotated[
        Sort,
        Query(description="What comes first; what is not known comes last. `distance` needs a postcode"),
    ] = Sort.WAIT,
) -> Search:
    if municipality is not None:
        require_in_region(request, municipality, parameter="municipality")
    if postcode is None and (sort is Sort.DISTANCE or maximum_distance is not None):
        message = "A distance is counted from a postcode; give `postcode` too."
        raise InvalidInput([FieldError("postcode-required", message, parameter="postcode")])
    origin = _coordinates(postcode) if postcode else None
    narrowed = Filter(
        on or _today(), municipality, product, segment, category, provider, age, maximum_wait, origin,
        maximum_distance, accepting,
    )  # fmt: skip
    return Search(narrowed, sort)


def _coordinates(postcode: str) -> Coordinates:
    try:
        return coordinates_of(postcode)
    except UnknownPostcodeError as error:
        message = "This postcode is not known here; give one close to it."
        raise InvalidInput([FieldError("postcode-unknown", message, parameter="postcode")]) from error


@router.get("/offers")
async def offers(
    _: Searcher,
    search: Annotated[Search, Depends(_search)],
    paging: Paging,
    connection: Transaction,
    *,
    facets: Annotated[bool, Query(description="true: also count what matches, by kind")] = False,
) -> OfferPage:
    """Find who can help a child: what is contracted on a day, at which location, how soon, how near.

    What is equal in the order comes by distance, then by product, provider and location. A wait or a location that is not
    known passes no maximum; `leftOut` counts these. An offer whose product was not heard of yet is not found by segment,
    category or age until it is.
    """
    after = _after(paging, search.sort)
    found = await queries.many(
        connection, *search, today=_today(), after=after, limit=paging.size + 1, facets=facets
    )
    return OfferPage.model_validate(
        {
            "items": [_shown(row, search) for row in found.offers[: paging.size]],
            "next": paging.next_link(found.offers, lambda row: [search.sort, *queries.key_of(row)]),
            "left_out": {"wait_unknown": found.wait_unknown, "distance_unknown": found.distance_unknown},
            "facets": found.facets,
            "known_through": found.known_through,
        }
    )


def _shown(row: dict[str, Any], search: Search) -> Offer:
    km = None if row["tenths"] is None else row["tenths"] / 10
    standing = Standing(row["intake_weeks"], row["start_weeks"], row["age_days"], row["admission"], km)
    place = {name: row[name] for name in ("postcode", "latitude", "longitude")}
    location = {"code": row["location"], "name": row["location_name"], **place}
    reasons = because(standing, search.sort, from_postcode=search.narrowed.origin is not None)
    return Offer.model_validate(
        row
        | {
            "location": location if row["location"] is not None else None,
            "stale": standing.stale,
            "distance_km": km,
            "because": [each._asdict() for each in reasons],
        }
    )


def _after(page: Page, sort: Sort) -> Key | None:
    if page.after is None:
        return None
    try:
        return _key(page, sort)
    except ValueError as error:
        raise InvalidInput(
            [FieldError("cursor", "Take the cursor from the `next` link of a page.", parameter="cursor")]
        ) from error


def _key(page: Page, sort: Sort) -> Key:
    given, first, near, product, provider, place, agreement = (
        page.key(str, int, int, str, str, str, str) or ()
    )
    if given != sort:
        raise ValueError("the cursor of another order")
    return Key(first, near, product, provider, place, UUID(agreement))


def _today() -> date:
    return now().astimezone(AMSTERDAM).date()
