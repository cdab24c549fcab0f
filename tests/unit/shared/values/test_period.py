from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.values.period import (
    Day,
    Period,
    PeriodEndsBeforeItStartsError,
    days_in,
    first_day,
    last_day,
    month_of,
    month_text,
)

DAYS = st.dates(date(2000, 1, 1), date(2000, 4, 1))
LATEST = date(2001, 1, 1)


@st.composite
def periods(draw: st.DrawFn) -> Period:
    first = draw(DAYS)
    length = draw(st.none() | st.integers(0, 40))
    return Period(first, None if length is None else first + timedelta(days=length))


def days_of(period: Period) -> set[date]:
    closed = period.until(LATEST)
    assert closed is not None
    return set(closed.each_day())


@given(periods(), periods())
def test_an_intersection_holds_the_days_of_both(one: Period, other: Period) -> None:
    both = one.intersection(other)
    assert (days_of(both) if both else set()) == days_of(one) & days_of(other)
    assert one.overlaps(other) is (both is not None)


@given(periods(), DAYS)
def test_a_day_lies_in_a_period_from_its_first_to_its_last(period: Period, day: date) -> None:
    assert (day in period) is (day in days_of(period))


@given(periods())
def test_the_number_of_days_counts_both_ends(period: Period) -> None:
    assert period.days is None if period.valid_to is None else period.days == len(days_of(period))


def test_a_period_cannot_end_before_it_starts() -> None:
    with pytest.raises(PeriodEndsBeforeItStartsError):
        Period(date(2023, 4, 2), date(2023, 4, 1))


def test_a_period_that_starts_after_the_horizon_has_no_days_until_it() -> None:
    assert Period(date(2031, 1, 1)).until(date(2030, 12, 31)) is None


@given(st.dates(date(1990, 1, 1), date(2199, 12, 31)))
def test_a_month_runs_from_its_first_to_its_last_day(day: date) -> None:
    month = month_of(day)
    assert month == day.year * 12 + day.month - 1
    assert first_day(month) == day.replace(day=1)
    assert first_day(month) <= day <= last_day(month)
    assert last_day(month) + timedelta(days=1) == first_day(month + 1)
    assert days_in(month) == last_day(month).day
    assert month_text(month) == day.isoformat()[:7]


@pytest.mark.parametrize(
    "wrong", ["2023-4-1", "2023-04-01T00:00:00", 1680307200, "1680307200", "0202-04-01", "2023-02-29", None]
)
def test_a_day_is_written_without_a_time(wrong: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Day).validate_python(wrong)


def test_a_moment_is_no_day() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Day).validate_python(datetime(2023, 4, 1))  # noqa: DTZ001


def test_a_day_is_read() -> None:
    assert TypeAdapter(Day).validate_python("2024-02-29") == date(2024, 2, 29)
    assert TypeAdapter(Day).json_schema()["format"] == "date"
