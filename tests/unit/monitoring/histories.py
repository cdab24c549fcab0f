"""Random worlds: indications, agreements and products that arrive late, change and go, and requests about them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from services.monitoring.accounts.domain import Accounts
from services.monitoring.context.domain import WHOLE_REGION, YOUNG_INHABITANTS, ContextFigure
from services.monitoring.figures.domain import UNKNOWN, Dimension, FigureRequest, PeriodKind
from shared.events.availability import ReportState
from shared.events.contracts import AgreementState, ClaimState, ProductState
from shared.events.known import Known
from shared.events.referrals import CareState, IndicationState
from tests.unit.monitoring.brute_force import Told, World
from tests.unit.monitoring.inputs import (
    ASTEN,
    CARER,
    CLINIC,
    FOSTER,
    HELMOND,
    REGION,
    THERAPY,
    WAALRE,
    at,
    indication,
)

MINUTES = 60
minutes = st.integers(0, MINUTES)
days = st.integers(0, 500).map(lambda number: date(2022, 11, 1) + timedelta(days=number))
providers = st.sampled_from([CARER, CLINIC])
codes = st.sampled_from([FOSTER, THERAPY])
places = st.sampled_from([ASTEN, HELMOND, WAALRE])
referrers = st.sampled_from([None, "02", "04", "RvdK"])


@st.composite
def indications(draw: st.DrawFn, number: int) -> list[Known[IndicationState]]:
    """The versions of one indication; a later one is often an end, and sometimes corrects everything."""
    fixed: dict[str, Any] = draw(
        st.fixed_dictionaries({"municipality": places, "product": codes, "provider": providers})
    )
    fixed |= {"clientId": UUID(int=1000 + draw(st.integers(0, 2))), "referrer": draw(referrers)}
    if draw(st.booleans()):
        fixed |= {
            "volume": None,
            "unit": None,
            "frequency": None,
            "budgetCents": draw(st.integers(0, 100_000)),
        }
    else:
        fixed |= {"volume": draw(st.integers(1, 9)), "frequency": draw(st.sampled_from(["1", "2", "4", "6"]))}
    first = draw(days)
    found = []
    for version in range(1, draw(st.integers(1, 3)) + 1):
        length = draw(st.none() | st.integers(0, 300))
        last = None if length is None else first + timedelta(days=length)
        withdrawn = version > 1 and draw(st.integers(0, 4)) == 0
        # Around midnight in Amsterdam, which is another day in UTC.
        decided = draw(st.none() | st.integers(-60 * 24, 30 * 24))
        fixed["decidedAt"] = None if decided is None else _noon(first) + timedelta(hours=decided)
        found.append(
            indication(
                version, draw(minutes), first=first, last=last, number=number, withdrawn=withdrawn, **fixed
            )
        )
        if draw(st.integers(0, 3)) == 0:
            fixed |= {"municipality": draw(places), "provider": draw(providers), "referrer": draw(referrers)}
    return draw(st.permutations(found))


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


@st.composite
def care(draw: st.DrawFn, first: date, number: int, owners: st.SearchStrategy[int]) -> list[Known[CareState]]:
    """The versions of one period of care, under an indication that may be another in each (and is so seldom)."""
    start, owner = first + timedelta(days=draw(st.integers(-30, 200))), draw(owners)
    found = []
    for version in range(1, draw(st.integers(1, 3)) + 1):
        length = draw(st.none() | st.integers(0, 200))
        owner = draw(owners) if draw(st.integers(0, 9)) == 0 else owner
        state = {
            "indication": UUID(int=owner),
            "clientId": UUID(int=1000),
            "municipality": HELMOND,
            "provider": CARER,
            "from": start,
            "to": None if length is None else start + timedelta(days=length),
            "withdrawn": draw(st.integers(0, 4)) == 0,
        }
        known = CareState.model_validate(state)
        found.append(Known(UUID(int=4000 + number), version, at(draw(minutes)), known))
    return draw(st.permutations(found))


@st.composite
def claims(
    draw: st.DrawFn, first: date, number: int, owners: st.SearchStrategy[int]
) -> list[Known[ClaimState]]:
    """The versions of one claim; they may name another indication, other days and another amount."""
    owner = draw(owners)
    found = []
    for version in range(1, draw(st.integers(1, 3)) + 1):
        start = first + timedelta(days=draw(st.integers(-10, 200)))
        owner = draw(owners) if draw(st.integers(0, 4)) == 0 else owner
        state = {
            "indication": UUID(int=owner),
            "municipality": HELMOND,
            "provider": CARER,
            "from": start,
            "to": start + timedelta(days=draw(st.sampled_from([0, 6, 30, 75]))),
            "cents": draw(st.integers(0, 100_000)),
            "withdrawn": draw(st.integers(0, 4)) == 0,
        }
        known = ClaimState.model_validate(state)
        found.append(Known(UUID(int=5000 + number), version, at(draw(minutes)), known))
    return draw(st.permutations(found))


_waits = st.none() | st.integers(0, 60)


@st.composite
def reports(draw: st.DrawFn) -> list[Known[ReportState]]:
    """Reports of a few series, one after the other, each of which may be corrected."""
    found = []
    for number in range(draw(st.integers(0, 3))):
        series = {
            "provider": draw(providers),
            "product": draw(codes),
            "location": f"L{number}",
        }
        day = draw(days)
        for sequel in range(draw(st.integers(1, 4))):
            for version in range(1, draw(st.integers(1, 2)) + 1):
                state = ReportState.model_validate(
                    {
                        **series,
                        "referenceDate": day,
                        "intakeWeeks": draw(_waits),
                        "startWeeks": draw(_waits),
                        "admission": "accepting",
                    }
                )
                aggregate = UUID(int=6000 + number * 10 + sequel)
                found.append(Known(aggregate, version, at(draw(minutes)), state))
            day += timedelta(days=draw(st.sampled_from([1, 14, 31, 37, 38, 39, 60])))
    return found


@st.composite
def agreements(draw: st.DrawFn) -> list[Known[AgreementState]]:
    """At most two agreements of each provider and product, one after the other."""
    found = []
    for number, (provider, product) in enumerate([(CARER, FOSTER), (CARER, THERAPY), (CLINIC, FOSTER)]):
        first = draw(days)
        for sequel in range(draw(st.integers(0, 2))):
            last = first + timedelta(days=draw(st.integers(0, 300)))
            for version in range(1, draw(st.integers(1, 2)) + 1):
                state = {
                    "provider": provider,
                    "product": product,
                    "from": first,
                    "to": last,
                    "tariffCents": draw(st.none() | st.integers(0, 9000)),
                    "withdrawn": draw(st.integers(0, 3)) == 0,
                }
                aggregate = UUID(int=2000 + number * 10 + sequel)
                known = AgreementState.model_validate(state)
                found.append(Known(aggregate, version, at(draw(minutes)), known))
            first = last + timedelta(days=draw(st.integers(1, 90)))
    return found


@st.composite
def products(draw: st.DrawFn) -> list[Known[ProductState]]:
    """Two products that may come late, change their segment, and have a tariff from some day on."""
    found = []
    for number, code in enumerate([FOSTER, THERAPY]):
        for version in range(1, draw(st.integers(0, 2)) + 1):
            state: dict[str, Any] = {
                "code": code,
                "category": code[:2],
                "segment": draw(st.integers(1, 4)),
                **draw(
                    st.fixed_dictionaries(dict.fromkeys(("residential", "family", "housing"), st.booleans()))
                ),
                "unit": draw(st.sampled_from(["14", "14", "04"])),
                "nameNl": code,
                "nameEn": code,
                "from": date(2020, 1, 1),
                "tariffs": [{"from": draw(days), "to": None, "cents": draw(st.integers(0, 9000))}],
            }
            known = ProductState.model_validate(state)
            found.append(Known(UUID(int=3000 + number), version, at(draw(minutes)), known))
    return found


@st.composite
def told(draw: st.DrawFn) -> list[Told]:
    """Accounts and numbers of young inhabitants, some of them said again; each in a minute of its own."""
    found: list[Told] = []
    for minute in draw(st.lists(minutes, max_size=14, unique=True)):
        stated_on = date(2026, 1, draw(st.integers(1, 3)))
        amount = draw(st.integers(0, 9))
        if draw(st.booleans()):
            what: Accounts | ContextFigure = Accounts(
                draw(places), draw(st.integers(2022, 2024)), stated_on, amount, "Accounts"
            )
        else:
            day = draw(
                st.sampled_from([date(2022, 12, 1), date(2023, 1, 1), date(2023, 7, 11), date(2024, 1, 1)])
            )
            known = {part.name for part in REGION.sub_regions if day in part.period}
            area = draw(st.sampled_from([WHOLE_REGION, ASTEN, HELMOND, WAALRE, *sorted(known)]))
            what = ContextFigure(YOUNG_INHABITANTS, area, day, amount, stated_on, "Count")
        found.append(Told(minute, what))
    return found


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A whole region, in which valuations may lag behind or be missing."""
    histories = [draw(indications(number)) for number in range(1, draw(st.integers(1, 5)) + 1)]
    lags = st.none() | minutes | st.just(MINUTES) | st.just(MINUTES)
    # One more than there are: what hangs on an indication that never comes counts nowhere.
    owners = st.integers(1, len(histories) + 1)
    starts = st.sampled_from([versions[0].state.valid_from for versions in histories])
    given = [draw(care(draw(starts), number, owners)) for number in range(draw(st.integers(0, 5)))]
    claimed = [draw(claims(draw(starts), number, owners)) for number in range(draw(st.integers(0, 5)))]
    return World(
        *(histories, draw(agreements()), draw(products()), [draw(lags) for _ in histories]),
        care=[known for versions in given for known in versions],
        claims=[known for versions in claimed for known in versions],
        reports=draw(reports()),
        told=draw(told()),
    )


_VALUES: dict[Dimension, list[str]] = {
    Dimension.MUNICIPALITY: [ASTEN, HELMOND, WAALRE],
    Dimension.SUB_REGION: ["Peel", "Helmond", "Samen"],
    Dimension.SEGMENT: ["1", "2", "3"],
    Dimension.CARE_GROUP: ["segment1-residential", "segment2-family", "segment2-housing", "other"],
    Dimension.RESIDENTIAL: ["true", "false"],
    Dimension.PRODUCT: [FOSTER, THERAPY],
    Dimension.PROVIDER: [CARER, CLINIC],
    Dimension.REFERRER: ["02", "04", UNKNOWN],
}


@st.composite
def requests(
    draw: st.DrawFn,
    dimensions: Sequence[Dimension] = tuple(Dimension),
    kinds: Sequence[PeriodKind] = tuple(PeriodKind),
) -> tuple[FigureRequest, int | None]:
    """A request and the minute that it is as of (None: as known now)."""
    kind = draw(st.sampled_from(kinds))
    start = draw(st.integers((2022 * 12 + 10) // kind.months, (2024 * 12 + 5) // kind.months))
    last = (2024 * 12 + 11) // kind.months
    minute = draw(st.none() | minutes)
    filtered = draw(st.lists(st.sampled_from(dimensions), max_size=2, unique=True))
    return (
        FigureRequest(
            kind=kind,
            first_month=start * kind.months,
            periods=draw(st.integers(1, min(12, last - start + 1))),
            by=tuple(draw(st.lists(st.sampled_from(dimensions), max_size=2, unique=True))),
            filters={
                each: tuple(draw(st.lists(st.sampled_from(_VALUES[each]), min_size=1, unique=True)))
                for each in filtered
            },
            as_of=None if minute is None else at(minute),
            compare=draw(st.booleans()),
        ),
        minute,
    )
