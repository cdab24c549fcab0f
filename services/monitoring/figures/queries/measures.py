"""Each measure per period and group, out of the spans that were asked for."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    Float,
    FromClause,
    Integer,
    Select,
    Subquery,
    Text,
    and_,
    bindparam,
    cast,
    column,
    func,
    select,
    true,
)

from services.monitoring.facts.domain import Status
from services.monitoring.figures.domain import Dimension, Measure
from services.monitoring.figures.queries.base import FIRST_MONTH, LAST_MONTH, LENGTH
from services.monitoring.figures.queries.shape import FROM_VALUATION

_Condition = Callable[[Any], ColumnElement[bool]]


class _Counted(NamedTuple):
    """How many different `what` there are, on spans that meet a condition; `at` one end of them only."""

    what: str
    condition: _Condition = lambda _: true()
    at: Literal["first", "last"] | None = None


def _by_status(what: str, status: Status) -> _Counted:
    return _Counted(what, lambda of: of.status == status.value)


def _decided(of: Any) -> ColumnElement[bool]:  # noqa: ANN401 - columns of any base
    return and_(of.first_start, of.waited_days.is_not(None))


_COUNTED: Mapping[Measure, _Counted] = {
    Measure.CLIENTS: _Counted("client"),
    Measure.CONTRACTED_CLIENTS: _by_status("client", Status.CONTRACTED),
    Measure.BESPOKE_CLIENTS: _by_status("client", Status.BESPOKE),
    Measure.PROVIDERS: _Counted("provider"),
    Measure.CONTRACTED_PROVIDERS: _by_status("provider", Status.CONTRACTED),
    Measure.BESPOKE_PROVIDERS: _by_status("provider", Status.BESPOKE),
    Measure.BESPOKE_INDICATIONS: _by_status("indication", Status.BESPOKE),
    Measure.NOT_VALUED: _Counted("indication", lambda of: and_(~of.pending, ~of.valued)),
    Measure.INCOMPLETE: _Counted("indication", lambda of: of.pending),
    Measure.CLIENTS_IN_CARE: _Counted("client"),
    Measure.STARTING_CLIENTS: _Counted("client", lambda of: of.started, at="first"),
    Measure.STARTS: _Counted("care", lambda of: of.started, at="first"),
    Measure.ENDING_CLIENTS: _Counted("client", lambda of: of.ended, at="last"),
    Measure.STOPS: _Counted("care", lambda of: of.ended, at="last"),
    Measure.CASES: _Counted("indication", _decided, at="first"),
    Measure.WITHOUT_DECISION: _Counted(
        "indication", lambda of: and_(of.first_start, of.waited_days.is_(None)), at="first"
    ),
    Measure.PROVIDERS_IN_INDICATOR: _Counted("provider"),
    Measure.REPORTS: _Counted("report", lambda of: of.weeks.is_not(None)),
    Measure.DELIVERED: _Counted("municipality"),
    Measure.UNKNOWN_WAITS: _Counted("report", lambda of: of.weeks.is_(None)),
}
_STATED = {Measure.COSTS, Measure.YOUNG_INHABITANTS}
_AMOUNTS = {Measure.GRANTED, Measure.CLAIMED}
_OF_STARTS: Mapping[Measure, Callable[[ColumnElement[Any]], ColumnElement[Any]]] = {
    Measure.MEDIAN_DAYS: lambda days: func.percentile_cont(0.5).within_group(days),
    Measure.MEAN: lambda days: cast(func.sum(days), Float(53)) / func.count(),
}
_EXTREMES: Mapping[Measure, Callable[[ColumnElement[Any]], ColumnElement[Any]]] = {
    Measure.LONGEST: func.max,
    Measure.SHORTEST: func.min,
}


def type_of(measure: Measure) -> BigInteger | Float[float]:
    """The type of what is measured."""
    return BigInteger() if measure.is_whole else Float(53)


def measured(
    base: CTE, measure: Measure, by: Sequence[str], of_whole: Collection[Dimension], places: Dimension | None
) -> Select[Any]:
    """Rows of period, group and `n`; filters on the dimensions `of_whole` narrow nothing.

    `places`: those that are added up in a group, of what is known place by place.
    """
    of = base.c

    def asked(of: Any) -> ColumnElement[bool]:  # noqa: ANN401 - columns of any base
        narrowed = true() if of_whole else of.narrowed
        of_all = measure is Measure.INCOMPLETE or not FROM_VALUATION.isdisjoint(of_whole)
        return narrowed if of_all else and_(narrowed, of.chosen)

    if measure in _STATED:
        return _of_places(base, by, places) if measure is Measure.YOUNG_INHABITANTS else _added(base, by)
    if measure in _AMOUNTS:
        return _amounts(base, by).where(asked(of), *([of.valued] if measure is Measure.GRANTED else ()))
    if measure in _EXTREMES:
        return _per_period(base, by, _EXTREMES[measure](of.weeks)).where(asked(of), of.weeks.is_not(None))
    if measure in _OF_STARTS:
        return _of_starts(base, by, _OF_STARTS[measure](of.waited_days), asked(of))
    counted = _COUNTED[measure]
    source = _ends(base, counted.at) if counted.at else base
    return _counts(source, counted.what, by, lambda of: and_(asked(of), counted.condition(of)))


def _ends(base: CTE, at: Literal["first", "last"]) -> Subquery:
    """The spans that begin, or end, in a period that was asked for, as if they were in that period only."""
    inside = base.c.first_month >= FIRST_MONTH if at == "first" else base.c.last_month <= LAST_MONTH
    others = (each for each in base.c if each.name not in {"first", "last"})
    only = (base.c[at].label("first"), base.c[at].label("last"))
    return select(*others, *only).where(inside).subquery("ends")


def _counts(source: FromClause, counted: str, by: Sequence[str], condition: _Condition) -> Select[Any]:
    """How many different things there are: each begins where its earlier spans have not come yet."""
    of = source.c
    group = [of[name] for name in by]
    # What is counted goes first: sorting by a number and then by texts takes half the time of the reverse.
    reached = func.max(of.last).over(partition_by=[of[counted], *group], order_by=of.first, rows=(None, -1))
    begins = func.greatest(of.first, func.coalesce(reached + 1, 0)).label("first")
    reach = select(*group, begins, of.last).where(condition(of)).subquery("reach").c
    runs = [*(reach[name] for name in by), reach.first, reach.last]
    found = select(*runs, func.count().label("n")).where(reach.first <= reach.last).group_by(*runs)
    alike = found.subquery("alike")
    return _per_period(alike, by, func.sum(alike.c.n))


def _amounts(base: CTE, by: Sequence[str]) -> Select[Any]:
    """How many cents: what the running total gained in the period."""
    of = base.c
    period = column("period", Integer)

    def until(start: ColumnElement[int]) -> ColumnElement[int]:
        # Beyond the last amount (at the end, or at the horizon) the running total stays what it was.
        months = func.least(FIRST_MONTH + start - of.first_month, func.cardinality(of.running_cents))
        return func.coalesce(of.running_cents[months], 0)

    gained = until((period + 1) * LENGTH) - until(period * LENGTH)
    return _per_period(base, by, func.sum(gained))


def _per_period(source: FromClause, by: Sequence[str], amount: ColumnElement[Any]) -> Select[Any]:
    periods = func.generate_series(source.c.first, source.c.last)
    each = periods.table_valued("period").render_derived("each")
    keys = [each.c.period, *(source.c[name] for name in by)]
    amounts = select(*keys, cast(amount, BigInteger).label("n")).group_by(*keys)
    return amounts.select_from(source.join(each, true()))


def _added(base: CTE, by: Sequence[str]) -> Select[Any]:
    return _per_period(base, by, func.sum(base.c.amount))


def _of_places(base: CTE, by: Sequence[str], places: Dimension | None) -> Select[Any]:
    """What each place had at the start of the period, by its newest day of reference; nothing where one of them lacks."""
    of = base.c
    each = func.generate_series(of.first, of.last).table_valued("period").render_derived("each")
    start = FIRST_MONTH + each.c.period * LENGTH
    newest = func.row_number().over(
        partition_by=[each.c.period, func.coalesce(of.municipality, of.sub_region)],
        order_by=[of.first_month.desc(), of.key.collate("C").desc()],
    )
    held = (
        select(each.c.period, *(of[name] for name in by), of.amount, newest.label("place"))
        .select_from(base.join(each, true()))
        .where(start.between(of.first_month, of.last_month))
        .subquery("held")
        .c
    )
    keys = [held.period, *(held[name] for name in by)]
    found = (
        select(*keys, cast(func.sum(held.amount), BigInteger).label("n"))
        .where(held.place == 1)
        .group_by(*keys)
    )
    if places is None:
        return found
    named = bindparam(f"filter_{places.name.lower()}", type_=ARRAY(Text))
    return found.having(func.count() == func.cardinality(named))


def _of_starts(
    base: CTE, by: Sequence[str], amount: ColumnElement[Any], asked: ColumnElement[bool]
) -> Select[Any]:
    """Over the first starts of which the wait is known, in the period in which they start."""
    of = base.c
    keys = [of.first.label("period"), *(of[name] for name in by)]
    inside = and_(asked, _decided(of), of.first_month >= FIRST_MONTH)
    return select(*keys, cast(amount, Float(53)).label("n")).where(inside).group_by(*keys)
