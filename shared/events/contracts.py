"""What the contracts service publishes."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.events.state import Part, State
from shared.values.codes import ProductCategory, Unit
from shared.values.identifiers import Agb, MunicipalityCode, Postcode, ProductCode
from shared.values.moments import Moment
from shared.values.money import Cents

Segment = Annotated[int, Field(ge=1, le=5, description="Segment of the products-and-services catalogue")]
Age = Annotated[
    int, Field(ge=0, le=23, description="Age of a child in whole years; extended care ends at 23")
]


class Tariff(Part):
    """What one unit of a product costs in the catalogue, from a day on."""

    valid_from: date = Field(alias="from")
    valid_to: date | None = Field(default=None, alias="to")
    cents: Cents


class ProductState(State):
    """A line of the products-and-services catalogue (PDC), whole, at one version."""

    code: ProductCode
    category: ProductCategory
    segment: Segment
    residential: bool
    family: bool
    housing: bool
    unit: Unit
    name_nl: str
    name_en: str
    valid_from: date = Field(alias="from")
    valid_to: date | None = Field(default=None, alias="to")
    tariffs: tuple[Tariff, ...] = ()
    minimum_age: Age | None = Field(default=None, description="In years, included; absent: no lower limit")
    maximum_age: Age | None = Field(default=None, description="In years, included; absent: no upper limit")


class Location(Part):
    """Where a provider works. Its postcode is public: it is an organisation's, not a person's."""

    code: str
    name: str
    postcode: Postcode
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class ProviderState(State):
    """A provider, whole, at one version."""

    agb: Agb
    name: str
    locations: tuple[Location, ...] = ()


class AgreementState(State):
    """That a provider is contracted for a product from a day on, at its own tariff or the catalogue's."""

    provider: Agb
    product: ProductCode
    valid_from: date = Field(alias="from")
    valid_to: date | None = Field(default=None, alias="to")
    tariff_cents: Cents | None = None
    withdrawn: bool
    municipalities: tuple[MunicipalityCode, ...] | None = Field(
        default=None, description="For children of these municipalities only; absent: of the whole region"
    )


class Stretch(Part):
    """Days of an indication on which nothing about its value changes.

    `cents` holds one amount per month of the stretch, the first for the month of `valid_from`; an open end
    goes up to the region's horizon. Amounts are 0 when `valued` is false: not valued, which is not free.
    """

    valid_from: date = Field(alias="from")
    valid_to: date | None = Field(default=None, alias="to")
    contracted: bool
    valued: bool
    cents: tuple[Cents, ...]


class LineEntry(Part):
    """What an indication was worth, as known from a moment on. Withdrawn: no stretches."""

    known_from: Moment
    indication_version: int = Field(ge=1)
    segment: Segment | None = None
    residential: bool
    family: bool
    housing: bool
    stretches: tuple[Stretch, ...] = ()


class ValuationState(State):
    """The whole line of values of one indication; its aggregate id is the indication's.

    The line is ordered by `known_from` and is a pure function of the histories of the indication, its product
    and its agreements: the value as known at T is the last entry with `known_from` <= T.
    """

    municipality: MunicipalityCode
    provider: Agb
    line: tuple[LineEntry, ...] = ()


class ClaimState(State):
    """What a provider is owed for days of care under an indication, whole, at one version.

    `indication` is the aggregate id of the indication. Published once it was accepted. Withdrawn: credited, it is owed
    nothing for it.
    """

    indication: UUID
    municipality: MunicipalityCode
    provider: Agb
    valid_from: date = Field(alias="from", description="The first day of care that is claimed")
    valid_to: date = Field(alias="to", description="The last day of care that is claimed")
    cents: Cents
    withdrawn: bool
