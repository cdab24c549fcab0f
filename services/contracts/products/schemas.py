"""Products on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.contracts.products.domain import Outcome, violations
from shared.events.contracts import Age, ProductState
from shared.problems import InvalidInput
from shared.values.codes import ProductCategory, Unit
from shared.values.identifiers import ProductCode
from shared.values.moments import Moment
from shared.values.money import Cents
from shared.values.period import Day

_REQUEST = ConfigDict(
    alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, hide_input_in_errors=True
)
_RESPONSE = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

Flag = Annotated[bool, Field(strict=True)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class CatalogueTariff(BaseModel):
    """What one unit costs from a day on."""

    model_config = _REQUEST

    valid_from: Day = Field(alias="from")
    valid_to: Day | None = Field(default=None, alias="to", description="The last day; left out: still")
    cents: Cents = Field(description="Per unit, in euro cents")


class ProductBody(BaseModel):
    """A line of the products-and-services catalogue (PDC), whole."""

    model_config = _REQUEST

    category: ProductCategory = Field(description="The first two digits of the code")
    segment: Annotated[int, Field(strict=True, ge=1, le=5)] = Field(
        description="1 highly specialised, 2 housing, 3 day treatment, 4 ambulatory, 5 crisis"
    )
    residential: Flag = Field(description="The client lives there: counts as residential placement")
    family: Flag = Field(description="Foster care and family homes")
    housing: Flag = Field(description="Group homes and guidance to independent living")
    unit: Unit
    name_nl: Name
    name_en: Name
    valid_from: Day = Field(alias="from")
    valid_to: Day | None = Field(default=None, alias="to", description="The last day; left out: an open end")
    tariffs: Annotated[tuple[CatalogueTariff, ...], Field(max_length=200)] = Field(
        default=(), description="In order of their days, without overlap"
    )
    minimum_age: Annotated[Age, Field(strict=True)] | None = Field(
        default=None, description="Of the child, in years, included; left out: no lower limit"
    )
    maximum_age: Annotated[Age, Field(strict=True)] | None = Field(
        default=None, description="Of the child, in years, included; left out: no upper limit"
    )

    def state(self, code: ProductCode) -> ProductState:
        """Give the product under its code. Raises InvalidInput with every rule between its fields that is broken."""
        product = ProductState.model_validate(self.model_dump() | {"code": code})
        if wrong := list(violations(product)):
            raise InvalidInput(wrong)
        return product


class DeliveredCode(BaseModel):
    """Which product a record of a delivery is; the rest of the record is the body of the single write."""

    model_config = _REQUEST

    code: ProductCode


class Product(ProductBody):
    """A product at one version."""

    model_config = _RESPONSE

    code: ProductCode
    id: UUID
    version: int = Field(ge=1)
    recorded_at: Moment


class RecordedProduct(Product):
    """The product as it is now, and what became of what was put."""

    outcome: Outcome


class ProductPage(BaseModel):
    """A page of products: of the catalogue by code, or of one product's versions, newest first."""

    model_config = _RESPONSE

    items: list[Product]
    next: str | None = Field(default=None, description="Link to the next page")
