"""What a figure is: its measures, the facts that they are read from, and a row of its answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from services.monitoring.figures.domain.requests import Dimension, PeriodKind
from services.monitoring.stated.domain import TOPIC as STATED


class Unit(StrEnum):
    """What the value of a figure is expressed in. `cents` are euro cents; a `share` is 1 for all."""

    CLIENTS = "clients"
    PROVIDERS = "providers"
    INDICATIONS = "indications"
    CENTS = "cents"
    SHARE = "share"
    DAYS = "days"
    WEEKS = "weeks"


class Source(StrEnum):
    """The facts that a measure is read from."""

    GRANTED = "granted"
    CARE = "care"
    CLAIMED = "claimed"
    OFFERED = "offered"
    ACCOUNTS = "accounts"
    CONTEXT = "context"

    @property
    def topics(self) -> tuple[str, ...]:
        """What these facts hang on: what these topics promise, they promise."""
        return _TOPICS[self]

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """By what these facts can be told apart."""
        return _DIMENSIONS.get(self, tuple(Dimension))

    @property
    def is_valued(self) -> bool:
        """Whether what is read from it hangs on the values of indications, which may not have come yet."""
        return self in {Source.GRANTED, Source.CARE, Source.CLAIMED}


_VALUED = ("referrals.indication", "contracts.valuation")
_TOPICS: Mapping[Source, tuple[str, ...]] = {
    Source.GRANTED: _VALUED,
    Source.CARE: (*_VALUED, "referrals.care"),
    Source.CLAIMED: (*_VALUED, "contracts.claim"),
    Source.OFFERED: ("availability.report", "contracts.agreement", "contracts.product"),
    Source.ACCOUNTS: (STATED,),
    Source.CONTEXT: (STATED,),
}
_OF_PRODUCT = (Dimension.SEGMENT, Dimension.CARE_GROUP, Dimension.RESIDENTIAL, Dimension.PRODUCT)
_OFFER = (*_OF_PRODUCT, Dimension.PROVIDER)
_PLACE = (Dimension.MUNICIPALITY, Dimension.SUB_REGION)
_DIMENSIONS: Mapping[Source, tuple[Dimension, ...]] = {
    Source.OFFERED: _OFFER,
    Source.ACCOUNTS: _PLACE,
    Source.CONTEXT: _PLACE,
}
# What tells care apart, and not whose it is or where: a share is a part of all care.
OF_ALL_CARE = frozenset({*_OFFER, Dimension.REFERRER})


class Measure(StrEnum):
    """What is counted, added up or found out, per group and period."""

    CLIENTS = "clients"
    CONTRACTED_CLIENTS = "contracted_clients"
    BESPOKE_CLIENTS = "bespoke_clients"
    PROVIDERS = "providers"
    CONTRACTED_PROVIDERS = "contracted_providers"
    BESPOKE_PROVIDERS = "bespoke_providers"
    GRANTED = "granted"
    BESPOKE_INDICATIONS = "bespoke_indications"
    NOT_VALUED = "not_valued"
    INCOMPLETE = "incomplete"
    CLAIMED = "claimed"
    CLIENTS_IN_CARE = "clients_in_care"
    STARTING_CLIENTS = "starting_clients"
    STARTS = "starts"
    ENDING_CLIENTS = "ending_clients"
    STOPS = "stops"
    MEDIAN_DAYS = "median_days"
    MEAN = "mean"
    CASES = "cases"
    WITHOUT_DECISION = "without_decision"
    PROVIDERS_IN_INDICATOR = "providers_in_indicator"
    LONGEST = "longest"
    SHORTEST = "shortest"
    REPORTS = "reports"
    UNKNOWN_WAITS = "unknown_waits"
    COSTS = "costs"
    DELIVERED = "delivered"
    YOUNG_INHABITANTS = "young_inhabitants"

    @property
    def is_statistic(self) -> bool:
        """No count and no sum: of nothing there is none, which is not 0."""
        return self in _STATISTICS

    @property
    def is_whole(self) -> bool:
        """Whether it can only be a whole number."""
        return self not in {Measure.MEDIAN_DAYS, Measure.MEAN}


# What nobody stated is not 0 either.
_STATISTICS = {
    *(Measure.MEDIAN_DAYS, Measure.MEAN, Measure.LONGEST, Measure.SHORTEST),
    *(Measure.COSTS, Measure.YOUNG_INHABITANTS),
}
_CARE = {
    *(Measure.CLIENTS_IN_CARE, Measure.STARTING_CLIENTS, Measure.STARTS, Measure.ENDING_CLIENTS),
    *(Measure.STOPS, Measure.MEDIAN_DAYS, Measure.MEAN, Measure.CASES, Measure.WITHOUT_DECISION),
}
_OFFERED = {
    *(Measure.PROVIDERS_IN_INDICATOR, Measure.LONGEST, Measure.SHORTEST),
    *(Measure.REPORTS, Measure.UNKNOWN_WAITS),
}
_SOURCES: Mapping[Measure, Source] = {
    Measure.CLAIMED: Source.CLAIMED,
    Measure.COSTS: Source.ACCOUNTS,
    Measure.DELIVERED: Source.ACCOUNTS,
    Measure.YOUNG_INHABITANTS: Source.CONTEXT,
    **dict.fromkeys(_CARE, Source.CARE),
    **dict.fromkeys(_OFFERED, Source.OFFERED),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: its value is `value`, or `value` divided by `per`.

    `always_by` is a dimension that every answer has. `of_whole`: the dimensions by which `per` is not divided and not
    filtered, so that the value is the share of a part in the whole.
    """

    key: str
    unit: Unit
    name_nl: str
    name_en: str
    definition_nl: str
    definition_en: str
    source: str
    counting_rule: str
    value: Measure
    per: Measure | None = None
    always_by: Dimension | None = None
    of_whole: frozenset[Dimension] = frozenset()
    beside: tuple[Measure, ...] = ()
    periods: tuple[PeriodKind, ...] = tuple(PeriodKind)

    def read_from(self, measure: Measure) -> Source:
        """The facts of one of its measures. What is incomplete goes by what the value is divided by, if that is valued."""
        if measure is Measure.INCOMPLETE:
            per = _source(self.per or self.value)
            return per if per.is_valued else _source(self.value)
        return _source(measure)

    @property
    def sources(self) -> tuple[Source, ...]:
        measures = (self.value, self.per or self.value, *self.beside)
        return tuple(dict.fromkeys(map(self.read_from, measures)))

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that it hangs on."""
        return tuple(sorted({topic for source in self.sources for topic in source.topics}))

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """By what it can be broken down and filtered."""
        return tuple(each for each in Dimension if self._is_divided_by(each))

    @property
    def is_of_providers(self) -> bool:
        """Whether all of it can be told of one provider."""
        return Dimension.PROVIDER in self.dimensions and Dimension.PROVIDER not in self.of_whole

    def _is_divided_by(self, dimension: Dimension) -> bool:
        divided = all(dimension in self.read_from(one).dimensions for one in (self.value, *self.beside))
        return divided and (
            self.per is None or dimension in self.of_whole or dimension in self.read_from(self.per).dimensions
        )


def _source(measure: Measure) -> Source:
    return _SOURCES.get(measure, Source.GRANTED)


Number = int | float


@dataclass(frozen=True, slots=True)
class Group:
    """One row of an answer: the index of its period, its group, and what was measured in it.

    None in `group` stands for what is not known. `per` is None when it is not known, or when the figure divides by nothing
    (it is no `quotient`). `previous`: value and `per` of the period before, when these were asked for.
    """

    period: int
    group: dict[Dimension, str | None]
    value: Number | None
    per: int | None
    beside: dict[Measure, Number | None]
    previous: tuple[Number | None, int | None] | None = None
    quotient: bool = False

    @property
    def key(self) -> tuple[int | str, ...]:
        """By what rows are ordered and pages continue."""
        return (self.period, *(text or "" for text in self.group.values()))

    @property
    def exact(self) -> Fraction | None:
        """Its value; None: there is nothing to divide by, or nothing to tell."""
        return self._exact(self.value, self.per)

    @property
    def exact_before(self) -> Fraction | None:
        """Its value in the period before."""
        return self._exact(*self.previous) if self.previous else None

    @property
    def change(self) -> Fraction | None:
        """What its value gained since the period before; None when one of both cannot be told."""
        now, before = self.exact, self.exact_before
        return None if now is None or before is None else now - before

    @property
    def relative_change(self) -> Fraction | None:
        """The change as a part of the value before; None from nothing."""
        change, before = self.change, self.exact_before
        return change / before if change is not None and before else None

    def _exact(self, value: Number | None, per: int | None) -> Fraction | None:
        if value is None or (self.quotient and not per):
            return None
        return Fraction(value) / (per or 1)
