"""The statement of a shape: the measures folded into rows, a page of them, and up to when all is known."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
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
    literal_column,
    null,
    select,
    table,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import asyncpg

from services.monitoring.figures.domain import Measure
from services.monitoring.figures.queries.base import LAST_PERIOD, base
from services.monitoring.figures.queries.measures import measured
from services.monitoring.figures.queries.shape import Shape
from shared.journal.tables import MOMENT

# The topics that figures hang on: what they promise, a figure promises.
TOPICS = ("referrals.indication", "contracts.valuation")

_DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]
_ZERO = literal_column("0", BigInteger)


@lru_cache(maxsize=500)
def compiled(shape: Shape) -> tuple[str, Sequence[str], dict[str, Any]]:
    """The SQL, the names of its parameters in order, and the values of those that never vary."""
    found = composed(shape).compile(dialect=_DIALECT)
    return str(found), found.positiontup or [], dict(found.params)


def composed(shape: Shape) -> Select[Any]:
    """The statement: at least one row, so that `known_through` is always there; then without a period."""
    page = _page(shape)
    mark = _mark()
    return (
        select(mark.c.known_through, page)
        .select_from(mark.outerjoin(page, true()))
        .order_by(*_order(shape, page))
    )


def _page(shape: Shape) -> Subquery:
    rows = _folded(shape)
    if shape.figure.always_by is not None:
        rows = _shared_out(shape, rows)
    order = _order(shape, rows)
    page = select(rows).order_by(*order).limit(bindparam("size", type_=Integer))
    if shape.later:
        texts = (bindparam(f"after_{name}", type_=Text).collate("C") for name in shape.names.values())
        page = page.where(tuple_(*order) > tuple_(bindparam("after_period", type_=Integer), *texts))
    return page.subquery("page")


def _order(shape: Shape, rows: CTE | Subquery) -> list[ColumnElement[Any]]:
    return [rows.c.period, *(rows.c[name].collate("C") for name in shape.names.values())]


def _mark() -> Subquery:
    marks = table(
        "recompute_through", column("topic", Text), column("known_through", MOMENT), schema="monitoring"
    ).c
    # `min` skips NULLs and topics that are not there: then nothing is promised.
    through = case((func.count(marks.known_through) == len(TOPICS), func.min(marks.known_through)))
    needed = marks.topic == any_(literal(list(TOPICS), ARRAY(Text)))
    return select(through.label("known_through")).where(needed).subquery("mark")


def _folded(shape: Shape) -> CTE:
    """One row per period and group. The measures are stacked and folded, so that each may lack groups."""
    spans = base(shape)
    parts = [_part(shape, spans, name, measure) for name, measure in shape.columns.items()]
    if not shape.names:
        every = func.generate_series(0, LAST_PERIOD).table_valued("period").render_derived("every")
        parts.append(select(every.c.period, *(_ZERO.label(name) for name in shape.columns)))
    stacked = union_all(*parts).subquery("stacked").c
    keys = [stacked.period, *(stacked[name] for name in shape.names.values())]
    values = (func.coalesce(func.max(stacked[name]), 0).label(name) for name in shape.columns)
    return select(*keys, *values).group_by(*keys).cte("folded")


def _part(shape: Shape, spans: CTE, name: str, measure: Measure) -> Select[Any]:
    """One measure under its name, with nothing in the place of the others."""
    lacking = shape.undivided(name)
    by = [column for dimension, column in shape.names.items() if dimension is not lacking]
    found = measured(spans, measure, by, of_all_referrers=lacking is not None).subquery(f"of_{name}").c
    no_group, no_value = cast(null(), Text), cast(null(), BigInteger)
    return select(
        found.period,
        *(found[each] if each in by else no_group.label(each) for each in shape.names.values()),
        *((found.n if each == name else no_value).label(each) for each in shape.columns),
    )


def _shared_out(shape: Shape, folded: CTE) -> CTE:
    """Give every row the denominator of its group: it stands in a row that is not broken down."""
    undivided = shape.undivided("per")
    group = [folded.c[name] for dimension, name in shape.names.items() if dimension is not undivided]
    whole = func.max(folded.c.per).over(partition_by=[folded.c.period, *group]).label("per")
    spread = select(*(whole if each.name == "per" else each for each in folded.c)).subquery("spread")
    divided = [spread.c[name] for dimension, name in shape.names.items() if dimension is undivided]
    return (
        select(spread).where(*(each.is_not(None) for each in divided), spread.c.value > 0).cte("shared_out")
    )
