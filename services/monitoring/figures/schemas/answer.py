"""What is answered: the menu, and a figure over periods."""

from fractions import Fraction
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.monitoring.figures.domain import (
    UNKNOWN,
    CareGroup,
    Dimension,
    Figure,
    Group,
    Number,
    PeriodKind,
    Unit,
)
from shared.values.codes import ReferrerType
from shared.values.moments import Moment

_RESPONSE = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class FigureDescription(BaseModel):
    """A line of the menu."""

    model_config = _RESPONSE

    key: str
    unit: Unit
    name_nl: str
    name_en: str
    definition_nl: str
    definition_en: str
    source: str
    counting_rule: str
    dimensions: tuple[Dimension, ...]
    periods: tuple[PeriodKind, ...]

    @classmethod
    def of(cls, figure: Figure) -> "FigureDescription":
        return cls(
            key=figure.key,
            unit=figure.unit,
            name_nl=figure.name_nl,
            name_en=figure.name_en,
            definition_nl=figure.definition_nl,
            definition_en=figure.definition_en,
            source=figure.source,
            counting_rule=figure.counting_rule,
            dimensions=figure.dimensions,
            periods=figure.periods,
        )


class Menu(BaseModel):
    """All figures that can be asked for."""

    model_config = _RESPONSE

    figures: tuple[FigureDescription, ...]


class FigureRow(BaseModel):
    """One period of one group. A dimension is there when the answer is broken down by it; null: not known."""

    model_config = _RESPONSE

    period: str = Field(examples=["2023-04"])
    municipality: str | None = None
    sub_region: str | None = None
    segment: int | None = None
    care_group: CareGroup | None = None
    residential: bool | None = None
    product: str | None = None
    provider: str | None = None
    referrer: ReferrerType | Literal["unknown"] | None = None
    value: Number | None = Field(
        description="In the figure's unit; null: nothing to divide by, or nothing to tell"
    )
    numerator: int | None = None
    denominator: int | None = None
    not_valued: int | None = Field(default=None, description="Indications with days that have no tariff")
    incomplete: int | None = Field(default=None, description="Indications of which no value came yet")
    starts: int | None = Field(default=None, description="Periods of care that start")
    stops: int | None = Field(default=None, description="Periods of care that end")
    mean: float | None = Field(default=None, description="The mean; null: of nothing")
    cases: int | None = Field(default=None, description="What a median and a mean are of")
    without_decision: int | None = Field(
        default=None, description="Starts of which no decision moment is known"
    )
    shortest: int | None = Field(default=None, description="In the figure's unit; null: nothing is known")
    reports: int | None = Field(default=None, description="Reports of which the wait is known")
    unknown_waits: int | None = Field(default=None, description="Reports of which it is not")
    delivered: int | None = Field(default=None, description="Municipalities whose accounts are in the value")
    expected: int | None = Field(
        default=None, description="Municipalities that there are: with fewer it is incomplete"
    )
    previous: Number | None = Field(default=None, description="The value of the period before")
    change: Number | None = Field(
        default=None, description="What the value gained; null: one of both is not known"
    )
    relative_change: float | None = Field(
        default=None, description="The change as a part of the previous value: 0.1 is 10%; null: from nothing"
    )


class FigureAnswer(BaseModel):
    """A figure over periods. A group without anything in a period has no row; a total has one for each."""

    model_config = _RESPONSE

    figure: str
    unit: Unit
    period_kind: PeriodKind
    as_of: Moment | None = Field(description="As known then; null: as known by now")
    known_through: Moment | None = Field(
        description="Up to which moment the answer is complete; null: none yet"
    )
    incomplete: int = Field(
        ge=0, description="Events that could not be applied and wait for a decision: the answer may lack them"
    )
    import_open: bool = Field(
        description="History is being brought in: answers about the past can still change until it is"
    )
    rows: tuple[FigureRow, ...]
    next: str | None = Field(description="Link to the next page; null on the last one")


def row_of(figure: Figure, period: str, group: Group, expected: int | None = None) -> FigureRow:
    """A row on the wire: quotients exact in numerator and denominator, rounded only as a float is.

    `expected`: how many municipalities should be in it, where that is told.
    """
    measured: dict[str, Any] = {"value": group.value}
    if figure.per is not None:
        measured = {
            "value": _number(figure, group.exact),
            "numerator": group.value,
            "denominator": group.per,
        }
    if group.previous is not None:
        relative = group.relative_change
        measured |= {
            "previous": _number(figure, group.exact_before),
            "change": _number(figure, group.change),
            "relative_change": None if relative is None else float(relative),
        }
    known = {each.name.lower(): _shown(each, text) for each, text in group.group.items()}
    beside = {measure.value: count for measure, count in group.beside.items()}
    if expected is not None:
        beside["expected"] = expected
    return FigureRow(period=period, **known, **measured, **beside)


def _number(figure: Figure, exact: Fraction | None) -> Number | None:
    if exact is None:
        return None
    return int(exact) if figure.per is None and figure.value.is_whole else float(exact)


def _shown(dimension: Dimension, text: str | None) -> str | int | None:
    if dimension is Dimension.REFERRER:
        return text or UNKNOWN
    if dimension is Dimension.RESIDENTIAL:
        return text == "true" if text else None
    return int(text) if dimension is Dimension.SEGMENT and text else text
