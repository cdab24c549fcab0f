"""Who may see what of an answer."""

from services.monitoring.figures.domain.figure import Figure
from services.monitoring.figures.domain.requests import Dimension, FigureRequest
from shared.auth.principal import Principal, Role
from shared.problems import Forbidden, ForeignOrganisation

_PLACES = frozenset({Dimension.MUNICIPALITY, Dimension.SUB_REGION})


def visible(figure: Figure, request: FigureRequest, principal: Principal) -> FigureRequest:
    """What of a request its caller may see: the same, with the filters that its role imposes.

    Raises ForeignOrganisation when it asks for another of its own kind, Forbidden when its role sees none of it.
    """
    match principal.role:
        case Role.ANALYST | Role.CONTRACT_MANAGER:
            return request
        case Role.MUNICIPALITY:
            return _of_municipality(figure, request, principal.organisation)
        case Role.PROVIDER:
            cut = _only_own(request, Dimension.PROVIDER, principal.organisation)
            if figure.is_of_providers:
                return cut
            raise Forbidden("This figure is of all providers together.")
    raise Forbidden


def _of_municipality(figure: Figure, request: FigureRequest, own: str) -> FigureRequest:
    # The region's totals are for all; a part of the region, or a provider, only as far as it is its own.
    if request.asked.isdisjoint(_PLACES | {Dimension.PROVIDER}):
        return request
    cut = _only_own(request, Dimension.MUNICIPALITY, own)
    if Dimension.MUNICIPALITY in figure.dimensions:
        return cut
    if Dimension.PROVIDER in request.asked:
        raise Forbidden(
            "What this figure says of one provider is for that provider and for contract managers."
        )
    return request


def _only_own(request: FigureRequest, dimension: Dimension, own: str) -> FigureRequest:
    if any(value != own for value in request.filters.get(dimension, ())):
        raise ForeignOrganisation(f"The filter {dimension} names another organisation than your own.")
    return request.imposing(dimension, own)
