"""Figures of the availability indicator: who stands in it, and what waits are reported. Reported is not observed."""

from services.monitoring.figures.domain.figure import Figure, Measure, Unit

_REPORTED = "Waiting-time reports of the providers (availability), agreements and products (contracts)"
_VALID = (
    "A report is valid from its reference date until the next report of the same provider, location and product, and at "
    "most 38 days: the month in which the next one is due and a week of grace. It counts on the days on which an agreement "
    "of its provider for its product is in force too. Products, segments and providers only: a report is of no municipality."
)

FIGURES = (
    Figure(
        key="contracted-providers-in-availability-indicator",
        unit=Unit.PROVIDERS,
        name_nl="Gecontracteerde aanbieders in de beschikbaarheidswijzer",
        name_en="Contracted providers in the availability indicator",
        definition_nl="Aanbieders die op ten minste één dag van de periode een contract en een geldige opgave hadden.",
        definition_en="Providers that were contracted and had a valid report on at least one day of the period.",
        source=_REPORTED,
        counting_rule=f"A provider counts once per group. {_VALID}",
        value=Measure.PROVIDERS_IN_INDICATOR,
    ),
    Figure(
        key="reported-waiting-range",
        unit=Unit.WEEKS,
        name_nl="Opgegeven wachttijd: kortste en langste",
        name_en="Reported waiting range",
        definition_nl="De langste opgegeven wachttijd (tot intake en van intake tot start samen); daarnaast de kortste.",
        definition_en="The longest reported wait (to intake and from intake to start together); beside it the shortest.",
        source=_REPORTED,
        counting_rule=(
            "Over the reports that are valid on at least one day of the period: the value is the longest sum of both waits, "
            "`shortest` the shortest; `reports` counts those of which both are known, `unknownWaits` the others, which are "
            f"in neither. {_VALID}"
        ),
        value=Measure.LONGEST,
        beside=(Measure.SHORTEST, Measure.REPORTS, Measure.UNKNOWN_WAITS),
    ),
)
