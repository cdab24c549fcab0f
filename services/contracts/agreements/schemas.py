"""Agreements on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.contracts.agreements.domain import Key, outside, violations
from services.contracts.products.domain import Outcome
from shared.events.contracts import AgreementState
from shared.problems import InvalidInput
from shared.values.identifiers import Agb, MunicipalityCode, ProductCode
from shared.values.moments import Moment
from shared.values.money import Cents
from shared.values.period import Day
from shared.values.region import Region

_REQUEST = ConfigDict(
    alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, hide_input_in_errors=True
)
_RESPONSE = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)


class AgreementBody(BaseModel):
    """What is agreed with a provider about a product from the first day on; who, what and from when stand in the path."""

    model_config = _REQUEST

    valid_to: Day | None = Field(default=None, alias="to", description="The last day; left out: an open end")
    tariff_cents: Cents | None = Field(
        default=None, description="Per unit, in euro cents; left out: the catalogue's tariff"
    )
    municipalities: Annotated[tuple[MunicipalityCode, ...], Field(min_length=1, max_length=100)] | None = (
        Field(
            default=None,
            description="For children of these municipalities only; left out: of the whole region",
        )
    )

    def state(self, key: Key, region: Region) -> AgreementState:
        """Give the agreement under its key. Raises InvalidInput with every rule of its fields that is broken."""
        # Sorted and once each: the same places in another order are the same agreement, and must be the same state.
        places = None if self.municipalities is None else sorted(set(self.municipalities))
        agreement = AgreementState(
            **key._asdict(), **dict(self) | {"municipalities": places}, withdrawn=False
        )
        if wrong := [*violations(agreement), *outside(region, self.municipalities or ())]:
            raise InvalidInput(wrong)
        return agreement


class DeliveredKey(BaseModel):
    """Which agreement a record of a delivery is about; the rest of the record is the body of the single write."""

    model_config = _REQUEST

    provider: Agb
    product: ProductCode
    valid_from: Day = Field(alias="from")
    withdrawn: Annotated[bool, Field(strict=True)] = False

    def key(self) -> Key:
        return Key(self.provider, self.product, self.valid_from)


class NoBody(BaseModel):
    """Of a withdrawal nothing but its key is said."""

    model_config = _REQUEST


class Agreement(AgreementBody):
    """An agreement at one version. Withdrawn: it never held."""

    model_config = _RESPONSE

    provider: Agb
    product: ProductCode
    valid_from: Day = Field(alias="from")
    withdrawn: bool
    id: UUID
    version: int = Field(ge=1)
    recorded_at: Moment


class RecordedAgreement(Agreement):
    """The agreement as it is now, and what became of the change."""

    outcome: Outcome


class AgreementPage(BaseModel):
    """A page of agreements: by provider, product and first day, or of one agreement's versions, newest first."""

    model_config = _RESPONSE

    items: list[Agreement]
    next: str | None = Field(default=None, description="Link to the next page")
