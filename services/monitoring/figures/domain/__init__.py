"""What can be asked (`requests`: dimensions, periods, who may ask) and what is counted (`definitions`: the menu)."""

from services.monitoring.figures.domain.definitions import FIGURES, Figure, Group, Measure, Unit
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
    visible,
)

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
    "PeriodKind",
    "Unit",
    "months_of",
    "visible",
]
