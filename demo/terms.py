"""For how long and how much the example's indications are granted."""

from datetime import date, timedelta

from demo.indication import Terms
from demo.offer import FAMILY_HOME, FOSTER_CARE, GROUP_HOME
from demo.request import Draw
from shared.values.codes import Frequency
from shared.values.period import Period

APRIL = Period(date(2023, 4, 1), date(2023, 4, 30))
_CENTS = 100

# What a month of bespoke care costs, in euro, from and up to.
_BESPOKE_MONTH = {FOSTER_CARE: (1250, 2300), FAMILY_HOME: (4700, 6200), GROUP_HOME: (4900, 6100)}
# The tariff that a municipality agrees for one child, in cents a day.
_BESPOKE_DAY = {FAMILY_HOME: (15700, 18400), GROUP_HOME: (16300, 18900)}
_DAYS_A_MONTH = 30


def contracted(draw: Draw, product: str) -> Terms:
    """Terms under an agreement: a volume per month without end, or per week or for the whole with one."""
    start = _start(draw, product)
    kind = draw.below(10)
    if kind < 3:  # noqa: PLR2004 - three in ten
        return Terms(start, None, 30, Frequency.MONTH)
    end = _end(draw, start)
    if kind < 5:  # noqa: PLR2004 - two in ten
        return Terms(start, end, (end - start).days + 1, Frequency.WHOLE_PERIOD)
    # Part-time foster care: weekends, so that the foster parents or the parents can catch their breath.
    weekends = product == FOSTER_CARE and draw.chance(0.06)
    return Terms(start, end, 2 if weekends else 7, Frequency.WEEK)


def bespoke(draw: Draw, product: str) -> Terms:
    """Terms without an agreement: a budget, or a volume at a tariff agreed for this child."""
    start = _start(draw, product)
    end = _end(draw, start)
    if product in _BESPOKE_DAY and draw.chance(0.4):
        tariff = draw.between(*_BESPOKE_DAY[product]) // 10 * 10
        return Terms(start, end, 7, Frequency.WEEK, agreed_tariff_cents=tariff)
    days = (end - start).days + 1
    euros = draw.between(*_BESPOKE_MONTH[product]) * days // _DAYS_A_MONTH // 10 * 10
    return Terms(start, end, budget_cents=euros * _CENTS)


def _start(draw: Draw, product: str) -> date:
    first = date(2022, 1, 1) if product == GROUP_HOME else date(2021, 1, 1)
    luck = draw.below(100)
    if luck < 6:  # noqa: PLR2004 - six in a hundred begin in April itself
        return date(2023, 4, draw.between(2, 25))
    if luck < 30:  # noqa: PLR2004 - a quarter began in the quarter before
        return date(2023, draw.between(1, 3), draw.between(1, 28))
    start = first + timedelta(days=draw.below((date(2022, 12, 20) - first).days))
    return start.replace(day=1) if draw.chance(0.5) else start


def _end(draw: Draw, start: date) -> date:
    if start < APRIL.valid_from and draw.chance(0.06):
        return date(2023, 4, draw.between(5, 29))
    return date(2023, 5, 15) + timedelta(days=draw.below(590))
