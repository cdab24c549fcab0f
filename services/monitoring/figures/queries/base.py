"""The spans that a request asks for, as the first step of its statement."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Integer,
    SmallInteger,
    Text,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    null,
    or_,
    select,
    true,
)

from services.monitoring.facts.domain import Status
from services.monitoring.facts.queries import NOW, span
from services.monitoring.figures.domain import CareGroup, Dimension, Measure
from services.monitoring.figures.queries.shape import FROM_VALUATION, Shape
from shared.journal.tables import MOMENT

FIRST_MONTH = bindparam("first_month", type_=Integer)
LAST_MONTH = bindparam("last_month", type_=Integer)
LENGTH = bindparam("length", type_=Integer)
LAST_PERIOD = bindparam("last_period", type_=Integer)
AS_OF = bindparam("as_of", type_=MOMENT)

_of = span.c
_FAMILY_AND_HOUSING = 2
DIMS: dict[Dimension, ColumnElement[Any]] = {
    Dimension.MUNICIPALITY: _of.municipality,
    Dimension.SUB_REGION: _of.sub_region,
    Dimension.SEGMENT: _of.segment,
    Dimension.CARE_GROUP: case(
        (_of.segment.is_(None), null()),
        (and_(_of.segment == 1, _of.residential), CareGroup.SEGMENT_1_RESIDENTIAL.value),
        (and_(_of.segment == _FAMILY_AND_HOUSING, _of.family), CareGroup.SEGMENT_2_FAMILY.value),
        (and_(_of.segment == _FAMILY_AND_HOUSING, _of.housing), CareGroup.SEGMENT_2_HOUSING.value),
        else_=CareGroup.OTHER.value,
    ),
    Dimension.PRODUCT: _of.product,
    Dimension.PROVIDER: _of.provider,
    Dimension.REFERRER: _of.referrer,
}
_REFERRER = frozenset({Dimension.REFERRER})
_AT_ONCE = frozenset(Dimension) - FROM_VALUATION - _REFERRER


def base(shape: Shape) -> CTE:
    """The spans in question, with the first and the last period that each touches, counted from 0.

    `chosen` and `referred` say whether the filters take a span in that had to be kept for something else: what
    is not valued yet has no segment, and shares are shares of the clients of all referrers.
    """
    amount = [_of.running_cents] if shape.figure.value is Measure.GRANTED else []
    return (
        select(
            *(_of.client, _of.provider, _of.indication, _of.status, _of.valued, _of.first_month, *amount),
            func.greatest((_of.first_month - FIRST_MONTH) // LENGTH, 0).label("first"),
            func.least((_of.last_month - FIRST_MONTH) // LENGTH, LAST_PERIOD).label("last"),
            *(func.coalesce(cast(DIMS[each], Text), "").label(name) for each, name in shape.names.items()),
            _filters(shape, FROM_VALUATION).label("chosen"),
            _filters(shape, _REFERRER).label("referred"),
        )
        .where(*_conditions(shape))
        .cte("base")
    )


def _conditions(shape: Shape) -> Iterator[ColumnElement[bool]]:
    # Now is a literal and no parameter: only then the partial indexes serve.
    yield and_(_of.known_from <= AS_OF, _of.known_to > AS_OF) if shape.then else NOW
    yield _of.first_month <= LAST_MONTH
    yield _of.last_month >= FIRST_MONTH
    yield _filters(shape, _AT_ONCE)
    if shape.figure.always_by is not Dimension.REFERRER:
        yield _filters(shape, _REFERRER)
    if not FROM_VALUATION.isdisjoint(shape.filtered):
        yield or_(_filters(shape, FROM_VALUATION), _of.status == Status.PENDING.value)


def _filters(shape: Shape, dimensions: Collection[Dimension]) -> ColumnElement[bool]:
    chosen = sorted(each for each in shape.filters if each[0] in dimensions)
    return and_(true(), *(_filter(dimension, unknown=unknown) for dimension, unknown in chosen))


def _filter(dimension: Dimension, *, unknown: bool) -> ColumnElement[bool]:
    kind = SmallInteger if dimension is Dimension.SEGMENT else Text
    among = DIMS[dimension] == any_(bindparam(f"filter_{dimension.name.lower()}", type_=ARRAY(kind)))
    return or_(among, DIMS[dimension].is_(None)) if unknown else among
