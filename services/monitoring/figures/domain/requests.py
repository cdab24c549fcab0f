"""What can be asked of a figure, and who may see what of the answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from shared.problems import Conflict, Kind, register
from shared.values.moments import moment_text
from shared.values.period import EARLIEST_DAY, LATEST_DAY, month_of, month_text

# A century of months: more is a slip of the keyboard, and a table that nobody reads.
MOST_PERIODS = 1_200
UNKNOWN = "unknown"
PERIOD_TEXT = "[0-9]{4}(-(0[1-9]|1[0-2])|-Q[1-4]|-H[12])?"


class PeriodKind(StrEnum):
    """How long each period of an answer is."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half-year"
    YEAR = "year"

    @property
    def months(self) -> int:
        return {"month": 1, "quarter": 3, "half-year": 6, "year": 12}[self.value]

    def text(self, first_month: int) -> str:
        """The period that starts in a month, as it is written: 2023-04, 2023-Q2, 2023-H1, 2023."""
        year, part = first_month // 12, first_month % 12 // self.months + 1
        match self:
            case PeriodKind.MONTH:
                return month_text(first_month)
            case PeriodKind.QUARTER:
                return f"{year:04d}-Q{part}"
            case PeriodKind.HALF_YEAR:
                return f"{year:04d}-H{part}"
            case PeriodKind.YEAR:
                return f"{year:04d}"


class Dimension(StrEnum):
    """By what an answer can be broken down and filtered."""

    MUNICIPALITY = "municipality"
    SUB_REGION = "subRegion"
    SEGMENT = "segment"
    CARE_GROUP = "careGroup"
    RESIDENTIAL = "residential"
    PRODUCT = "product"
    PROVIDER = "provider"
    REFERRER = "referrer"


class CareGroup(StrEnum):
    """The three groups of residential care; every other product is in `other`."""

    SEGMENT_1_RESIDENTIAL = "segment1-residential"
    SEGMENT_2_FAMILY = "segment2-family"
    SEGMENT_2_HOUSING = "segment2-housing"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class FigureRequest:
    """`periods` of one kind after each other from `first_month` on; as of a moment, or None: as known now.

    `compare`: each with the period before it.
    """

    kind: PeriodKind
    first_month: int
    periods: int
    by: tuple[Dimension, ...] = ()
    filters: Mapping[Dimension, tuple[str, ...]] = field(default_factory=dict)
    as_of: datetime | None = None
    compare: bool = False

    @property
    def asked(self) -> frozenset[Dimension]:
        """All dimensions that play a part."""
        return frozenset({*self.by, *self.filters})

    @property
    def last_month(self) -> int:
        return self.first_month + self.periods * self.kind.months - 1

    def label(self, period: int) -> str:
        """How the period of an index is written."""
        return self.kind.text(self.first_month + period * self.kind.months)

    def imposing(self, dimension: Dimension, value: str) -> "FigureRequest":
        """The same request for one value of a dimension only."""
        return replace(self, filters={**self.filters, dimension: (value,)})


class NotKnownThatFarError(Conflict):
    """`asOf` lies after the moment up to which everything is known here: ask as of that moment or earlier."""

    def __init__(self, as_of: datetime, known_through: datetime | None) -> None:
        if known_through is None:
            detail = "Nothing can be answered as of a moment yet: knownThrough is not known. Try again."
        else:
            detail = (
                f"asOf ({moment_text(as_of)}) lies after knownThrough: "
                f"ask as of {moment_text(known_through)} or earlier, or leave asOf out."
            )
        super().__init__(detail, knownThrough=moment_text(known_through) if known_through else None)
        self.as_of = as_of
        self.known_through = known_through


register(
    {
        NotKnownThatFarError: Kind(
            409, "not-known-that-far", "Not known up to that moment yet", "Tot dat moment nog niet bekend"
        )
    }
)


class PeriodOutOfRangeError(ValueError):
    """A period that lies outside the years in which indications are kept."""

    def __init__(self) -> None:
        super().__init__(f"Periods lie in {EARLIEST_DAY.year} to {LATEST_DAY.year}.")


def months_of(text: str) -> tuple[int, int]:
    """The first and last month of a period as it is written, whatever its kind.

    Raises ValueError when it is written in another way, PeriodOutOfRangeError when nobody can mean it.
    """
    if re.fullmatch(PERIOD_TEXT, text) is None:
        raise ValueError("Write a period as 2023-04, 2023-Q2, 2023-H1 or 2023.")
    year, _, part = text.partition("-")
    length = {"": 12, "Q": 3, "H": 6}.get(part[:1], 1)
    first = int(year) * 12 + (int(part.lstrip("QH") or 1) - 1) * length
    if not month_of(EARLIEST_DAY) <= first <= month_of(LATEST_DAY):
        raise PeriodOutOfRangeError
    return first, first + length - 1
