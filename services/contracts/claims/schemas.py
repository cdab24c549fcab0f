"""Claims on the wire."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from services.contracts.claims.domain import Content, Outcome, Status, refusal
from services.contracts.products.domain import Outcome as Recorded
from services.contracts.products.domain import ends_before_start
from shared.dutch import translate
from shared.problems import InvalidInput, kind_of
from shared.values.identifiers import Agb, MunicipalityCode, Shape
from shared.values.moments import Moment
from shared.values.money import MOST_CENTS
from shared.values.period import Day, Period

translate(
    {
        "another-claimant": "Dit is een andere aanbieder dan de uwe; lever alleen uw eigen declaraties aan.",
        "claim-reference": "Een referentie heeft 1-40 letters, cijfers, punten, streepjes of _; eerst een letter of cijfer.",
    }
)

_REQUEST = ConfigDict(
    alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, hide_input_in_errors=True
)
_RESPONSE = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

# Not a dot first: "." and ".." are not kept in an address.
ClaimReference = Annotated[
    str,
    Shape(
        "claim-reference",
        "[A-Za-z0-9][A-Za-z0-9._-]{0,39}",
        "A reference is 1 to 40 letters, digits, dots, underscores or hyphens, a letter or digit first.",
        "2023-04.0017",
    ),
]


class ClaimBody(BaseModel):
    """What a provider claims for days of care under an assignment number. Nothing in it says who the client is."""

    model_config = _REQUEST | ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "municipality": "0794",
                    "assignmentNumber": 1,
                    "from": "2023-04-01",
                    "to": "2023-04-30",
                    "cents": 125800,
                }
            ]
        }
    )

    municipality: MunicipalityCode
    assignment_number: Annotated[int, Field(strict=True, ge=0, le=999_999_999)] = Field(
        description="Toewijzingnummer, unique within a municipality"
    )
    valid_from: Day = Field(alias="from", description="The first day of care that is claimed")
    valid_to: Day = Field(alias="to", description="The last day of care that is claimed")
    cents: Annotated[int, Field(strict=True, ge=1, le=MOST_CENTS)] = Field(
        description="In euro cents, for all of these days; a correction gives the new amount, not the difference"
    )

    def content(self) -> Content:
        """Give what is claimed. Raises InvalidInput when the last day lies before the first."""
        if wrong := list(ends_before_start(self.valid_from, self.valid_to, "#/to")):
            raise InvalidInput(wrong)
        number = (self.municipality, self.assignment_number)
        return Content(number, Period(self.valid_from, self.valid_to), self.cents)


class DeliveredReference(BaseModel):
    """Which claim a record of a delivery is about; the rest of the record is the body of the single write."""

    model_config = _REQUEST

    provider: Agb | None = None
    reference: ClaimReference
    credited: Annotated[bool, Field(strict=True)] = False


class CreditBody(BaseModel):
    """Of a claim that is taken back nothing but its reference is said."""

    model_config = _REQUEST


class Refusal(BaseModel):
    """Why a claim that waited was refused: the problem that it would have been when its number had been known."""

    model_config = _RESPONSE

    type: str
    title: str
    title_nl: str
    detail: str
    indication_from: Day | None = None
    indication_to: Day | None = None
    other_reference: str | None = None
    cents_left: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_kept(cls, kept: Mapping[str, Any]) -> dict[str, Any]:
        problem = refusal(Outcome(kept["reason"]), kept["facts"])
        kind = kind_of(type(problem))
        titles = {"type": kind.type, "title": kind.title, "titleNl": kind.title_nl}
        return {**problem.facts, **titles, "detail": problem.detail}


class Claim(ClaimBody):
    """A claim at one version. Only what is accepted counts; waiting: its number or its value is not known here yet."""

    model_config = _RESPONSE

    provider: Agb
    reference: ClaimReference
    status: Status
    refusal: Refusal | None = None
    id: UUID
    version: int = Field(ge=1)
    recorded_at: Moment


class RecordedClaim(Claim):
    """The claim as it is now, and what became of what was sent."""

    outcome: Recorded


class ClaimPage(BaseModel):
    """A page of claims: by provider and reference, or of one claim's versions, newest first."""

    model_config = _RESPONSE

    items: list[Claim]
    next: str | None = Field(default=None, description="Link to the next page")
