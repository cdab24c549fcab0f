"""Figures of numbers that are stated: annual accounts, and what is a share of the inhabitants."""

from services.monitoring.figures.domain.definitions.indications import INDICATIONS, UNIQUE
from services.monitoring.figures.domain.figure import OF_ALL_CARE, Figure, Measure, Unit
from services.monitoring.figures.domain.requests import PeriodKind

FIGURES = (
    Figure(
        key="annual-costs",
        unit=Unit.CENTS,
        name_nl="Jeugdwetkosten volgens de jaarrekening",
        name_en="Youth Act costs by annual accounts",
        definition_nl="Wat de gemeenten volgens hun jaarrekeningen aan de Jeugdwet uitgaven.",
        definition_en="What the municipalities spent on the Youth Act, by their annual accounts.",
        source="Annual accounts of the municipalities (monitoring); no claims",
        counting_rule=(
            "Of each municipality the accounts of the year with the newest day of the source; added up. `delivered` counts "
            "the municipalities that are in it, `expected` those that there are on the last day of the year, which also "
            "says whose sub-region they are in: with fewer the sum is not complete. Without any accounts there is no value."
        ),
        value=Measure.COSTS,
        beside=(Measure.DELIVERED,),
        periods=(PeriodKind.YEAR,),
    ),
    Figure(
        key="share-of-young-inhabitants",
        unit=Unit.SHARE,
        name_nl="Aandeel van de jeugdige inwoners",
        name_en="Share of young inhabitants",
        definition_nl="Unieke jeugdigen gedeeld door de jeugdige inwoners aan het begin van de periode.",
        definition_en="Unique clients divided by the young inhabitants at the start of the period.",
        source=f"{INDICATIONS}; context figure `young-inhabitants` (monitoring)",
        counting_rule=(
            f"{UNIQUE} The denominator is the context figure of the same place (municipalities when these are asked for, "
            "else sub-regions, else the region) whose day of reference is the newest in or before the first month of the "
            "period and less than a year old. Where none was stated there is no value: parts are not added up to a whole."
        ),
        value=Measure.CLIENTS,
        per=Measure.YOUNG_INHABITANTS,
        of_whole=OF_ALL_CARE,
    ),
)
