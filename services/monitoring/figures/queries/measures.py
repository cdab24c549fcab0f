"""Each measure per period and group, out of the spans that were asked for."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    and_,
    cast,
    column,
    func,
    select,
    true,
)

from services.monitoring.facts.domain import Status
from services.monitoring.figures.domain import Measure
from services.monitoring.figures.queries.base import FIRST_MONTH, LENGTH

_STATUS = {
    Measure.CONTRACTED_CLIENTS: Status.CONTRACTED,
    Measure.CONTRACTED_PROVIDERS: Status.CONTRACTED,
    Measure.BESPOKE_CLIENTS: Status.BESPOKE,
    Measure.BESPOKE_PROVIDERS: Status.BESPOKE,
}
_COUNTED = {
    Measure.CLIENTS: "client",
    Measure.CONTRACTED_CLIENTS: "client",
    Measure.BESPOKE_CLIENTS: "client",
    Measure.PROVIDERS: "provider",
    Measure.CONTRACTED_PROVIDERS: "provider",
    Measure.BESPOKE_PROVIDERS: "provider",
    Measure.NOT_VALUED: "indication",
    Measure.INCOMPLETE: "indication",
}


def measured(base: CTE, measure: Measure, by: Sequence[str], *, of_all_referrers: bool) -> Select[Any]:
    """Rows of period, group and `n`."""
    if measure is Measure.GRANTED:
        return _amounts(base, by)
    return _counts(base, _COUNTED[measure], by, _condition(base, measure, of_all_referrers=of_all_referrers))


def _condition(base: CTE, measure: Measure, *, of_all_referrers: bool) -> ColumnElement[bool]:
    """Which spans a measure counts."""
    referred = true() if of_all_referrers else base.c.referred
    if measure is Measure.INCOMPLETE:
        return and_(referred, base.c.status == Status.PENDING.value)
    chosen = and_(referred, base.c.chosen)
    if measure is Measure.NOT_VALUED:
        return and_(chosen, base.c.status != Status.PENDING.value, ~base.c.valued)
    status = _STATUS.get(measure)
    return chosen if status is None else and_(chosen, base.c.status == status.value)


def _counts(base: CTE, counted: str, by: Sequence[str], condition: ColumnElement[bool]) -> Select[Any]:
    """How many different things there are: each begins where its earlier spans have not come yet."""
    of = base.c
    group = [of[name] for name in by]
    # What is counted goes first: sorting by a number and then by texts takes half the time of the reverse.
    reached = func.max(of.last).over(partition_by=[of[counted], *group], order_by=of.first, rows=(None, -1))
    begins = func.greatest(of.first, func.coalesce(reached + 1, 0)).label("first")
    reach = select(*group, begins, of.last).where(condition).subquery("reach").c
    runs = [*(reach[name] for name in by), reach.first, reach.last]
    found = select(*runs, func.count().label("n")).where(reach.first <= reach.last).group_by(*runs)
    alike = found.subquery("alike")
    return _per_period(alike, by, func.sum(alike.c.n))


def _amounts(base: CTE, by: Sequence[str]) -> Select[Any]:
    """How many cents were granted: what the running total gained in the period."""
    of = base.c
    period = column("period", Integer)

    def until(start: ColumnElement[int]) -> ColumnElement[int]:
        # Beyond the last amount (at the end, or at the horizon) the running total stays what it was.
        months = func.least(FIRST_MONTH + start - of.first_month, func.cardinality(of.running_cents))
        return func.coalesce(of.running_cents[months], 0)

    gained = until((period + 1) * LENGTH) - until(period * LENGTH)
    return _per_period(base, by, func.sum(gained)).where(of.chosen, of.referred, of.valued)


def _per_period(source: FromClause, by: Sequence[str], amount: ColumnElement[Any]) -> Select[Any]:
    periods = func.generate_series(source.c.first, source.c.last)
    each = periods.table_valued("period").render_derived("each")
    keys = [each.c.period, *(source.c[name] for name in by)]
    amounts = select(*keys, cast(amount, BigInteger).label("n")).group_by(*keys)
    return amounts.select_from(source.join(each, true()))
