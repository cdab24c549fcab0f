"""Indications on the wire."""

from datetime import date
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import InitErrorDetails, PydanticCustomError

from services.referrals.indications.domain import Outcome, Terms, violations
from shared.values.bsn import Bsn
from shared.values.codes import Frequency, ReferrerType, Unit
from shared.values.identifiers import (
    Agb,
    AssignmentNumber,
    BirthYear,
    Brin,
    MunicipalityCode,
    Postcode4,
    ProductCode,
)
from shared.values.moments import Moment
from shared.values.money import Cents
from shared.values.period import Day
from shared.web.validation import BETWEEN_FIELDS

_REQUEST = ConfigDict(
    alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, hide_input_in_errors=True
)
_RESPONSE = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

Reason = Annotated[str, Field(min_length=1, max_length=500, description="No names, no other personal data")]
Volume = Annotated[int, Field(strict=True, ge=1, le=99_999_999)]


class Referrer(BaseModel):
    """Who brought the client in. Leave the whole out when it is unknown; type 06 says that there was none."""

    model_config = _REQUEST

    type: ReferrerType
    code: Agb | None = Field(
        default=None, description="AGB code of the practice or institution, for types 02 to 05"
    )


class ExplanatoryAnalysis(BaseModel):
    """Verklarende analyse before a residential placement: the day it was done, or why it was not."""

    model_config = _REQUEST

    done_on: Day | None = None
    motivation: Reason | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.done_on is None) is (self.motivation is None):
            raise ValueError("Give `doneOn` or `motivation`, not both.")
        return self


class DecisionMoments(BaseModel):
    """The moments by which versions are ordered."""

    model_config = _REQUEST

    decided_at: Moment = Field(description="When the municipality decided this version")
    sent_at: Moment = Field(
        description="When it was sent; the later of two versions with one decision moment counts"
    )


class IndicationBody(DecisionMoments):
    """A version of an indication, whole. Correcting and ending are the same with newer moments."""

    bsn: Bsn
    birth_year: BirthYear
    product: ProductCode
    provider: Agb
    valid_from: Day = Field(alias="from")
    valid_to: Day | None = Field(default=None, alias="to", description="The last day; left out: an open end")
    volume: Volume | None = None
    unit: Unit | None = None
    frequency: Frequency | None = None
    budget_cents: Cents | None = Field(
        default=None, description="For the whole period, in euro cents; instead of a volume"
    )
    agreed_tariff_cents: Cents | None = Field(default=None, description="Own tariff per unit, in euro cents")
    referrer: Referrer | None = None
    team: Annotated[str, Field(pattern="^[A-Za-z0-9-]{1,20}$")] | None = Field(
        default=None, description="Neighbourhood team"
    )
    school: Brin | None = None
    postcode4: Postcode4 | None = None
    explanatory_analysis: ExplanatoryAnalysis | None = None
    administrative_reason: Reason | None = Field(
        default=None,
        description="Marks an administrative correction, which alone may change what the first version fixed",
    )

    @model_validator(mode="after")
    def _fields_go_together(self) -> Self:
        wrong = [
            InitErrorDetails(
                type=PydanticCustomError(each.code, "{m}", {"m": each.message, BETWEEN_FIELDS: True}),
                loc=(each.field,),
                input=None,
            )
            for each in violations(self._terms())
        ]
        if wrong:
            raise ValidationError.from_exception_data("indication", wrong, hide_input=True)
        return self

    def _terms(self) -> Terms:
        return Terms(
            self.valid_from,
            self.valid_to,
            self.volume,
            self.unit,
            self.frequency,
            self.budget_cents,
            self.referrer.type if self.referrer else None,
            self.referrer.code if self.referrer else None,
        )

    def content(self) -> dict[str, Any]:
        """Give what is kept of it as JSON: all but the BSN and the moments."""
        left_out = {"bsn", "decided_at", "sent_at"}
        return self.model_dump(mode="json", by_alias=True, exclude=left_out, exclude_none=True)


class WithdrawalBody(DecisionMoments):
    """A withdrawal, from the beginning: the indication counts nowhere any more and its number is used up."""

    reason: Reason | None = None


class DeliveredNumber(BaseModel):
    """Which indication a record of a delivery is about; the rest of the record is the body of the single write."""

    model_config = _REQUEST

    municipality: MunicipalityCode | None = None
    assignment_number: AssignmentNumber
    withdrawn: Annotated[bool, Field(strict=True)] = False


class Indication(BaseModel):
    """An indication as it is now. Never with a BSN: who knows it finds the client by `_search`."""

    model_config = _RESPONSE

    id: UUID
    municipality: MunicipalityCode
    assignment_number: AssignmentNumber
    client_id: UUID
    version: int = Field(ge=1)
    withdrawn: bool
    recorded_at: Moment
    decided_at: Moment
    sent_at: Moment
    birth_year: int
    product: ProductCode
    provider: Agb
    valid_from: date = Field(alias="from")
    valid_to: date | None = Field(default=None, alias="to")
    volume: int | None = None
    unit: Unit | None = None
    frequency: Frequency | None = None
    budget_cents: Cents | None = None
    agreed_tariff_cents: Cents | None = None
    referrer: Referrer | None = None
    team: str | None = None
    school: Brin | None = None
    postcode4: Postcode4 | None = None
    explanatory_analysis: ExplanatoryAnalysis | None = None
    administrative_reason: str | None = None


class Recorded(Indication):
    """The indication as it is now, and what became of the version that was sent."""

    outcome: Outcome


class KeptVersion(BaseModel):
    """A version that arrived and was kept, newest decision first. `version`: the number it got when it was applied."""

    model_config = _RESPONSE

    outcome: Outcome
    version: int | None
    decided_at: Moment
    sent_at: Moment
    recorded_at: Moment
    withdrawal: bool
    reason: str | None
    content: dict[str, Any]


class IndicationPage(BaseModel):
    """A page of indications, ordered by municipality and assignment number."""

    model_config = _RESPONSE

    items: list[Indication]
    next: str | None = Field(default=None, description="Link to the next page")


class HistoryPage(BaseModel):
    """The versions of one indication, newest decision first."""

    model_config = _RESPONSE

    items: list[KeptVersion]
    next: str | None = None


class SearchBody(BaseModel):
    """What to look for; everything given must hold. By BSN in the body, since an address is written down everywhere."""

    model_config = _REQUEST

    bsn: Bsn | None = None
    client_id: UUID | None = None
    product: ProductCode | None = None
    provider: Agb | None = None
    valid_on: Day | None = Field(default=None, description="In force on this day")
    withdrawn: Annotated[bool, Field(strict=True)] | None = None
    page_size: int = Field(default=100, strict=True, ge=1, le=1_000)
    cursor: str | None = Field(default=None, max_length=500, description="From `nextCursor` of a page")


class SearchPage(BaseModel):
    """A page of what was found."""

    model_config = _RESPONSE

    items: list[Indication]
    next_cursor: str | None = None
