"""The menu: which figures there are, what each counts, and by what it can be broken down.

The counting rules are those of the region's programme plan; the tests hold its published tables against them.
"""

from services.monitoring.figures.domain.definitions import care, claims, indications, offers, places
from services.monitoring.figures.domain.figure import Figure

FIGURES: dict[str, Figure] = {
    figure.key: figure
    for figures in (indications.FIGURES, claims.FIGURES, care.FIGURES, offers.FIGURES, places.FIGURES)
    for figure in figures
}
