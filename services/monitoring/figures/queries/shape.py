"""What two requests have in common when one statement, with other parameters, answers both."""

from dataclasses import dataclass
from typing import Self

from services.monitoring.figures.domain import UNKNOWN, Dimension, Figure, FigureRequest, Measure, Source
from services.monitoring.stated.domain import Level

# What is not known of an indication before it is valued.
FROM_VALUATION = frozenset({Dimension.SEGMENT, Dimension.CARE_GROUP, Dimension.RESIDENTIAL})

_PLACES = {Level.MUNICIPALITY: Dimension.MUNICIPALITY, Level.SUB_REGION: Dimension.SUB_REGION}


@dataclass(frozen=True)
class Shape:
    """`filters`: the dimensions with a filter, and whether it takes in what is not known.

    `then`: as of a moment. `later`: a page after the first. `compare`: with the period before.
    """

    figure: Figure
    by: tuple[Dimension, ...]
    filters: frozenset[tuple[Dimension, bool]]
    then: bool
    later: bool
    compare: bool = False

    @classmethod
    def of(cls, figure: Figure, request: FigureRequest, *, later: bool = False) -> Self:
        """The shape of a request for a figure."""
        filters = frozenset((each, UNKNOWN in values) for each, values in request.filters.items())
        return cls(figure, request.by, filters, request.as_of is not None, later, request.compare)

    @property
    def names(self) -> dict[Dimension, str]:
        """By what the answer is broken down, in the order of its keys, each with its column."""
        always = self.figure.always_by
        by = self.by if always is None or always in self.by else (*self.by, always)
        return {dimension: f"by_{dimension.name.lower()}" for dimension in by}

    @property
    def filtered(self) -> frozenset[Dimension]:
        return frozenset(dimension for dimension, _ in self.filters)

    @property
    def beside(self) -> tuple[Measure, ...]:
        """What is counted beside the value; what is incomplete too, wherever segments play a part."""
        valued = self.figure.read_from(self.figure.value).is_valued
        derived = valued and not FROM_VALUATION.isdisjoint({*self.by, *self.filtered})
        extra = (Measure.INCOMPLETE,) if derived and Measure.INCOMPLETE not in self.figure.beside else ()
        return (*self.figure.beside, *extra)

    @property
    def columns(self) -> dict[str, Measure]:
        """All that is measured, each with its column."""
        per = {"per": self.figure.per} if self.figure.per else {}
        return {"value": self.figure.value, **per, **{measure.value: measure for measure in self.beside}}

    @property
    def compared(self) -> dict[str, str]:
        """The columns that are also given of the period before, each with the column of that."""
        names = [name for name in self.columns if name in {"value", "per"}] if self.compare else []
        return {name: f"previous_{name}" for name in names}

    @property
    def level(self) -> Level:
        """What parts of the region numbers of places are asked for."""
        asked = {*self.by, *self.filtered}
        if Dimension.MUNICIPALITY in asked:
            return Level.MUNICIPALITY
        return Level.SUB_REGION if Dimension.SUB_REGION in asked else Level.REGION

    @property
    def several(self) -> Dimension | None:
        """The places that are added up in a group: all that the filter names have to be there."""
        place = _PLACES.get(self.level)
        return place if place in self.filtered and place not in self.by else None

    def undivided(self, column: str) -> frozenset[Dimension]:
        """The dimensions by which a column is not broken down: what shares are shares of, by what they share."""
        return self.figure.of_whole if column == "per" else frozenset()

    def whole_of(self, source: Source) -> frozenset[Dimension]:
        """The dimensions by which something that is read from a source is not narrowed."""
        per = self.figure.per
        return self.figure.of_whole if per and self.figure.read_from(per) is source else frozenset()
