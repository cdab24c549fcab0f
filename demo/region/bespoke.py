"""Deals providers without an agreement over ordinary indications, so that as many are bespoke as was published."""

from datetime import date

from demo.region.catalogue import tariff
from demo.region.contracts import Contracts
from demo.region.grants import Grant
from demo.region.making import shuffled
from demo.region.published import BESPOKE
from demo.request import Draw
from shared.values.period import Period

_YEARS = {2022: (date(2022, 1, 1), date(2022, 12, 31)), 2023: (date(2023, 1, 1), date(2023, 12, 31))}
_OF_BOTH_YEARS = 0.6
_BEFORE, _AFTER = 0.27, 0.09


def is_bespoke(grant: Grant, contracts: Contracts, first: date, last: date) -> bool:
    """Whether it has a day in the period on which its provider has no agreement for its product."""
    days = Period(grant.first, grant.last).intersection(Period(first, last))
    if days is None or days.valid_to is None:
        return False
    held = 0
    for each in contracts.held(grant.provider, grant.product):
        agreed = Period(date.fromisoformat(each.first), date.fromisoformat(each.last) if each.last else None)
        common = days.intersection(agreed)
        held += (common.days or 0) if common else 0
    return held < (days.days or 0)


def deal(draw: Draw, contracts: Contracts, residential: list[Grant], ordinary: list[Grant]) -> None:
    """Give as many ordinary indications another provider as are missing in 2022 and 2023, and a share in other years."""
    missing = {
        year: BESPOKE[year] - sum(is_bespoke(grant, contracts, *days) for grant in residential)
        for year, days in _YEARS.items()
    }
    there = {year: [grant.overlaps(*days) for grant in ordinary] for year, days in _YEARS.items()}
    order = shuffled(draw, range(len(ordinary)))
    both = [place for place in order if there[2022][place] and there[2023][place]]
    only_2022 = [place for place in order if there[2022][place] and not there[2023][place]]
    only_2023 = [place for place in order if there[2023][place] and not there[2022][place]]
    rest = [place for place in order if not there[2022][place] and not there[2023][place]]
    never = int(missing[2023] * _OF_BOTH_YEARS)
    for place in both[:never] + only_2023[: missing[2023] - never]:
        _without(draw, contracts, ordinary[place])
    earlier = shuffled(
        draw, [(place, True) for place in both[never:]] + [(place, False) for place in only_2022]
    )
    for place, goes_on in earlier[: missing[2022] - never]:
        _without(draw, contracts, ordinary[place], later=goes_on, ever=not goes_on)
    for place in rest:
        if draw.chance(_BEFORE if ordinary[place].first < _YEARS[2022][0] else _AFTER):
            _without(draw, contracts, ordinary[place])


def _without(
    draw: Draw, contracts: Contracts, grant: Grant, *, later: bool = False, ever: bool = False
) -> None:
    offered = contracts.offers[grant.product]
    providers = offered.since_2023 if later else offered.never + (offered.since_2023 if ever else [])
    grant.provider = draw.one_of(providers)
    if grant.provider in offered.never and draw.chance(0.5):
        grant.agreed = tariff(grant.product, grant.provider, grant.first.year) * draw.between(104, 128) // 100
