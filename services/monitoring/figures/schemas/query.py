"""What can be asked of a figure in a query."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel

from services.monitoring.figures.domain import (
    MOST_PERIODS,
    PERIOD_TEXT,
    CareGroup,
    Dimension,
    FigureRequest,
    PeriodKind,
    months_of,
)
from shared.dutch import translate
from shared.problems import FieldError, InvalidInput
from shared.values.codes import ReferrerType
from shared.values.identifiers import Agb, MunicipalityCode, ProductCode
from shared.values.moments import Moment, end_of_day
from shared.values.period import Day
from shared.values.region import Region

translate(
    {
        "period-order": "De laatste periode ligt voor de eerste.",
        "too-many-periods": "Dit zijn te veel perioden in een vraag; vraag er minder of langere.",
        "municipality-not-in-region": "Een van de gemeenten hoort niet bij de regio; gebruik de codes van haar gemeenten.",
        "sub-region-not-in-region": "Een van de deelregio's bestaat niet; gebruik de namen uit het regiobestand.",
    }
)

LARGEST_PAGE = 10_000
_MOST_VALUES = 200

_DAY: TypeAdapter[date] = TypeAdapter(Day)
_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)
# A `+` that was not written as %2B arrives as a space.
_OFFSET_WITHOUT_PLUS = re.compile(r" ([0-9]{2}:[0-9]{2})$")


def _as_of(value: object) -> object:
    if not isinstance(value, str):
        return value
    if "T" in value.upper():
        return _MOMENT.validate_python(_OFFSET_WITHOUT_PLUS.sub(r"+\1", value))
    return end_of_day(_DAY.validate_python(value))


def _in_range(text: str) -> str:
    months_of(text)
    return text


def _unique(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))


AsOf = Annotated[
    datetime,
    Field(
        description="As known then: a day means its end in Amsterdam, a moment has its offset from UTC",
        examples=["2023-08-10", "2023-08-10T09:00:00Z"],
    ),
    BeforeValidator(_as_of, json_schema_input_type=date | datetime),
]
PeriodText = Annotated[
    str,
    Field(pattern=f"^{PERIOD_TEXT}$", examples=["2023-04", "2023-Q2", "2023-H1", "2023"]),
    AfterValidator(_in_range),
]
_SEVERAL = (Field(default=(), max_length=_MOST_VALUES), AfterValidator(_unique))


class FigureQuery(BaseModel):
    """Which periods of a figure, broken down by what, for whom, as known when."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    period: PeriodKind = Field(default=PeriodKind.MONTH, description="How long each period of the answer is")
    first: PeriodText = Field(alias="from", description="The first period, or one that lies in it")
    last: PeriodText | None = Field(
        default=None,
        alias="to",
        description="The last period, or one that lies in it; left out: only the first",
    )
    by: Annotated[tuple[Dimension, ...], *_SEVERAL] = Field(description="Give it again for each next one")
    municipality: Annotated[tuple[MunicipalityCode, ...], *_SEVERAL]
    sub_region: Annotated[tuple[str, ...], *_SEVERAL] = Field(description="Its name, as in the region file")
    segment: Annotated[tuple[Literal["1", "2", "3", "4", "5"], ...], *_SEVERAL]
    care_group: Annotated[tuple[CareGroup, ...], *_SEVERAL]
    residential: Annotated[tuple[Literal["true", "false"], ...], *_SEVERAL] = Field(
        description="true: any of the three groups of residential care; false: other care"
    )
    product: Annotated[tuple[ProductCode, ...], *_SEVERAL]
    provider: Annotated[tuple[Agb, ...], *_SEVERAL]
    referrer: Annotated[tuple[ReferrerType | Literal["unknown"], ...], *_SEVERAL]
    as_of: AsOf | None = None
    compare: Literal["previous"] | None = Field(
        default=None,
        description="`previous`: each row also says what it was in the period before, and the change",
    )
    page_size: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = LARGEST_PAGE
    cursor: Annotated[str, Field(max_length=500)] | None = Field(
        default=None, description="From the `next` link of a page"
    )

    def requested(self, region: Region) -> FigureRequest:
        """What is asked for. Raises InvalidInput with everything that the region does not hold."""
        length = self.period.months
        first = months_of(self.first)[0] // length
        last = months_of(self.last or self.first)[1] // length
        if wrong := [*self._misplaced(first, last), *self._unknown(region)]:
            raise InvalidInput(wrong)
        filters = {each: tuple(map(str, getattr(self, each.name.lower()))) for each in Dimension}
        return FigureRequest(
            kind=self.period,
            first_month=first * length,
            periods=last - first + 1,
            by=self.by,
            filters={each: values for each, values in filters.items() if values},
            as_of=self.as_of,
            compare=self.compare is not None,
        )

    def _misplaced(self, first: int, last: int) -> Iterator[FieldError]:
        if last < first:
            yield FieldError("period-order", "The last period lies before the first.", parameter="to")
        if last - first >= MOST_PERIODS:
            yield FieldError(
                "too-many-periods", f"Ask at most {MOST_PERIODS} periods at once.", parameter="to"
            )

    def _unknown(self, region: Region) -> Iterator[FieldError]:
        if any(code not in region for code in self.municipality):
            message = "Use municipality codes from the region file."
            yield FieldError("municipality-not-in-region", message, parameter="municipality")
        if not set(self.sub_region) <= {part.name for part in region.sub_regions}:
            message = "Use names of sub-regions from the region file."
            yield FieldError("sub-region-not-in-region", message, parameter="subRegion")
