"""What all statements have in common on the wire."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.monitoring.stated.domain.statement import Outcome
from shared.values.moments import AMSTERDAM, Moment, now
from shared.values.period import Day

REQUEST = ConfigDict(
    alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, hide_input_in_errors=True
)
RESPONSE = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)


def today() -> date:
    """The day that it is in Amsterdam."""
    return now().astimezone(AMSTERDAM).date()


class StatedBody(BaseModel):
    """Who says so, and on which day that was said."""

    model_config = REQUEST

    stated_on: Day = Field(
        description="The day of the source: the newest one counts, and of two of the same day the one that came last"
    )
    source: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="Where it can be found", examples=["Jaarrekening 2023, programma Jeugd"]
    )


class Kept(BaseModel):
    """What the platform adds to a statement."""

    model_config = RESPONSE

    version: int = Field(ge=1, description="In the order of arrival")
    known_at: Moment = Field(description="From when on it is known here, for `asOf`")


class Judged(BaseModel):
    """What became of a statement; the rest is what counts now."""

    model_config = RESPONSE

    outcome: Outcome = Field(
        description="`superseded`: older than what is known, kept in the history and changes nothing"
    )
