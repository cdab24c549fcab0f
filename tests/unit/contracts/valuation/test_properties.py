"""Valuation holds for any history: against a day-by-day recomputation, over months and over split periods."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.contracts.valuation.domain import value_line
from shared.events.contracts import AgreementState, LineEntry, ProductState
from shared.events.known import Known
from shared.events.referrals import IndicationState
from tests.unit.contracts.valuation.by_day import by_day, covers, half_up, newest_then
from tests.unit.contracts.valuation.inputs import agreement, at, indication, product

HORIZON = date(2024, 6, 15)
LAST = date(2024, 12, 31)

days = st.integers(0, 600).map(lambda number: date(2022, 11, 1) + timedelta(days=number))
lengths = st.none() | st.integers(0, 300)
cents = st.integers(0, 20_000)
knowns = st.integers(0, 60)


def ends(first: date, length: int | None) -> date | None:
    return None if length is None else first + timedelta(days=length)


@st.composite
def periods(draw: st.DrawFn) -> dict[str, Any]:
    first = draw(days)
    return {"first": first, "last": ends(first, draw(lengths))}


@st.composite
def worths(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.integers(0, 3)) == 0:
        return {"budgetCents": draw(st.integers(0, 500_000)), "volume": None, "unit": None, "frequency": None}
    return {
        "volume": draw(st.integers(0, 500)),
        "unit": draw(st.sampled_from(["01", "04", "14"])),
        "frequency": draw(st.sampled_from(["1", "2", "4", "6"])),
        "agreedTariffCents": draw(st.none() | st.none() | cents),
    }


@st.composite
def indications(draw: st.DrawFn) -> list[Known[IndicationState]]:
    fixed = draw(worths()) | draw(periods())
    versions = [indication(1, draw(knowns), **fixed)]
    for version in range(2, draw(st.integers(1, 4)) + 1):
        ended = fixed | {
            "last": ends(fixed["first"], draw(lengths)),
            "withdrawn": draw(st.integers(0, 5)) == 0,
        }
        versions.append(indication(version, draw(knowns), **ended))
    return draw(st.permutations(versions))


@st.composite
def agreements(draw: st.DrawFn) -> list[Known[AgreementState]]:
    # One after the other, as the database constraint has it: what is known at a moment never overlaps.
    versions: list[Known[AgreementState]] = []
    first = draw(days)
    for number in range(draw(st.integers(0, 3))):
        last = ends(first, draw(st.integers(0, 200)))
        for version in range(1, draw(st.integers(1, 3)) + 1):
            terms: dict[str, Any] = {"tariffCents": draw(st.none() | cents), "withdrawn": draw(st.booleans())}
            versions.append(agreement(number, version, draw(knowns), first=first, last=last, **terms))
        first = (last or LAST) + timedelta(days=draw(st.integers(1, 60)))
    return draw(st.permutations(versions))


@st.composite
def products(draw: st.DrawFn) -> list[Known[ProductState]]:
    versions = []
    for version in range(1, draw(st.integers(0, 3)) + 1):
        first, change = sorted((draw(days), draw(days)))
        tariffs: list[dict[str, Any]] = [
            {"from": change, "to": draw(st.none() | st.just(LAST)), "cents": draw(cents)}
        ]
        if first < change:
            tariffs.append({"from": first, "to": change - timedelta(days=1), "cents": draw(cents)})
        unit, segment = draw(st.sampled_from(["04", "14"])), draw(st.integers(1, 5))
        versions.append(product(version, draw(knowns), unit=unit, segment=segment, tariffs=tariffs))
    return draw(st.permutations(versions))


def months_of(
    days_in_order: dict[date, tuple[bool, bool, Fraction]],
) -> dict[tuple[int, int, bool, bool], int]:
    """Cents per month, contracted and valued."""
    months: dict[tuple[int, int, bool, bool], int] = {}
    before = 0
    for day, (contracted, valued, running) in days_in_order.items():
        key = (day.year, day.month, contracted, valued)
        months[key] = months.get(key, 0) + half_up(running) - before
        before = half_up(running)
    return months


def months_answered(entry: LineEntry) -> dict[tuple[int, int, bool, bool], int]:
    months: dict[tuple[int, int, bool, bool], int] = {}
    for one in entry.stretches:
        month = one.valid_from.year * 12 + one.valid_from.month - 1
        for offset, amount in enumerate(one.cents):
            key = ((month + offset) // 12, (month + offset) % 12 + 1, one.contracted, one.valued)
            months[key] = months.get(key, 0) + amount
    return months


def nonzero(months: dict[tuple[int, int, bool, bool], int]) -> dict[tuple[int, int, bool, bool], int]:
    return {key: amount for key, amount in months.items() if amount}


@settings(max_examples=150, deadline=None)
@given(indications(), agreements(), products(), st.integers(0, 61))
def test_the_line_equals_a_recomputation_day_by_day(
    versions: list[Known[IndicationState]],
    contracts: list[Known[AgreementState]],
    catalogue: list[Known[ProductState]],
    minute: int,
) -> None:
    line = value_line(versions, contracts, catalogue, HORIZON)
    assert [entry.known_from for entry in line] == sorted({entry.known_from for entry in line})
    then = [entry for entry in line if entry.known_from <= at(minute)]
    known = newest_then(versions, at(minute))
    assert bool(then) == bool(known)
    for state in known:
        expected = by_day(
            state,
            newest_then(contracts, at(minute)),
            next(iter(newest_then(catalogue, at(minute))), None),
            horizon=HORIZON,
            end=LAST,
        )
        answered = {
            day: (one.contracted, one.valued)
            for day in expected
            for one in then[-1].stretches
            if covers(one, day)
        }
        assert answered == {day: (contracted, valued) for day, (contracted, valued, _) in expected.items()}
        assert nonzero(months_answered(then[-1])) == nonzero(months_of(expected))
        for one, following in zip(then[-1].stretches, then[-1].stretches[1:], strict=False):
            assert (one.contracted, one.valued) != (following.contracted, following.valued)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**8), days, st.integers(0, 900))
def test_the_months_of_a_budget_add_up_to_the_budget(amount: int, first: date, length: int) -> None:
    state = indication(budgetCents=amount, first=first, last=ends(first, length))
    [entry] = value_line([state], [], [], HORIZON)
    assert sum(sum(one.cents) for one in entry.stretches) == amount


@settings(max_examples=100, deadline=None)
@given(worths(), days, st.integers(1, 500), st.sets(st.integers(1, 500), min_size=1, max_size=4))
def test_a_split_by_agreements_changes_no_month(
    worth: dict[str, Any], first: date, length: int, cuts: set[int]
) -> None:
    state = indication(**worth, first=first, last=ends(first, length))
    [whole] = value_line([state], [], [product(unit="14")], HORIZON)
    spots = [first + timedelta(days=cut) for cut in sorted(cuts)]
    contracts = [agreement(number, first=spot, last=spot) for number, spot in enumerate(spots)]
    [split] = value_line([state], contracts, [product(unit="14")], HORIZON)

    def by_month(entry: LineEntry) -> dict[tuple[int, int], int]:
        months: dict[tuple[int, int], int] = {}
        for (year, month, _, _), amount in months_answered(entry).items():
            months[year, month] = months.get((year, month), 0) + amount
        return months

    assert by_month(split) == by_month(whole)
