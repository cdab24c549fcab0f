"""Waiting times on the wire."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SkipValidation, ValidationError
from pydantic.alias_generators import to_camel

from services.availability.waiting_times.domain import EXPLAINED, Outcome, Refusal, Said, StillCorrect
from shared.events.availability import ReportState
from shared.problems import FieldError
from shared.values.codes import Admission
from shared.values.identifiers import Agb, ProductCode
from shared.values.moments import Moment
from shared.values.period import Day
from shared.web.validation import invalid_input

_REQUEST = ConfigDict(
    alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, hide_input_in_errors=True
)
_RESPONSE = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)
MOST_REPORTS = 1_000

LocationCode = Annotated[
    str,
    Field(
        pattern="^[A-Za-z0-9-]{1,20}$", description="The provider's own code of the location", examples=["01"]
    ),
]
Weeks = Annotated[int, Field(strict=True, ge=0, le=520)]
Reason = Annotated[str, Field(min_length=1, max_length=300, description="No names, no other personal data")]


class WaitingTimeReport(BaseModel):
    """What holds for one product at one location as of the reference date. A wait that is null is said to be unknown."""

    model_config = _REQUEST

    provider: Agb
    location: LocationCode
    product: ProductCode
    reference_date: Day = Field(description="The day on which this was seen; not in the future")
    intake_weeks: Weeks | None = Field(description="Whole weeks from application to intake")
    start_weeks: Weeks | None = Field(description="Whole weeks from intake to the start of care")
    places: Annotated[int, Field(strict=True, ge=0, le=100_000)] | None = Field(
        default=None, description="Places free"
    )
    admission: Admission
    reason: Reason | None = Field(default=None, description="Required with `limited` and `stop`")
    until: Day | None = Field(default=None, description="How long that is expected to last; not of accepting")

    def said(self) -> Said:
        """Give it as it is kept and published."""
        return ReportState.model_validate(self.model_dump())


class StillCorrectReport(BaseModel):
    """All that was last reported at a location is still correct on the reference date."""

    model_config = _REQUEST

    provider: Agb
    location: LocationCode
    still_correct: Literal[True]
    reference_date: Day

    def said(self) -> Said:
        """Give it as the rules take it."""
        return StillCorrect(self.provider, self.location, self.reference_date)


class ReportsBody(BaseModel):
    """Reports of one provider, each judged by itself: a wrong one does not stop the others."""

    model_config = ConfigDict(
        **_REQUEST,
        json_schema_extra={
            "examples": [
                {
                    "reports": [
                        {
                            "provider": "98000001",
                            "location": "01",
                            "product": "43A09",
                            "referenceDate": "2023-04-01",
                            "intakeWeeks": 2,
                            "startWeeks": None,
                            "places": 3,
                            "admission": "limited",
                            "reason": "Alleen jeugdigen tot 12 jaar",
                            "until": "2023-06-30",
                        },
                        {
                            "provider": "98000001",
                            "location": "02",
                            "stillCorrect": True,
                            "referenceDate": "2023-04-01",
                        },
                    ]
                }
            ]
        },
    )

    # Documented here and validated one by one, so that each has its own errors in the answer.
    reports: Annotated[
        list[SkipValidation[WaitingTimeReport | StillCorrectReport]],
        Field(min_length=1, max_length=MOST_REPORTS),
    ]


class ReportError(BaseModel):
    """One thing wrong with a report: a JSON Pointer into the body, and what to do."""

    model_config = _RESPONSE

    code: str
    pointer: str
    message: str
    message_nl: str


class ReportResult(BaseModel):
    """What became of a report. `confirmed`: how many reports a `stillCorrect` made; null for others."""

    model_config = _RESPONSE

    outcome: Outcome
    confirmed: int | None = None
    errors: list[ReportError] = []


class ReportResults(BaseModel):
    """One result for each report, in the order of the body."""

    model_config = _RESPONSE

    results: list[ReportResult]


class WaitingTime(BaseModel):
    """What was reported last of a product at a location, and when the next report is due.

    Null: not said, or said to be unknown. Without a reference date nothing was ever reported.
    """

    model_config = _RESPONSE

    provider: Agb
    location: str
    product: ProductCode
    # The format once more beside the choice: the linter of the design rules asks for it there.
    reference_date: date | None = Field(json_schema_extra={"format": "date"})
    age_days: int | None = Field(description="Days since the reference date")
    intake_weeks: int | None
    start_weeks: int | None
    places: int | None
    admission: Admission | None
    reason: str | None
    until: date | None
    recorded_at: Moment | None
    due: bool = Field(description="A report is asked for by today")
    due_on: date | None = Field(
        description="When the next report is due: 31 days after the reference date, or the first day of the agreement; "
        "null: no agreement is in force"
    )


class WaitingTimePage(BaseModel):
    """A page of waiting times, by provider, location and product."""

    model_config = _RESPONSE

    items: list[WaitingTime]
    next: str | None = Field(description="Link to the next page; null on the last one")


class KeptReport(BaseModel):
    """A version of a report; a correction of the same reference date is the next version."""

    model_config = _RESPONSE

    provider: Agb
    location: str
    product: ProductCode
    reference_date: date
    intake_weeks: int | None
    start_weeks: int | None
    places: int | None
    admission: Admission
    reason: str | None
    until: date | None
    version: int = Field(ge=1)
    recorded_at: Moment


class KeptReportPage(BaseModel):
    """A page of the history: newest reference date first, of each the newest version first."""

    model_config = _RESPONSE

    items: list[KeptReport]
    next: str | None = Field(description="Link to the next page; null on the last one")


def read(given: object, place: int, body: object) -> Said | list[ReportError]:
    """Read one report of the body, or give all that is wrong with its form."""
    confirming = isinstance(given, Mapping) and "stillCorrect" in given
    model = StillCorrectReport if confirming else WaitingTimeReport
    try:
        return model.model_validate(given).said()
    except ValidationError as error:
        found = error.errors(include_url=False)
    placed = [{**each, "loc": ("body", "reports", place, *each["loc"])} for each in found]
    return [_of_form(each) for each in invalid_input(placed, body).errors]


def refused(refusals: Iterable[Refusal], place: int) -> list[ReportError]:
    """Give the errors of a report that broke rules."""
    return [_of_rule(each, place) for each in refusals]


def _of_rule(refusal: Refusal, place: int) -> ReportError:
    field, message, message_nl = EXPLAINED[refusal]
    pointer = f"#/reports/{place}/{field}".rstrip("/")
    return ReportError(code=refusal, pointer=pointer, message=message, message_nl=message_nl)


def _of_form(error: FieldError) -> ReportError:
    message_nl = _OWN_WORDS.get(error.code, error.message_nl)
    return ReportError(
        code=error.code, pointer=error.pointer or "#", message=error.message, message_nl=message_nl
    )


# What can be said more precisely here than the code says everywhere.
_OWN_WORDS: Mapping[str, str] = {
    "model-type": "Een melding is een JSON-object.",
    "enum": "Kies een van de waarden `accepting`, `limited` en `stop`.",
    "string-pattern-mismatch": "Een locatiecode heeft 1 tot 20 letters, cijfers of streepjes.",
}
