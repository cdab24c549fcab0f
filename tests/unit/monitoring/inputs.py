"""A small region and what is known of its indications, for the tests of monitoring."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from shared.events.contracts import LineEntry, ValuationState
from shared.events.known import Known
from shared.events.referrals import IndicationState
from shared.values.region import Region

ASTEN, HELMOND, WAALRE = "0743", "0794", "0866"
CARER, CLINIC = "98000001", "98000002"
FOSTER, THERAPY = "43A09", "45A04"
INDICATION = UUID(int=1)

# Waalre belongs to no sub-region at first, and Asten goes to another one in the middle of a month.
REGION = Region.model_validate(
    {
        "name": "Testregio",
        "oin": "00000099000000010010",
        "horizon": date(2024, 6, 15),
        "municipalities": [
            {"code": ASTEN, "name": "Asten"},
            {"code": HELMOND, "name": "Helmond"},
            {"code": WAALRE, "name": "Waalre"},
        ],
        "sub_regions": [
            {
                "name": "Peel",
                "municipalities": [ASTEN],
                "from": date(2015, 1, 1),
                "to": date(2023, 7, 10),
            },
            {"name": "Helmond", "municipalities": [HELMOND], "from": date(2015, 1, 1)},
            {"name": "Samen", "municipalities": [ASTEN, WAALRE], "from": date(2023, 7, 11)},
        ],
    }
)


def at(minute: int) -> datetime:
    """A moment of knowing, some minutes after the first of January 2023."""
    return datetime(2023, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)


def indication(
    version: int = 1,
    known: int = 10,
    *,
    first: date = date(2023, 1, 1),
    last: date | None = None,
    number: int = 1,
    **changes: object,
) -> Known[IndicationState]:
    """A version of an indication: foster care in Helmond by the carer, at one day-and-night a day."""
    state: dict[str, object] = {
        "clientId": UUID(int=1000),
        "municipality": HELMOND,
        "product": FOSTER,
        "provider": CARER,
        "from": first,
        "to": last,
        "volume": 1,
        "unit": "14",
        "frequency": "1",
        "withdrawn": False,
    }
    return Known(UUID(int=number), version, at(known), IndicationState.model_validate(state | changes))


def stretch(
    first: date, last: date | None, *cents: int, contracted: bool = True, valued: bool = True
) -> dict[str, object]:
    """A stretch as it is written on the wire."""
    return {"from": first, "to": last, "contracted": contracted, "valued": valued, "cents": cents}


def entry(known: int, version: int, *stretches: dict[str, object], segment: int | None = 2) -> LineEntry:
    """An entry of a line: what a version was worth, as known from a minute on."""
    return LineEntry.model_validate(
        {
            "knownFrom": at(known),
            "indicationVersion": version,
            "segment": segment,
            "residential": True,
            "family": True,
            "housing": False,
            "stretches": stretches,
        }
    )


def valuation(*line: LineEntry) -> ValuationState:
    """The valuation of the indication."""
    return ValuationState(municipality=HELMOND, provider=CARER, line=line)
