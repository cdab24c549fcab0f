"""Periods of care on the wire."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import InitErrorDetails, PydanticCustomError

from services.referrals.care.domain import Key, Outcome, Refusal, Status, Version
from shared.dutch import translate
from shared.problems import FieldError, InvalidInput
from shared.values.codes import ReasonOfEnding
from shared.values.identifiers import Agb, AssignmentNumber, MunicipalityCode
from shared.values.moments import Moment
from shared.values.period import Day
from shared.web.validation import BETWEEN_FIELDS

_REQUEST = ConfigDict(
    alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, hide_input_in_errors=True
)
_RESPONSE = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

Reason = Annotated[str, Field(min_length=1, max_length=500, description="No names, no other personal data")]
_SENT_AT = "When it was sent: of two versions of one period the later counts, whatever the order of arrival"


translate(
    {
        "stop-whole": "Een stop heeft een laatste dag en een reden van beëindiging: geef ze allebei of geen van beide.",
    }
)


class CarePeriodBody(BaseModel):
    """A version of a period of care, whole. Without a last day: care started. With it: it stopped, for a reason."""

    model_config = _REQUEST | ConfigDict(
        json_schema_extra={
            "examples": [
                {"sentAt": "2023-02-02T09:00:00Z"},
                {"sentAt": "2023-07-03T09:00:00Z", "to": "2023-06-30", "reasonOfEnding": "31"},
            ]
        }
    )

    sent_at: Moment = Field(description=_SENT_AT)
    valid_to: Day | None = Field(
        default=None, alias="to", description="The last day of care; left out: it goes on"
    )
    reason_of_ending: ReasonOfEnding | None = Field(
        default=None, description="Why care ended; goes together with `to`"
    )

    @model_validator(mode="after")
    def _stop_is_whole(self) -> Self:
        if (self.valid_to is None) is (self.reason_of_ending is None):
            return self
        missing = "to" if self.valid_to is None else "reasonOfEnding"
        message = "A stop has a last day and a reason of ending: give both or none."
        error = InitErrorDetails(
            type=PydanticCustomError("stop-whole", "{m}", {"m": message, BETWEEN_FIELDS: True}),
            loc=(missing,),
            input=None,
        )
        raise ValidationError.from_exception_data("care period", [error], hide_input=True)

    def version(self, key: Key) -> Version:
        """Give the version under its key. Raises InvalidInput when it stops before it starts."""
        if self.valid_to is not None and self.valid_to < key.valid_from:
            message = "The last day lies before the first; give a day from `from` on, or leave it out."
            raise InvalidInput([FieldError("period", message, pointer="#/to")])
        return Version(self.sent_at, self.valid_to, self.reason_of_ending)


class CareWithdrawalBody(BaseModel):
    """A withdrawal: the period never was."""

    model_config = _REQUEST | ConfigDict(
        json_schema_extra={
            "examples": [{"sentAt": "2023-02-03T09:00:00Z", "reason": "Sent under a wrong first day"}]
        }
    )

    sent_at: Moment = Field(description=_SENT_AT)
    reason: Reason | None = None

    def version(self, _: Key) -> Version:
        """Give the version under its key."""
        return Version(self.sent_at, withdrawal=True, reason=self.reason)


class DeliveredKey(BaseModel):
    """Which period a record of a delivery is about; the rest of the record is the body of the single write."""

    model_config = _REQUEST

    provider: Agb | None = None
    municipality: MunicipalityCode
    assignment_number: AssignmentNumber
    valid_from: Day = Field(alias="from")


class DeliveredStart(DeliveredKey, CarePeriodBody):
    """A record of a delivery that says that care started, or stopped."""

    withdrawn: Annotated[bool, Field(strict=True)] = False


class DeliveredWithdrawal(DeliveredKey, CareWithdrawalBody):
    """A record of a delivery that says that a period never was."""

    withdrawn: Literal[True]


class CarePeriod(BaseModel):
    """A period of care as it is now. Only an accepted one counts; what waits has no indication and no client yet."""

    model_config = _RESPONSE

    id: UUID
    municipality: MunicipalityCode
    assignment_number: AssignmentNumber
    valid_from: date = Field(alias="from", description="The day on which care began")
    valid_to: date | None = Field(default=None, alias="to", description="The last day; absent: it goes on")
    provider: Agb
    reason_of_ending: ReasonOfEnding | None = None
    withdrawn: bool = Field(description="It never was")
    sent_at: Moment
    status: Status = Field(description="waiting: its assignment number is not known yet; it counts nowhere")
    refusal: Refusal | None = Field(
        default=None, description="Why it was refused. A newer version is decided anew"
    )
    indication: UUID | None = None
    client_id: UUID | None = None
    version: int = Field(ge=0, description="0 until it was accepted for the first time")
    recorded_at: Moment


class RecordedCarePeriod(CarePeriod):
    """The period as it is now, and what became of the version that was sent."""

    outcome: Outcome


class CarePeriodPage(BaseModel):
    """A page of periods, ordered by municipality, assignment number, first day and provider."""

    model_config = _RESPONSE

    items: list[CarePeriod]
    next: str | None = Field(default=None, description="Link to the next page")


class KeptCareVersion(BaseModel):
    """A version that arrived and was kept, or the decision about one that waited. `version`: the one it was published as."""

    model_config = _RESPONSE

    outcome: Outcome
    refusal: Refusal | None
    version: int | None
    sent_at: Moment
    recorded_at: Moment
    valid_to: date | None = Field(alias="to")
    reason_of_ending: ReasonOfEnding | None
    withdrawal: bool
    reason: str | None


class CareHistoryPage(BaseModel):
    """What was kept of one period, the newest moment of sending first."""

    model_config = _RESPONSE

    items: list[KeptCareVersion]
    next: str | None = None
