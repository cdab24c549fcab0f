"""Figures of care that was really given: who is in care, who starts and ends, and how long a start takes."""

from services.monitoring.figures.domain.figure import Figure, Measure, Unit

_CARE = "Care starts and stops of the providers (referrals)"
_IN_CARE = (
    "A client counts when a period of care under an indication of the group overlaps the period, first and last day "
    "included; once per group, so that parts may add up to more than their total. Care without a stop goes on. Care counts "
    "until it is withdrawn itself, also when its indication was withdrawn. Municipality, product, provider and referrer are "
    "those of its indication."
)
_STARTING = (
    "A client counts once per group in the period in which a first day of care lies; `starts` counts the periods of care "
    "that start, so that a client with two of them counts twice in it."
)
_ENDING = (
    "A client counts once per group in the period in which a last day of care lies, whatever the reason; `stops` counts the "
    "periods of care that end. Who goes on with other care in the same group counts too."
)
_WAITED = (
    "The median of the days from the first decision (the day in Amsterdam of the earliest decision moment among the "
    "versions of the indication known then) to the first day of the first period of care under that indication; `mean` is "
    "their mean, `cases` their number. It counts in the period in which care started. Care that began before the decision "
    "did not wait for it: 0 days. `withoutDecision` counts starts of which no decision moment is known: these are left out. "
    "An indication without care is not in it."
)

FIGURES = (
    Figure(
        key="clients-in-care",
        unit=Unit.CLIENTS,
        name_nl="Jeugdigen in zorg",
        name_en="Clients in care",
        definition_nl="Jeugdigen die op ten minste één dag van de periode werkelijk zorg kregen.",
        definition_en="Clients to whom care was really given on at least one day of the period.",
        source=_CARE,
        counting_rule=_IN_CARE,
        value=Measure.CLIENTS_IN_CARE,
    ),
    Figure(
        key="clients-starting-care",
        unit=Unit.CLIENTS,
        name_nl="Jeugdigen bij wie zorg startte",
        name_en="Clients who start care",
        definition_nl="Jeugdigen bij wie in de periode zorg is gestart.",
        definition_en="Clients of whom care started in the period.",
        source=_CARE,
        counting_rule=_STARTING,
        value=Measure.STARTING_CLIENTS,
        beside=(Measure.STARTS,),
    ),
    Figure(
        key="clients-ending-care",
        unit=Unit.CLIENTS,
        name_nl="Jeugdigen bij wie zorg eindigde",
        name_en="Clients who end care",
        definition_nl="Jeugdigen bij wie in de periode zorg is geëindigd.",
        definition_en="Clients of whom care ended in the period.",
        source=_CARE,
        counting_rule=_ENDING,
        value=Measure.ENDING_CLIENTS,
        beside=(Measure.STOPS,),
    ),
    Figure(
        key="days-from-decision-to-start",
        unit=Unit.DAYS,
        name_nl="Dagen van besluit tot start zorg",
        name_en="Days from decision to start",
        definition_nl="De mediaan van de dagen tussen het eerste besluit en de eerste dag van de zorg.",
        definition_en="The median of the days between the first decision and the first day of care.",
        source=f"{_CARE}; decision moments of the municipalities (referrals)",
        counting_rule=_WAITED,
        value=Measure.MEDIAN_DAYS,
        beside=(Measure.MEAN, Measure.CASES, Measure.WITHOUT_DECISION),
    ),
)
