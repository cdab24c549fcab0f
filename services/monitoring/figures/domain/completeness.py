"""How many municipalities a group of an answer should be of, so that what is not there yet is seen."""

from services.monitoring.figures.domain.figure import Figure, Group, Measure
from services.monitoring.figures.domain.requests import Dimension, FigureRequest
from shared.values.period import last_day
from shared.values.region import Region


def expected(region: Region, figure: Figure, request: FigureRequest, group: Group) -> int | None:
    """The municipalities of a group on the last day of its period; None of figures that do not count who delivered."""
    if Measure.DELIVERED not in figure.beside:
        return None
    day = last_day(request.first_month + (group.period + 1) * request.kind.months - 1)
    places = (
        {Dimension.MUNICIPALITY: code, Dimension.SUB_REGION: region.sub_region_on(code, day)}
        for code in region.names
    )
    return sum(_is_in(place, request, group) for place in places)


def _is_in(place: dict[Dimension, str | None], request: FigureRequest, group: Group) -> bool:
    asked = all(place[each] in values for each, values in request.filters.items())
    return asked and all(place[each] == text for each, text in group.group.items())
