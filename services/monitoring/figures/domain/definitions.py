"""The menu: which figures there are, what each counts, and by what it can be broken down.

The counting rules are those of the region's programme plan; the tests hold its published tables against them.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.monitoring.figures.domain.requests import Dimension


class Unit(StrEnum):
    """What the value of a figure is expressed in. `cents` are euro cents; a `share` is 1 for all."""

    CLIENTS = "clients"
    PROVIDERS = "providers"
    CENTS = "cents"
    SHARE = "share"


class Measure(StrEnum):
    """What is counted or added up, per group and period."""

    CLIENTS = "clients"
    CONTRACTED_CLIENTS = "contracted_clients"
    BESPOKE_CLIENTS = "bespoke_clients"
    PROVIDERS = "providers"
    CONTRACTED_PROVIDERS = "contracted_providers"
    BESPOKE_PROVIDERS = "bespoke_providers"
    GRANTED = "granted"
    NOT_VALUED = "not_valued"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: its value is `value`, or `value` divided by `per`.

    `always_by` is a dimension that every answer has; `per` is then that of all its values together.
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
    beside: tuple[Measure, ...] = ()
    dimensions: tuple[Dimension, ...] = tuple(Dimension)


@dataclass(frozen=True, slots=True)
class Group:
    """One row of an answer: the index of its period, its group, and what was measured in it.

    None in `group` stands for what is not known. `per` is None when the figure divides by nothing.
    """

    period: int
    group: dict[Dimension, str | None]
    value: int
    per: int | None
    beside: dict[Measure, int]

    @property
    def key(self) -> tuple[int | str, ...]:
        """By what rows are ordered and pages continue."""
        return (self.period, *(text or "" for text in self.group.values()))


_INDICATIONS = "Indications of the municipalities (referrals)"
_WITH_AGREEMENTS = "Indications of the municipalities, with the agreements of contract management"
_VALUED = "Indications of the municipalities, valued at budgets, agreed tariffs and catalogue tariffs"
_UNIQUE = (
    "A client counts in a period when an indication of the group overlaps it, first and last day included; "
    "once per group, so that parts may add up to more than their total."
)
_BY_DAY = (
    "Contracted or bespoke goes by day: contracted when an agreement for that provider and product is valid "
    "on it. Who has both kinds of days in a period counts in both. `incomplete` counts indications of which "
    "this is not known yet."
)
_PROVIDER = "A provider counts once per group in which it has an indication that overlaps the period."
_GRANTED = (
    "By the days that fall in the period, in cents by cumulative rounding, so that months add up to the whole; "
    "an open end counts up to the horizon of the region. `notValued` counts indications with days that have no "
    "tariff, `incomplete` those of which no value has been received yet: neither is in the amount."
)
_SHARES = (
    "A client counts under each referrer of its indications in the period, so shares may add up to more than 1; "
    "`unknown` is a share, and not the same as 06 (none). A filter on referrers chooses rows and leaves the "
    "denominator as it is."
)
_PENDING = (Measure.INCOMPLETE,)
_AMOUNT = (Measure.NOT_VALUED, Measure.INCOMPLETE)

_ALL = (
    Figure(
        key="unique-clients",
        unit=Unit.CLIENTS,
        name_nl="Unieke jeugdigen",
        name_en="Unique clients",
        definition_nl="Jeugdigen met een indicatie op ten minste één dag van de periode.",
        definition_en="Clients with an indication on at least one day of the period.",
        source=_INDICATIONS,
        counting_rule=_UNIQUE,
        value=Measure.CLIENTS,
    ),
    Figure(
        key="clients-at-contracted-providers",
        unit=Unit.CLIENTS,
        name_nl="Jeugdigen bij gecontracteerde aanbieders",
        name_en="Clients at contracted providers",
        definition_nl="Jeugdigen met een indicatie op ten minste één gecontracteerde dag van de periode.",
        definition_en="Clients with an indication on at least one contracted day of the period.",
        source=_WITH_AGREEMENTS,
        counting_rule=f"{_UNIQUE} {_BY_DAY}",
        value=Measure.CONTRACTED_CLIENTS,
        beside=_PENDING,
    ),
    Figure(
        key="clients-at-bespoke-providers",
        unit=Unit.CLIENTS,
        name_nl="Jeugdigen met een maatwerkvoorziening",
        name_en="Clients at bespoke providers",
        definition_nl="Jeugdigen met een indicatie op ten minste één dag zonder contract in de periode.",
        definition_en="Clients with an indication on at least one day without an agreement in the period.",
        source=_WITH_AGREEMENTS,
        counting_rule=f"{_UNIQUE} {_BY_DAY}",
        value=Measure.BESPOKE_CLIENTS,
        beside=_PENDING,
    ),
    Figure(
        key="providers-used",
        unit=Unit.PROVIDERS,
        name_nl="Ingezette aanbieders",
        name_en="Providers used",
        definition_nl="Aanbieders met een indicatie op ten minste één dag van de periode.",
        definition_en="Providers with an indication on at least one day of the period.",
        source=_INDICATIONS,
        counting_rule=_PROVIDER,
        value=Measure.PROVIDERS,
    ),
    Figure(
        key="contracted-providers-used",
        unit=Unit.PROVIDERS,
        name_nl="Ingezette gecontracteerde aanbieders",
        name_en="Contracted providers used",
        definition_nl="Aanbieders met een indicatie op ten minste één gecontracteerde dag van de periode.",
        definition_en="Providers with an indication on at least one contracted day of the period.",
        source=_WITH_AGREEMENTS,
        counting_rule=f"{_PROVIDER} {_BY_DAY}",
        value=Measure.CONTRACTED_PROVIDERS,
        beside=_PENDING,
    ),
    Figure(
        key="bespoke-providers-used",
        unit=Unit.PROVIDERS,
        name_nl="Ingezette niet-gecontracteerde aanbieders",
        name_en="Bespoke providers used",
        definition_nl="Aanbieders met een indicatie op ten minste één dag zonder contract in de periode.",
        definition_en="Providers with an indication on at least one day without an agreement in the period.",
        source=_WITH_AGREEMENTS,
        counting_rule=f"{_PROVIDER} {_BY_DAY}",
        value=Measure.BESPOKE_PROVIDERS,
        beside=_PENDING,
    ),
    Figure(
        key="granted-amount",
        unit=Unit.CENTS,
        name_nl="Beschikt bedrag",
        name_en="Granted amount",
        definition_nl="De waarde van de indicaties over de dagen van de periode.",
        definition_en="The value of the indications over the days of the period.",
        source=_VALUED,
        counting_rule=_GRANTED,
        value=Measure.GRANTED,
        beside=_AMOUNT,
    ),
    Figure(
        key="granted-amount-per-client",
        unit=Unit.CENTS,
        name_nl="Beschikt bedrag per jeugdige",
        name_en="Granted amount per client",
        definition_nl="Het beschikte bedrag gedeeld door het aantal unieke jeugdigen.",
        definition_en="The granted amount divided by the number of unique clients.",
        source=_VALUED,
        counting_rule=f"{_GRANTED} The denominator counts all clients of the group. {_UNIQUE}",
        value=Measure.GRANTED,
        per=Measure.CLIENTS,
        beside=_AMOUNT,
    ),
    Figure(
        key="referrer-shares",
        unit=Unit.SHARE,
        name_nl="Aandeel per verwijzer",
        name_en="Shares per referrer",
        definition_nl="Jeugdigen per verwijzer, gedeeld door alle unieke jeugdigen van de groep.",
        definition_en="Clients per referrer, divided by all unique clients of the group.",
        source=_INDICATIONS,
        counting_rule=_SHARES,
        value=Measure.CLIENTS,
        per=Measure.CLIENTS,
        always_by=Dimension.REFERRER,
    ),
)
FIGURES: dict[str, Figure] = {figure.key: figure for figure in _ALL}
