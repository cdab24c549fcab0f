"""Indications, agreements and products for the tests of valuation: valid by default, changed by keyword."""

from datetime import UTC, date, datetime
from uuid import UUID

from shared.events.contracts import AgreementState, LineEntry, ProductState
from shared.events.known import Known
from shared.events.referrals import IndicationState

INDICATION = UUID(int=1)
NEW_YEAR = date(2023, 1, 1)
LONG_AGO = date(2020, 1, 1)
HORIZON = date(2024, 12, 31)
DAY = "1"
WEEK = "2"
MONTH = "4"
WHOLE_PERIOD = "6"


def at(minute: int) -> datetime:
    """A moment of knowing, some minutes after the first of January 2023."""
    return datetime(2023, 1, 1, minute // 60, minute % 60, tzinfo=UTC)


def indication(
    version: int = 1, known: int = 10, *, first: date = NEW_YEAR, last: date | None = None, **changes: object
) -> Known[IndicationState]:
    """One day-and-night of product 43A09 a day by provider 98000001, from 1 January 2023, without end."""
    state: dict[str, object] = {
        "clientId": UUID(int=2),
        "municipality": "0794",
        "product": "43A09",
        "provider": "98000001",
        "from": first,
        "to": last,
        "volume": 1,
        "unit": "14",
        "frequency": DAY,
        "withdrawn": False,
    }
    return Known(INDICATION, version, at(known), IndicationState.model_validate(state | changes))


def budget(cents: int, *, first: date = NEW_YEAR, last: date | None = None) -> Known[IndicationState]:
    """An indication with a budget instead of a volume."""
    return indication(first=first, last=last, volume=None, unit=None, frequency=None, budgetCents=cents)


def agreement(
    number: int = 1,
    version: int = 1,
    known: int = 1,
    *,
    first: date = LONG_AGO,
    last: date | None = None,
    **changes: object,
) -> Known[AgreementState]:
    """The provider's agreement for the product from 2020 on, at the catalogue's tariff."""
    state: dict[str, object] = {
        "provider": "98000001",
        "product": "43A09",
        "from": first,
        "to": last,
        "withdrawn": False,
    }
    return Known(UUID(int=100 + number), version, at(known), AgreementState.model_validate(state | changes))


def tariff(cents: int, first: date, last: date | None = None) -> dict[str, object]:
    """A catalogue tariff as it is written on the wire."""
    return {"from": first, "to": last, "cents": cents}


def product(version: int = 1, known: int = 1, **changes: object) -> Known[ProductState]:
    """Foster care at 50.00 euro a day-and-night from 2020 on."""
    state: dict[str, object] = {
        "code": "43A09",
        "category": "43",
        "segment": 2,
        "residential": True,
        "family": True,
        "housing": False,
        "unit": "14",
        "nameNl": "Pleegzorg",
        "nameEn": "Foster care",
        "from": LONG_AGO,
        "tariffs": [tariff(5000, LONG_AGO)],
    }
    return Known(UUID(int=1000), version, at(known), ProductState.model_validate(state | changes))


def stretches(entry: LineEntry) -> list[tuple[date, date | None, bool, bool, tuple[int, ...]]]:
    """The stretches of an entry as plain values: from, to, contracted, valued, cents."""
    return [(one.valid_from, one.valid_to, one.contracted, one.valued, one.cents) for one in entry.stretches]
