"""Figures on the wire: what can be asked (`query`), and what is answered (`answer`)."""

from services.monitoring.figures.schemas.answer import FigureAnswer, FigureDescription, Menu, row_of
from services.monitoring.figures.schemas.query import FigureQuery

__all__ = ["FigureAnswer", "FigureDescription", "FigureQuery", "Menu", "row_of"]
