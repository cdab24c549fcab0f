"""Offers on the wire."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.events.contracts import Location, Segment
from shared.values.codes import Admission, ProductCategory
from shared.values.identifiers import Agb, MunicipalityCode, ProductCode
from shared.values.moments import Moment

_RESPONSE = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

Count = Annotated[int, Field(ge=0)]


class Because(BaseModel):
    """Why an offer stands where it stands, or what to know before it is chosen."""

    model_config = _RESPONSE

    code: str
    text: str
    text_nl: str


class Offer(BaseModel):
    """A product that is contracted with a provider, at one of its locations. Null is what is not known, never 0."""

    model_config = _RESPONSE

    provider: Agb
    provider_name: str | None
    product: ProductCode
    name_nl: str | None
    name_en: str | None
    segment: Segment | None
    category: ProductCategory | None
    municipalities: list[MunicipalityCode] | None = Field(
        description="For children of these municipalities only; null: of the whole region"
    )
    minimum_age: int | None
    maximum_age: int | None
    valid_from: date = Field(alias="from", description="The first day on which it is contracted")
    valid_to: date | None = Field(
        alias="to", description="The last day on which it is contracted; null: an open end"
    )
    location: Location | None = Field(description="Null: none of its provider is known yet")
    intake_weeks: int | None = Field(description="From application to intake, as reported")
    start_weeks: int | None = Field(description="From intake to the start of care, as reported")
    total_weeks: int | None = Field(description="The sum of both; null as soon as one of them is not known")
    reference_date: date | None = Field(
        description="As of when that was reported; null: never reported", json_schema_extra={"format": "date"}
    )
    age_days: int | None = Field(description="Days since the reference date")
    stale: bool | None = Field(description="Reported more than 31 days ago; null: never reported")
    admission: Admission | None
    places: int | None
    reason: str | None
    until: date | None
    distance_km: float | None = Field(description="From the postcode, as the crow flies; null without one")
    because: list[Because] = Field(description="Why it stands here: first what the answer is ordered by")


class Facet(BaseModel):
    """How many of the offers that match have a value; null is what is not known."""

    model_config = _RESPONSE

    value: str | int | None
    count: Count


class Facets(BaseModel):
    """All offers that match, counted by kind, the most frequent first."""

    model_config = _RESPONSE

    products: list[Facet] = []
    segments: list[Facet] = []
    providers: list[Facet] = []
    admissions: list[Facet] = []


class LeftOut(BaseModel):
    """Offers that a maximum left out because theirs is not known; null without that maximum."""

    model_config = _RESPONSE

    wait_unknown: Count | None
    distance_unknown: Count | None


class OfferPage(BaseModel):
    """A page of offers, in the order that was asked for."""

    model_config = _RESPONSE

    items: list[Offer]
    next: str | None = Field(description="Link to the next page; null on the last one")
    left_out: LeftOut
    facets: Facets | None = Field(description="With `facets=true`")
    known_through: Moment | None = Field(
        description="All that was contracted up to this moment is in the answer; null: that cannot be said yet. "
        "Waiting times are in it as soon as they were reported"
    )
