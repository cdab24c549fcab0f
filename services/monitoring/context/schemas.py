"""Context figures on the wire."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from services.monitoring.context.domain import ContextFigure
from services.monitoring.stated.domain import RESPONSE, Judged, Kept, StatedBody, not_yet, today
from shared.problems import InvalidInput
from shared.values.period import Day

# A thousand million: more than any part of the country counts.
_MOST = 10**9

Name = Annotated[
    str,
    Field(
        pattern="^[a-z][a-z0-9-]{0,39}$",
        description="What is counted; figures divide by `young-inhabitants`",
        examples=["young-inhabitants"],
    ),
]
Area = Annotated[
    str,
    Field(
        min_length=1,
        max_length=50,
        description="`region`, the name of a sub-region, or the code of a municipality",
        examples=["Helmond"],
    ),
]


class ContextFigureBody(StatedBody):
    """A number of others about an area, on a day of reference."""

    amount: Annotated[int, Field(strict=True, ge=0, le=_MOST, examples=[19325])]

    def figure(self, name: str, area: str, reference_date: date) -> ContextFigure:
        """Give the figure under its key. Raises InvalidInput."""
        if wrong := list(not_yet(self.stated_on, today())):
            raise InvalidInput(wrong)
        return ContextFigure(name, area, reference_date, self.amount, self.stated_on, self.source)


class ContextNumber(ContextFigureBody, Kept):
    """A context figure at one version."""

    model_config = RESPONSE

    name: Name
    area: Area
    reference_date: Day


class RecordedContextNumber(ContextNumber, Judged):
    """The context figure that counts now, and what became of the one that was put."""


class ContextPage(BaseModel):
    """A page of context figures: by name, area and day, or the versions of one, the last to come first."""

    model_config = RESPONSE

    items: list[ContextNumber]
    next: str | None = Field(default=None, description="Link to the next page")
