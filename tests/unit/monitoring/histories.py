"""Random worlds: indications, agreements and products that arrive late, change and go, and requests about them."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from services.monitoring.figures.domain import UNKNOWN, Dimension, FigureRequest, PeriodKind
from shared.events.contracts import AgreementState, ProductState
from shared.events.known import Known
from shared.events.referrals import IndicationState
from tests.unit.monitoring.brute_force import World
from tests.unit.monitoring.inputs import (
    ASTEN,
    CARER,
    CLINIC,
    FOSTER,
    HELMOND,
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
        found.append(
            indication(
                version, draw(minutes), first=first, last=last, number=number, withdrawn=withdrawn, **fixed
            )
        )
        if draw(st.integers(0, 3)) == 0:
            fixed |= {"municipality": draw(places), "provider": draw(providers), "referrer": draw(referrers)}
    return draw(st.permutations(found))


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
def worlds(draw: st.DrawFn) -> World:
    """A whole region, in which valuations may lag behind or be missing."""
    histories = [draw(indications(number)) for number in range(1, draw(st.integers(1, 5)) + 1)]
    lags = st.none() | minutes | st.just(MINUTES) | st.just(MINUTES)
    return World(histories, draw(agreements()), draw(products()), [draw(lags) for _ in histories])


_VALUES: dict[Dimension, list[str]] = {
    Dimension.MUNICIPALITY: [ASTEN, HELMOND, WAALRE],
    Dimension.SUB_REGION: ["Peel", "Helmond", "Samen"],
    Dimension.SEGMENT: ["1", "2", "3"],
    Dimension.CARE_GROUP: ["segment1-residential", "segment2-family", "segment2-housing", "other"],
    Dimension.PRODUCT: [FOSTER, THERAPY],
    Dimension.PROVIDER: [CARER, CLINIC],
    Dimension.REFERRER: ["02", "04", UNKNOWN],
}


@st.composite
def requests(draw: st.DrawFn) -> tuple[FigureRequest, int | None]:
    """A request and the minute that it is as of (None: as known now)."""
    kind = draw(st.sampled_from(PeriodKind))
    start = draw(st.integers((2022 * 12 + 10) // kind.months, (2024 * 12 + 5) // kind.months))
    last = (2024 * 12 + 11) // kind.months
    minute = draw(st.none() | minutes)
    filtered = draw(st.lists(st.sampled_from(Dimension), max_size=2, unique=True))
    return (
        FigureRequest(
            kind=kind,
            first_month=start * kind.months,
            periods=draw(st.integers(1, min(12, last - start + 1))),
            by=tuple(draw(st.lists(st.sampled_from(Dimension), max_size=2, unique=True))),
            filters={
                each: tuple(draw(st.lists(st.sampled_from(_VALUES[each]), min_size=1, unique=True)))
                for each in filtered
            },
            as_of=None if minute is None else at(minute),
        ),
        minute,
    )
