"""Providers on the wire."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.contracts.products.domain import Outcome
from services.contracts.providers.domain import violations
from shared.events.contracts import ProviderState
from shared.problems import InvalidInput
from shared.values.identifiers import Agb, Postcode
from shared.values.moments import Moment

_REQUEST = ConfigDict(
    alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, hide_input_in_errors=True
)
_RESPONSE = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

Name = Annotated[str, Field(min_length=1, max_length=200)]


class ProviderLocation(BaseModel):
    """Where a provider works."""

    model_config = _REQUEST

    code: Annotated[str, Field(pattern="^[A-Za-z0-9-]{1,20}$")] = Field(
        description="The provider's own code of it, different from its others"
    )
    name: Name
    postcode: Postcode
    latitude: Annotated[float, Field(strict=True, ge=-90, le=90)] = Field(description="In degrees (WGS 84)")
    longitude: Annotated[float, Field(strict=True, ge=-180, le=180)] = Field(
        description="In degrees (WGS 84)"
    )


class ProviderBody(BaseModel):
    """A provider, whole."""

    model_config = _REQUEST

    name: Name
    locations: Annotated[tuple[ProviderLocation, ...], Field(max_length=1_000)] = ()

    def state(self, agb: Agb) -> ProviderState:
        """Give the provider under its AGB code. Raises InvalidInput with every rule between its fields that is broken."""
        provider = ProviderState.model_validate(self.model_dump() | {"agb": agb})
        if wrong := list(violations(provider)):
            raise InvalidInput(wrong)
        return provider


class DeliveredAgb(BaseModel):
    """Which provider a record of a delivery is; the rest of the record is the body of the single write."""

    model_config = _REQUEST

    agb: Agb


class Provider(ProviderBody):
    """A provider at one version."""

    model_config = _RESPONSE

    agb: Agb
    id: UUID
    version: int = Field(ge=1)
    recorded_at: Moment


class RecordedProvider(Provider):
    """The provider as it is now, and what became of what was put."""

    outcome: Outcome


class ProviderPage(BaseModel):
    """A page of providers: by AGB code, or of one provider's versions, newest first."""

    model_config = _RESPONSE

    items: list[Provider]
    next: str | None = Field(default=None, description="Link to the next page")
