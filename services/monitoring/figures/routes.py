"""Figures over HTTP: the menu, and each figure by period and group, as known now or then."""

from typing import Annotated

from fastapi import Path, Query, Request

from services.monitoring.figures.domain import (
    FIGURES,
    Dimension,
    Figure,
    FigureRequest,
    NotKnownThatFarError,
    expected,
    visible,
)
from services.monitoring.figures.queries import groups, lacking
from services.monitoring.figures.queries.shape import Shape
from services.monitoring.figures.schemas import (
    FigureAnswer,
    FigureDescription,
    FigureQuery,
    Menu,
    row_of,
)
from shared.auth import Principal, Role, allow
from shared.dutch import translate
from shared.paging import Page, decode
from shared.problems import FieldError, ForeignOrganisation, InvalidInput, NotFound
from shared.web.openapi import problem_responses
from shared.web.routing import Router
from shared.web.transaction import Transaction

router = Router(tags=["figures"])

Reader = Annotated[Principal, allow(Role.MUNICIPALITY, Role.PROVIDER, Role.CONTRACT_MANAGER, Role.ANALYST)]
Key = Annotated[str, Path(alias="figure", max_length=60, examples=["unique-clients"])]


@router.get("/figures")
async def figures(_: Reader) -> Menu:
    """The menu: what each figure counts, in Dutch and English, and by what it can be broken down."""
    return Menu(figures=tuple(map(FigureDescription.of, FIGURES.values())))


@router.get(
    "/figures/{figure}",
    response_model_exclude_unset=True,
    responses=problem_responses([NotFound, ForeignOrganisation, NotKnownThatFarError]),
)
async def figure(
    request: Request,
    principal: Reader,
    key: Key,
    query: Annotated[FigureQuery, Query()],
    connection: Transaction,
) -> FigureAnswer:
    """A figure over one or more periods, broken down or as a total, as known now or at an earlier moment.

    A municipality gets the region's totals and its own rows, a provider only rows of its own.
    """
    found = FIGURES.get(key)
    if found is None:
        raise NotFound("There is no such figure: GET /figures lists them.")
    asked = visible(found, query.requested(request.app.state.region), principal)
    if unknown := asked.asked - set(found.dimensions):
        raise InvalidInput([_no_dimension(found, each) for each in sorted(unknown)])
    if asked.kind not in found.periods:
        raise InvalidInput([_no_period(found)])
    page = _page(request, query, found, asked)
    known_through, rows = await groups(connection, found, asked, size=page.size + 1, after=page.after)
    if asked.as_of is not None and (known_through is None or known_through < asked.as_of):
        raise NotKnownThatFarError(asked.as_of, known_through)
    lacks = await lacking(connection, found)
    return FigureAnswer(
        figure=found.key,
        unit=found.unit,
        period_kind=asked.kind,
        as_of=asked.as_of,
        known_through=known_through,
        incomplete=lacks.parked,
        import_open=lacks.importing,
        rows=tuple(
            row_of(
                *(found, asked.label(each.period), each),
                expected(request.app.state.region, found, asked, each),
            )
            for each in rows[: page.size]
        ),
        next=page.next_link(rows, lambda group: group.key),
    )


translate(
    {
        "period-not-in-figure": "Dit cijfer is er niet per periode van deze lengte; het menu noemt de lengten.",
        "dimension-not-in-figure": "Dit cijfer is niet naar dit kenmerk uit te splitsen; het menu noemt de kenmerken.",
    }
)


def _no_dimension(figure: Figure, dimension: Dimension) -> FieldError:
    message = f"This figure knows only these dimensions: {', '.join(figure.dimensions)}."
    return FieldError("dimension-not-in-figure", message, parameter=dimension)


def _no_period(figure: Figure) -> FieldError:
    message = f"This figure is known for these periods only: {', '.join(figure.periods)}."
    return FieldError("period-not-in-figure", message, parameter="period")


def _page(request: Request, query: FigureQuery, figure: Figure, asked: FigureRequest) -> Page:
    url = str(request.url.remove_query_params("cursor").replace(scheme="", netloc="")).lstrip("/")
    after = None if query.cursor is None else decode(query.cursor)
    if after is not None and not _is_key(after, len(Shape.of(figure, asked).names)):
        message = "Take the cursor from the `next` link of a page, and ask the rest as before."
        raise InvalidInput([FieldError("cursor", message, parameter="cursor")])
    return Page(query.page_size, after, f"/{url}")


def _is_key(after: tuple[object, ...], dimensions: int) -> bool:
    if len(after) != dimensions + 1:
        return False
    period, *group = after
    in_range = isinstance(period, int) and not isinstance(period, bool) and 0 <= period < 2**31
    return in_range and all(isinstance(text, str) for text in group)
