"""Figures of indications: who has one, at whom, and what it is worth."""

from services.monitoring.figures.domain.figure import OF_ALL_CARE, Figure, Measure, Unit
from services.monitoring.figures.domain.requests import Dimension

INDICATIONS = "Indications of the municipalities (referrals)"
_WITH_AGREEMENTS = "Indications of the municipalities, with the agreements of contract management"
VALUED = "Indications of the municipalities, valued at budgets, agreed tariffs and catalogue tariffs"
UNIQUE = (
    "A client counts in a period when an indication of the group overlaps it, first and last day included; "
    "once per group, so that parts may add up to more than their total."
)
_BY_DAY = (
    "Contracted or bespoke goes by day: contracted when an agreement for that provider and product is valid "
    "on it. Who has both kinds of days in a period counts in both. `incomplete` counts indications of which "
    "this is not known yet."
)
_PROVIDER = "A provider counts once per group in which it has an indication that overlaps the period."
GRANTED = (
    "By the days that fall in the period, in cents by cumulative rounding, so that months add up to the whole; "
    "an open end counts up to the horizon of the region. `notValued` counts indications with days that have no "
    "tariff, `incomplete` those of which no value has been received yet: neither is in the amount."
)
_SHARES = (
    "A client counts under each referrer of its indications in the period, so shares may add up to more than 1; "
    "`unknown` is a share, and not the same as 06 (none). A filter on referrers chooses rows and leaves the "
    "denominator as it is."
)
OF_ALL = (
    "Segment, care group, residential, product, provider and referrer choose the part; the whole is of all care of the same "
    "municipality or sub-region (without one: of the region)."
)
_PENDING = (Measure.INCOMPLETE,)
AMOUNT = (Measure.NOT_VALUED, Measure.INCOMPLETE)

FIGURES = (
    Figure(
        key="unique-clients",
        unit=Unit.CLIENTS,
        name_nl="Unieke jeugdigen",
        name_en="Unique clients",
        definition_nl="Jeugdigen met een indicatie op ten minste één dag van de periode.",
        definition_en="Clients with an indication on at least one day of the period.",
        source=INDICATIONS,
        counting_rule=UNIQUE,
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
        counting_rule=f"{UNIQUE} {_BY_DAY}",
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
        counting_rule=f"{UNIQUE} {_BY_DAY}",
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
        source=INDICATIONS,
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
        source=VALUED,
        counting_rule=GRANTED,
        value=Measure.GRANTED,
        beside=AMOUNT,
    ),
    Figure(
        key="granted-amount-per-client",
        unit=Unit.CENTS,
        name_nl="Beschikt bedrag per jeugdige",
        name_en="Granted amount per client",
        definition_nl="Het beschikte bedrag gedeeld door het aantal unieke jeugdigen.",
        definition_en="The granted amount divided by the number of unique clients.",
        source=VALUED,
        counting_rule=f"{GRANTED} The denominator counts all clients of the group. {UNIQUE}",
        value=Measure.GRANTED,
        per=Measure.CLIENTS,
        beside=AMOUNT,
    ),
    Figure(
        key="referrer-shares",
        unit=Unit.SHARE,
        name_nl="Aandeel per verwijzer",
        name_en="Shares per referrer",
        definition_nl="Jeugdigen per verwijzer, gedeeld door alle unieke jeugdigen van de groep.",
        definition_en="Clients per referrer, divided by all unique clients of the group.",
        source=INDICATIONS,
        counting_rule=_SHARES,
        value=Measure.CLIENTS,
        per=Measure.CLIENTS,
        always_by=Dimension.REFERRER,
        of_whole=frozenset({Dimension.REFERRER}),
    ),
    Figure(
        key="share-of-clients",
        unit=Unit.SHARE,
        name_nl="Aandeel van alle jeugdigen",
        name_en="Share of all clients",
        definition_nl="Unieke jeugdigen van een groep, gedeeld door alle unieke jeugdigen in dezelfde periode en plaats.",
        definition_en="Unique clients of a group, divided by all unique clients of the same period and place.",
        source=INDICATIONS,
        counting_rule=f"{UNIQUE} {OF_ALL}",
        value=Measure.CLIENTS,
        per=Measure.CLIENTS,
        of_whole=OF_ALL_CARE,
    ),
    Figure(
        key="bespoke-indications",
        unit=Unit.INDICATIONS,
        name_nl="Maatwerkvoorzieningen",
        name_en="Bespoke arrangements",
        definition_nl="Indicaties met ten minste één dag zonder contract in de periode.",
        definition_en="Indications with at least one day without an agreement in the period.",
        source=_WITH_AGREEMENTS,
        counting_rule=f"An indication counts once per group. {_BY_DAY}",
        value=Measure.BESPOKE_INDICATIONS,
        beside=_PENDING,
    ),
)
