"""What the example's providers claimed, half a year at a time.

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
_HALVES = {
    2022: ((date(2022, 1, 1), date(2022, 6, 30)), (date(2022, 7, 1), date(2022, 12, 31))),
    2023: ((date(2023, 1, 1), date(2023, 6, 30)),),
}


def requests(indications: Sequence[Granted]) -> Iterator[Request]:
    """A claim for each half-year of each indication. A year of a product adds up to its percentage, rounded down."""
    for product, percentage in REDEMPTION_2022.items():
        mine = [one for one in indications if one.product == product]
        for halves in _HALVES.values():
            yield from _claimed(mine, halves, percentage)


def _claimed(
    indications: Iterable[Granted], halves: Sequence[tuple[date, date]], percentage: Decimal
) -> Iterator[Request]:
    worth = claimed = 0
    for one in indications:
        for first, last in halves:
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
