"""From a request to one statement: whatever the periods, the dimensions and the moment, the same few steps.

    base      the spans that are asked for, each with the first and the last period that it touches
    measures  of each thing to count, the runs of periods that its earlier spans had not reached: so nothing is
              counted twice, and nothing is sorted per month
    statement the measures side by side, per period and group, beside the period before where that is asked for, with
              the moment up to which all is known

What a request asks is in its parameters alone, so that a statement is composed once per shape: composing takes
longer than running most of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asyncpg import Record

from services.monitoring.figures.domain import UNKNOWN, Dimension, Figure, FigureRequest, Group, Number
from services.monitoring.figures.queries.shape import Shape
from services.monitoring.figures.queries.statement import compiled
from shared.database import Connection

_LACKING = """
select coalesce(sum(parked), 0)::bigint as parked, coalesce(bool_or(importing), false) as importing
from recompute_through where topic = any($1)
"""


@dataclass(frozen=True, slots=True)
class Lacking:
    """What the answers of a figure may lack.

    `parked`: how many events that it needs were set aside, here or on their way here. `importing`: somebody may be
    bringing history, so that answers about the past can still change.
    """

    parked: int
    importing: bool


async def lacking(connection: Connection, figure: Figure) -> Lacking:
    """What the answers of a figure may lack now."""
    (row,) = await connection.fetch(_LACKING, list(figure.topics))
    return Lacking(**dict(row))


async def groups(
    connection: Connection,
    figure: Figure,
    request: FigureRequest,
    *,
    size: int,
    after: Sequence[Any] | None = None,
) -> tuple[datetime | None, list[Group]]:
    """Up to which moment all is known, and at most `size` groups after a key, in the order of their keys.

    A group of which nothing is known in a period has no row; without a breakdown every period has one.
    """
    shape = Shape.of(figure, request, later=after is not None)
    sql, names, fixed = compiled(shape)
    values = fixed | _values(request, shape, size, after or ())
    rows = await connection.fetch(sql, *(values[name] for name in names))
    return rows[0]["known_through"], [
        Group(
            period=row["period"],
            group={each: row[name] or None for each, name in shape.names.items()},
            value=row["value"],
            per=row["per"] if figure.per else None,
            beside={measure: row[measure.value] for measure in shape.beside},
            previous=_previous(row, shape),
            quotient=figure.per is not None,
        )
        for row in rows
        if row["period"] is not None
    ]


def _previous(row: Record, shape: Shape) -> tuple[Number | None, int | None] | None:
    if not shape.compare:
        return None
    return row["previous_value"], row["previous_per"] if shape.figure.per else None


def _values(request: FigureRequest, shape: Shape, size: int, after: Sequence[Any]) -> dict[str, Any]:
    """What the parameters of a statement are in one request."""
    keys = ("period", *shape.names.values())
    before = 1 if request.compare else 0
    return {
        "first_month": request.first_month - before * request.kind.months,
        "last_month": request.last_month,
        "length": request.kind.months,
        "last_period": request.periods - 1 + before,
        "as_of": request.as_of,
        "size": size,
        **{f"filter_{each.name.lower()}": _listed(each, values) for each, values in request.filters.items()},
        **{f"after_{name}": value for name, value in zip(keys, after, strict=False)},
    }


def _listed(dimension: Dimension, values: Sequence[str]) -> list[str] | list[int]:
    known = [value for value in values if value != UNKNOWN]
    return [int(value) for value in known] if dimension is Dimension.SEGMENT else known
