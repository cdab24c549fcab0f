"""The worth of an indication recomputed day by day, apart from the code under test and as plainly as possible."""

import calendar
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TypeVar

from shared.events.contracts import AgreementState, ProductState, Stretch, Tariff
from shared.events.known import Known
from shared.events.referrals import IndicationState
from shared.events.state import State

StateT = TypeVar("StateT", bound=State)


def newest_then(versions: Iterable[Known[StateT]], moment: datetime) -> list[StateT]:
    found: dict[object, tuple[int, StateT]] = {}
    for known in versions:
        if known.known_at <= moment and (
            known.aggregate not in found or known.version > found[known.aggregate][0]
        ):
            found[known.aggregate] = (known.version, known.state)
    return [state for _, state in found.values()]


def covers(one: AgreementState | Tariff | Stretch, day: date) -> bool:
    return one.valid_from <= day and (one.valid_to is None or one.valid_to >= day)


def day_price(
    state: IndicationState, contract: AgreementState | None, catalogue: ProductState | None, day: date
) -> Fraction | None:
    """The cents of one day, exactly; None when the day is not valued."""
    total = None if state.valid_to is None else (state.valid_to - state.valid_from).days + 1
    if state.budget_cents is not None:
        return None if total is None else Fraction(state.budget_cents, total)
    listed = [one.cents for one in catalogue.tariffs if covers(one, day)] if catalogue else []
    price, factor = state.agreed_tariff_cents, Fraction(1)
    if price is None:
        price = contract.tariff_cents if contract and contract.tariff_cents is not None else None
        price = price if price is not None else next(iter(listed), None)
        units = (state.unit, catalogue.unit if catalogue else None)
        known: dict[object, Fraction] = {("01", "04"): Fraction(1, 60), ("04", "01"): Fraction(60)}
        if price is None or (units not in known and units[0] != units[1]):
            return None
        factor = known.get(units, Fraction(1))
    lengths_of = {"1": 1, "2": 7, "4": calendar.monthrange(day.year, day.month)[1], "6": total}
    length = lengths_of[str(state.frequency)]
    return None if length is None else Fraction(state.volume or 0) * factor * price / length


def by_day(
    state: IndicationState,
    contracts: Sequence[AgreementState],
    catalogue: ProductState | None,
    *,
    horizon: date,
    end: date,
) -> dict[date, tuple[bool, bool, Fraction]]:
    """Contracted, valued and exact running total at the end of each day up to and including `end`."""
    answer: dict[date, tuple[bool, bool, Fraction]] = {}
    running = Fraction(0)
    day = state.valid_from
    while day <= (state.valid_to or end) and not state.withdrawn:
        contract = next((one for one in contracts if not one.withdrawn and covers(one, day)), None)
        price = day_price(state, contract, catalogue, day)
        if price is not None and (state.valid_to is not None or day <= horizon):
            running += price
        answer[day] = (contract is not None, price is not None, running)
        day += timedelta(days=1)
    return answer


def half_up(exact: Fraction) -> int:
    return int(exact + Fraction(1, 2))
