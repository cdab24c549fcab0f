"""Days, months and periods. First and last day are included; an open end is None."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# The Youth Act dates from 2015, its predecessors' indications from before. Both bounds keep a slip of the
# keyboard (0202, 20235) from becoming a line of thousands of months.
EARLIEST_DAY = date(1990, 1, 1)
LATEST_DAY = date(2199, 12, 31)


def _iso_day(value: object) -> object:
    # Pydantic itself would also read 1680307200 and "2023-04-01T00:00:00Z" as a date.
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _ISO_DAY.fullmatch(value):
        return value
    raise PydanticCustomError("day", "Write a day as YYYY-MM-DD, without a time, such as 2023-04-01.")


Day = Annotated[
    date,
    BeforeValidator(_iso_day, json_schema_input_type=date),
    Field(ge=EARLIEST_DAY, le=LATEST_DAY, description="A day, as YYYY-MM-DD", examples=["2023-04-01"]),
]


class PeriodEndsBeforeItStartsError(ValueError):
    """A period whose last day lies before its first."""

    def __init__(self, valid_from: date, valid_to: date) -> None:
        super().__init__(f"The last day ({valid_to}) lies before the first ({valid_from}).")
        self.valid_from = valid_from
        self.valid_to = valid_to


@dataclass(frozen=True, slots=True, order=False)
class Period:
    """A stretch of days from `valid_from` up to and including `valid_to`; None is an open end."""

    valid_from: date
    valid_to: date | None = None

    def __post_init__(self) -> None:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise PeriodEndsBeforeItStartsError(self.valid_from, self.valid_to)

    def __contains__(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def overlaps(self, other: "Period") -> bool:
        """Whether at least one day lies in both."""
        return self.intersection(other) is not None

    def intersection(self, other: "Period") -> "Period | None":
        """The days that lie in both, or None when there are none."""
        first = max(self.valid_from, other.valid_from)
        last = _earlier_end(self.valid_to, other.valid_to)
        return None if last is not None and last < first else Period(first, last)

    def until(self, horizon: date) -> "Period | None":
        """The same period, closed at `horizon` at the latest; None when it starts after it."""
        return self.intersection(Period(date.min, horizon))

    @property
    def days(self) -> int | None:
        """How many days it has; None when its end is open."""
        return None if self.valid_to is None else (self.valid_to - self.valid_from).days + 1

    def each_day(self) -> Iterator[date]:
        """Every day in order; an open end goes on to the end of the calendar."""
        last = self.valid_to or date.max
        for ordinal in range(self.valid_from.toordinal(), last.toordinal() + 1):
            yield date.fromordinal(ordinal)


def _earlier_end(one: date | None, other: date | None) -> date | None:
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)


def month_of(day: date) -> int:
    """The month that a day lies in, as the integer `year * 12 + month - 1`."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    """The first day of a month integer."""
    year, zero_based = divmod(month, 12)
    return date(year, zero_based + 1, 1)


def last_day(month: int) -> date:
    """The last day of a month integer."""
    return first_day(month) + timedelta(days=days_in(month) - 1)


def days_in(month: int) -> int:
    """How many days a month integer has."""
    year, zero_based = divmod(month, 12)
    return monthrange(year, zero_based + 1)[1]


def month_text(month: int) -> str:
    """A month integer as it is written on the wire: YYYY-MM."""
    year, zero_based = divmod(month, 12)
    return f"{year:04d}-{zero_based + 1:02d}"
