"""What the availability service publishes."""

from datetime import date
from typing import Annotated

from pydantic import Field

from shared.events.state import State
from shared.values.codes import Admission
from shared.values.identifiers import Agb, ProductCode

Weeks = Annotated[int, Field(ge=0, le=520, description="Whole weeks; 0 is no wait, which is not unknown")]


class ReportState(State):
    """What a provider reported of one product at one of its locations, as of a reference date.

    A report is an aggregate of its own per provider, location, product and reference date, so that the order of arrival
    matters to nothing: readers take the newest reference date. A wait that is None was said to be unknown.
    """

    provider: Agb
    location: str = Field(description="The provider's own code of the location")
    product: ProductCode
    reference_date: date
    intake_weeks: Weeks | None = Field(default=None, description="From application to intake")
    start_weeks: Weeks | None = Field(default=None, description="From intake to the start of care")
    places: int | None = Field(default=None, ge=0, description="Places free; None: not said")
    admission: Admission
    reason: str | None = None
    until: date | None = Field(default=None, description="How long the limit or the stop is expected to last")
