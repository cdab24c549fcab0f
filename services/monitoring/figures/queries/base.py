"""The spans that a request asks for, as the first step of its statement."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Integer,
    SmallInteger,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    case,
    cast,
    false,
    func,
    null,
    or_,
    select,
    true,
)

from services.monitoring.accounts.domain import ANNUAL_COSTS
from services.monitoring.context.domain import YOUNG_INHABITANTS
from services.monitoring.facts.domain import Status
from services.monitoring.facts.queries import NOW, care_span, claim_span, offer_span, span
from services.monitoring.figures.domain import CareGroup, Dimension, Measure, Source
from services.monitoring.figures.queries.shape import FROM_VALUATION, Shape
from services.monitoring.stated.queries import stated_number
from shared.journal.tables import MOMENT

FIRST_MONTH = bindparam("first_month", type_=Integer)
LAST_MONTH = bindparam("last_month", type_=Integer)
LENGTH = bindparam("length", type_=Integer)
LAST_PERIOD = bindparam("last_period", type_=Integer)
AS_OF = bindparam("as_of", type_=MOMENT)

_TABLES: Mapping[Source, Table] = {
    Source.GRANTED: span,
    Source.CARE: care_span,
    Source.CLAIMED: claim_span,
    Source.OFFERED: offer_span,
    Source.ACCOUNTS: stated_number,
    Source.CONTEXT: stated_number,
}
# What the measures of each read; amounts are wide, and read only where they are asked for.
_MEASURED: Mapping[Source, tuple[str, ...]] = {
    Source.GRANTED: ("client", "provider", "indication", "status", "valued"),
    Source.CARE: ("client", "indication", "care", "started", "ended", "first_start", "waited_days"),
    Source.CLAIMED: ("indication", "running_cents"),
    Source.OFFERED: ("provider", "report", "weeks"),
    Source.ACCOUNTS: ("municipality", "amount"),
    Source.CONTEXT: ("key", "municipality", "sub_region", "amount"),
}
_PENDING: Mapping[Source, ColumnElement[bool]] = {
    Source.GRANTED: span.c.status == Status.PENDING.value,
    Source.CARE: care_span.c.pending,
    Source.CLAIMED: claim_span.c.pending,
    # What a report is of is known with its product; what is stated is known.
    Source.OFFERED: false(),
    Source.ACCOUNTS: false(),
    Source.CONTEXT: false(),
}
_FAMILY_AND_HOUSING = 2
_AT_ONCE = frozenset(Dimension) - FROM_VALUATION


def _dimensions(table: Table) -> dict[Dimension, ColumnElement[Any]]:
    of = table.c
    named: dict[Dimension, ColumnElement[Any]] = {
        each: of[each.name.lower()] for each in Dimension if each.name.lower() in of
    }
    if Dimension.SEGMENT not in named:
        return named
    care_group = case(
        (of.segment.is_(None), null()),
        (and_(of.segment == 1, of.residential), CareGroup.SEGMENT_1_RESIDENTIAL.value),
        (and_(of.segment == _FAMILY_AND_HOUSING, of.family), CareGroup.SEGMENT_2_FAMILY.value),
        (and_(of.segment == _FAMILY_AND_HOUSING, of.housing), CareGroup.SEGMENT_2_HOUSING.value),
        else_=CareGroup.OTHER.value,
    )
    residential = case(
        (of.segment.is_(None), null()), (care_group == CareGroup.OTHER.value, "false"), else_="true"
    )
    return {**named, Dimension.CARE_GROUP: care_group, Dimension.RESIDENTIAL: residential}


DIMS = {source: _dimensions(table) for source, table in _TABLES.items()}


def base(shape: Shape, source: Source) -> CTE:
    """The spans in question, with the first and the last period that each touches, counted from 0.

    `chosen` and `narrowed` say whether the filters take a span in that had to be kept for something else: what
    is not valued yet has no segment, and shares are parts of a whole that is filtered less.
    """
    of, dims = _TABLES[source].c, DIMS[source]
    kept_for_whole = shape.whole_of(source) & _AT_ONCE
    amounts = ["running_cents"] if Measure.GRANTED in shape.columns.values() else []
    names = [*_MEASURED[source], *(amounts if source is Source.GRANTED else ())]
    return (
        select(
            *(of[name] for name in names),
            _PENDING[source].label("pending"),
            *(of.first_month, of.last_month),
            func.greatest((of.first_month - FIRST_MONTH) // LENGTH, 0).label("first"),
            func.least((of.last_month - FIRST_MONTH) // LENGTH, LAST_PERIOD).label("last"),
            *(
                func.coalesce(cast(dims[each], Text), "").label(name)
                for each, name in shape.names.items()
                if each in dims
            ),
            _filters(shape, source, FROM_VALUATION).label("chosen"),
            _filters(shape, source, kept_for_whole).label("narrowed"),
        )
        .where(*_conditions(shape, source))
        .cte(f"base_{source.value}")
    )


def _conditions(shape: Shape, source: Source) -> Iterator[ColumnElement[bool]]:
    of = _TABLES[source].c
    # Now is a literal and no parameter: only then the partial indexes serve.
    yield and_(of.known_from <= AS_OF, of.known_to > AS_OF) if shape.then else NOW
    if source is Source.ACCOUNTS:
        yield of.name == ANNUAL_COSTS
    if source is Source.CONTEXT:
        yield and_(of.name == YOUNG_INHABITANTS, of.level == shape.level.value)
    yield of.first_month <= LAST_MONTH
    yield of.last_month >= FIRST_MONTH
    whole = shape.whole_of(source)
    yield _filters(shape, source, _AT_ONCE - whole)
    if not (FROM_VALUATION - whole).isdisjoint(shape.filtered):
        yield or_(_filters(shape, source, FROM_VALUATION), _PENDING[source])


def _filters(shape: Shape, source: Source, dimensions: Collection[Dimension]) -> ColumnElement[bool]:
    chosen = sorted(each for each in shape.filters if each[0] in dimensions and each[0] in DIMS[source])
    found = (_filter(dimension, DIMS[source][dimension], unknown=unknown) for dimension, unknown in chosen)
    return and_(true(), *found)


def _filter(dimension: Dimension, of: ColumnElement[Any], *, unknown: bool) -> ColumnElement[bool]:
    kind = SmallInteger if dimension is Dimension.SEGMENT else Text
    among = of == any_(bindparam(f"filter_{dimension.name.lower()}", type_=ARRAY(kind)))
    return or_(among, of.is_(None)) if unknown else among
