"""Figures of claims: what was claimed, and how much of what was granted."""

from services.monitoring.figures.domain.definitions.indications import (
    AMOUNT,
    GRANTED,
    INDICATIONS,
    OF_ALL,
    UNIQUE,
    VALUED,
)
from services.monitoring.figures.domain.figure import OF_ALL_CARE, Figure, Measure, Unit

_CLAIMS = "Accepted claims of the providers (contracts)"
_CLAIMED = (
    "By period of care, not by date of payment: the cents of a claim are spread evenly over its days, by cumulative "
    "rounding (half up), so that months add up to the whole. A credited claim does not count; a claim counts until it is "
    "credited, also when its indication was withdrawn. Municipality, product, provider and referrer are those of its "
    "indication."
)

FIGURES = (
    Figure(
        key="claimed-amount",
        unit=Unit.CENTS,
        name_nl="Gedeclareerd bedrag",
        name_en="Claimed amount",
        definition_nl="Wat is gedeclareerd voor zorg op de dagen van de periode.",
        definition_en="What was claimed for care on the days of the period.",
        source=_CLAIMS,
        counting_rule=_CLAIMED,
        value=Measure.CLAIMED,
    ),
    Figure(
        key="claimed-amount-per-client",
        unit=Unit.CENTS,
        name_nl="Gedeclareerd bedrag per jeugdige",
        name_en="Claimed amount per client",
        definition_nl="Het gedeclareerde bedrag gedeeld door het aantal unieke jeugdigen met een indicatie.",
        definition_en="The claimed amount divided by the number of unique clients with an indication.",
        source=f"{_CLAIMS}; {INDICATIONS[0].lower()}{INDICATIONS[1:]}",
        counting_rule=f"{_CLAIMED} The denominator counts all clients of the group. {UNIQUE}",
        value=Measure.CLAIMED,
        per=Measure.CLIENTS,
    ),
    Figure(
        key="share-of-claimed-amount",
        unit=Unit.SHARE,
        name_nl="Aandeel van het gedeclareerde bedrag",
        name_en="Share of the claimed amount",
        definition_nl="Wat voor een groep is gedeclareerd, gedeeld door al het gedeclareerde in dezelfde periode en plaats.",
        definition_en="What was claimed for a group, divided by all that was claimed of the same period and place.",
        source=_CLAIMS,
        counting_rule=f"{_CLAIMED} {OF_ALL}",
        value=Measure.CLAIMED,
        per=Measure.CLAIMED,
        of_whole=OF_ALL_CARE,
    ),
    Figure(
        key="redemption-rate",
        unit=Unit.SHARE,
        name_nl="Verzilvering",
        name_en="Redemption rate",
        definition_nl="Het gedeclareerde bedrag gedeeld door het beschikte bedrag van dezelfde zorgperiode.",
        definition_en="The claimed amount divided by the granted amount of the same period of care.",
        source=f"{_CLAIMS}; {VALUED[0].lower()}{VALUED[1:]}",
        counting_rule=f"Claimed: {_CLAIMED} Granted: {GRANTED}",
        value=Measure.CLAIMED,
        per=Measure.GRANTED,
        beside=AMOUNT,
    ),
)
