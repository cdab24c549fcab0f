"""What the example's providers claimed, a quarter at a time.

Of the care of 2022 the published part of what was granted: all of it for foster care, a little less for the others.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from demo.granted import Granted
from demo.offer import FAMILY_HOME, FOSTER_CARE, GROUP_HOME, INDEPENDENT_LIVING
from demo.request import PROVIDER, Request

# Claimed as a percentage of granted in 2022, as published.
REDEMPTION_2022 = {
    FOSTER_CARE: Decimal(100),
    FAMILY_HOME: Decimal("95.79"),
    GROUP_HOME: Decimal("96.10"),
    INDEPENDENT_LIVING: Decimal("96.90"),
}
_STAGE = 4
_QUARTER_ENDS = ((3, 31), (6, 30), (9, 30), (12, 31))
_QUARTERS = {
    2022: (1, 2, 3, 4),
    2023: (1, 2),
}


def requests(indications: Sequence[Granted]) -> Iterator[Request]:
    """A claim for each quarter of each indication. Each year of a product adds up to its percentage, rounded down."""
    for product, percentage in REDEMPTION_2022.items():
        mine = [one for one in indications if one.product == product]
        for year, quarters in _QUARTERS.items():
            yield from _claimed(mine, [_quarter(year, number) for number in quarters], percentage)


def _claimed(
    indications: Iterable[Granted], quarters: Sequence[tuple[date, date]], percentage: Decimal
) -> Iterator[Request]:
    worth = claimed = 0
    for one in indications:
        for first, last in quarters:
            worth += one.worth(first, last)
            # Of the whole so far, so that the rest of each claim goes into the next.
            cents = int(worth * percentage / 100) - claimed
            claimed += cents
            if cents > 0:
                yield _call(one, max(first, one.valid_from), min(last, one.valid_to or last), cents)


def _call(one: Granted, first: date, last: date, cents: int) -> Request:
    path = f"/claims/{one.provider}/{one.number}-{first:%Y%m}"
    body = {
        "municipality": one.municipality,
        "assignmentNumber": one.number,
        "from": first.isoformat(),
        "to": last.isoformat(),
        "cents": cents,
    }
    return Request(_STAGE, "contracts", "PUT", path, body, PROVIDER, organisation=one.provider, line=path)


def _quarter(year: int, number: int) -> tuple[date, date]:
    return date(year, 3 * number - 2, 1), date(year, *_QUARTER_ENDS[number - 1])
