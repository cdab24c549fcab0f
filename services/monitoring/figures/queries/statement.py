"""The statement of a shape: the measures folded into rows, a page of them, and up to when all is known."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    Text,
    any_,
    bindparam,
    case,
    cast,
    column,
    func,
    literal,
    null,
    or_,
    select,
    table,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import asyncpg

from services.monitoring.figures.domain import Measure
from services.monitoring.figures.queries.base import LAST_PERIOD, base
from services.monitoring.figures.queries.measures import measured, type_of
from services.monitoring.figures.queries.shape import Shape
from shared.journal.tables import MOMENT

_DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]


@lru_cache(maxsize=500)
def compiled(shape: Shape) -> tuple[str, Sequence[str], dict[str, Any]]:
    """The SQL, the names of its parameters in order, and the values of those that never vary."""
    found = composed(shape).compile(dialect=_DIALECT)
    return str(found), found.positiontup or [], dict(found.params)


def composed(shape: Shape) -> Select[Any]:
    """The statement: at least one row, so that `known_through` is always there; then without a period."""
    page = _page(shape)
    mark = _mark(shape.figure.topics)
    return (
        select(mark.c.known_through, page)
        .select_from(mark.outerjoin(page, true()))
        .order_by(*_order(shape, page))
    )


def _page(shape: Shape) -> Subquery:
    rows = _folded(shape)
    if shape.compare:
        rows = _compared(shape, rows)
    if not shape.undivided("per").isdisjoint(shape.names):
        rows = _shared_out(shape, rows)
    order = _order(shape, rows)
    page = select(rows).order_by(*order).limit(bindparam("size", type_=Integer))
    if shape.later:
        texts = (bindparam(f"after_{name}", type_=Text).collate("C") for name in shape.names.values())
        page = page.where(tuple_(*order) > tuple_(bindparam("after_period", type_=Integer), *texts))
    return page.subquery("page")


def _order(shape: Shape, rows: CTE | Subquery) -> list[ColumnElement[Any]]:
    return [rows.c.period, *(rows.c[name].collate("C") for name in shape.names.values())]


def _mark(topics: Sequence[str]) -> Subquery:
    """Up to when everything is known that the figure hangs on: what its topics promise, a figure promises."""
    marks = table(
        "recompute_through", column("topic", Text), column("known_through", MOMENT), schema="monitoring"
    ).c
    # `min` skips NULLs and topics that are not there: then nothing is promised.
    through = case((func.count(marks.known_through) == len(topics), func.min(marks.known_through)))
    needed = marks.topic == any_(literal(list(topics), ARRAY(Text)))
    return select(through.label("known_through")).where(needed).subquery("mark")


def _folded(shape: Shape) -> CTE:
    """One row per period and group. The measures are stacked and folded, so that each may lack groups."""
    spans = {source: base(shape, source) for source in shape.figure.sources}
    parts = [
        _part(shape, spans[shape.figure.read_from(measure)], name, measure)
        for name, measure in shape.columns.items()
    ]
    if not shape.names:
        every = func.generate_series(0, LAST_PERIOD).table_valued("period").render_derived("every")
        parts.append(select(every.c.period, *(_nothing(shape, name).label(name) for name in shape.columns)))
    stacked = union_all(*parts).subquery("stacked")
    return _fold(shape, stacked, shape.columns).cte("folded")


def _fold(shape: Shape, stacked: Subquery, columns: Iterable[str]) -> Select[Any]:
    keys = [stacked.c[name] for name in ("period", *shape.names.values())]
    values = ((name, func.max(stacked.c[name])) for name in columns)
    # A count of which there is no row is 0; of nothing there is no median.
    known = (
        (value if _measure(shape, name).is_statistic else func.coalesce(value, 0)).label(name)
        for name, value in values
    )
    return select(*keys, *known).group_by(*keys)


def _measure(shape: Shape, column: str) -> Measure:
    return shape.columns[column.removeprefix("previous_")]


def _nothing(shape: Shape, column: str) -> ColumnElement[Any]:
    return cast(null(), type_of(_measure(shape, column)))


def _compared(shape: Shape, folded: CTE) -> CTE:
    """Give every row its values of the period before; the first period was only there for that, and goes."""
    columns, before = list(shape.columns), shape.compared
    names = list(shape.names.values())
    stacked = union_all(
        select(
            *(folded.c[name] for name in ("period", *names, *columns)),
            *(_nothing(shape, name).label(name) for name in before.values()),
        ),
        select(
            (folded.c.period + 1).label("period"),
            *(folded.c[name] for name in names),
            *(_nothing(shape, name).label(name) for name in columns),
            *(folded.c[name].label(previous) for name, previous in before.items()),
        ),
    ).subquery("with_before")
    wanted = stacked.c.period.between(1, LAST_PERIOD)
    rows = _fold(shape, stacked, [*columns, *before.values()]).where(wanted).subquery("moved")
    others = (each for each in rows.c if each.name != "period")
    return select((rows.c.period - 1).label("period"), *others).cte("compared")


def _part(shape: Shape, spans: CTE, name: str, measure: Measure) -> Select[Any]:
    """One measure under its name, with nothing in the place of the others."""
    lacking = shape.undivided(name)
    by = [column for dimension, column in shape.names.items() if dimension not in lacking]
    found = measured(spans, measure, by, lacking, shape.several).subquery(f"of_{name}").c
    no_group = cast(null(), Text)
    return select(
        found.period,
        *(found[each] if each in by else no_group.label(each) for each in shape.names.values()),
        *((found.n if each == name else _nothing(shape, each)).label(each) for each in shape.columns),
    )


def _shared_out(shape: Shape, folded: CTE) -> CTE:
    """Give every row the denominator of its group: it stands in a row that is not broken down."""
    undivided = shape.undivided("per")
    group = [folded.c[name] for dimension, name in shape.names.items() if dimension not in undivided]
    whole = {
        name: func.max(folded.c[name]).over(partition_by=[folded.c.period, *group])
        for name in ("per", "previous_per")
        if name in folded.c
    }
    columns = (whole[each.name].label(each.name) if each.name in whole else each for each in folded.c)
    spread = select(*columns).subquery("spread")
    divided = [spread.c[name] for dimension, name in shape.names.items() if dimension in undivided]
    any_value = or_(*(spread.c[name] > 0 for name in ("value", "previous_value") if name in spread.c))
    return select(spread).where(*(each.is_not(None) for each in divided), any_value).cte("shared_out")
