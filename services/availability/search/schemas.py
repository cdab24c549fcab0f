"""Offers on the wire."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.events.contracts import Location, Segment
from shared.values.codes import ProductCategory
from shared.values.identifiers import Agb, ProductCode
from shared.values.moments import Moment

_RESPONSE = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Offer(BaseModel):
    """A product that is contracted with a provider; null is what is not known yet."""

    model_config = _RESPONSE

    provider: Agb
    provider_name: str | None
    product: ProductCode
    name_nl: str | None
    name_en: str | None
    segment: Segment | None
    category: ProductCategory | None
    valid_from: date = Field(alias="from", description="The first day on which it is contracted")
    valid_to: date | None = Field(
        alias="to", description="The last day on which it is contracted; null: an open end"
    )
    locations: list[Location] | None


class OfferPage(BaseModel):
    """A page of offers, ordered by product, provider and first day."""

    model_config = _RESPONSE

    items: list[Offer]
    next: str | None = Field(description="Link to the next page; null on the last one")
    known_through: Moment | None = Field(
        description="All that was known up to this moment is in the answer; null: that cannot be said yet"
    )
