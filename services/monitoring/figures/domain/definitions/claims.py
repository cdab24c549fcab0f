"""Figures of claims: what was claimed, and how much of what was granted."""

from services.monitoring.figures.domain.definitions.indications import AMOUNT, GRANTED, VALUED
from services.monitoring.figures.domain.figure import Figure, Measure, Unit

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
