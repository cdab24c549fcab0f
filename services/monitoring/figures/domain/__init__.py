"""What can be asked (`requests`: dimensions, periods), by whom (`rights`), and what is counted.

`figure` says what a figure is; `definitions` is the menu.
"""

from services.monitoring.figures.domain.completeness import expected
from services.monitoring.figures.domain.definitions import FIGURES
from services.monitoring.figures.domain.figure import Figure, Group, Measure, Number, Source, Unit
from services.monitoring.figures.domain.requests import (
    MOST_PERIODS,
    PERIOD_TEXT,
    UNKNOWN,
    CareGroup,
    Dimension,
    FigureRequest,
    NotKnownThatFarError,
    PeriodKind,
    months_of,
)
from services.monitoring.figures.domain.rights import visible

__all__ = [
    "FIGURES",
    "MOST_PERIODS",
    "PERIOD_TEXT",
    "UNKNOWN",
    "CareGroup",
    "Dimension",
    "Figure",
    "FigureRequest",
    "Group",
    "Measure",
    "NotKnownThatFarError",
    "Number",
    "PeriodKind",
    "Source",
    "Unit",
    "expected",
    "months_of",
    "visible",
]
