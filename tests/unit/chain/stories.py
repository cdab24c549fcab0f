"""Stories of a region, drawn at random."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from services.monitoring.figures.domain import FIGURES, Dimension, PeriodKind
from tests.unit.chain.loops import NAMES, READ
from tests.unit.chain.operations import (
    CreditClaim,
    Operation,
    PutAgreement,
    PutCare,
    PutClaim,
    PutIndication,
    PutProduct,
    PutProvider,
    Question,
    Rebuild,
    Repeat,
    ReportWaits,
    Rounds,
    SendAll,
    Step,
    WithdrawAgreement,
    WithdrawIndication,
    Write,
)
from tests.unit.monitoring.histories import codes, days, places, providers, referrers, requests
from tests.unit.monitoring.inputs import CARER, CLINIC, FOSTER, THERAPY

# All examples live in one database, told apart by their products: so not the figures whose whole is all care, or that know
# no products. These are recomputed beside one example at a time, in tests/unit/monitoring.
ASKED = [
    key
    for key, figure in FIGURES.items()
    if Dimension.PRODUCT in figure.dimensions and Dimension.PRODUCT not in figure.of_whole
]
NUMBERS = 3
CLIENTS = 3
_STARTS = (date(2022, 11, 1), date(2023, 7, 11))
_KINDS = sorted({" ".join(name.split()[:2]) for name in NAMES})
_publishers = st.sampled_from(["referrals", "contracts", "availability"])
_some_loops = st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True).map(tuple)
# By how many hours a decision arrives after newer ones.
_late = st.sampled_from([0, 0, 0, 0, 1, 3, 9])
_sent = st.integers(0, 2)
ends = st.none() | st.integers(0, 300)


def _among(**shares: int) -> st.SearchStrategy[str]:
    """One of these, each as often as its share says."""
    return st.sampled_from([name for name, share in shares.items() for _ in range(share)])


@dataclass(frozen=True)
class _Base:
    """What the first version of an indication fixes, and who it is for."""

    municipality: str
    client: int
    fixed: dict[str, Any]


def _amounts() -> st.SearchStrategy[dict[str, Any]]:
    volumes = st.integers(1, 9)
    own = st.none() | st.integers(1, 9000)
    by_night = st.fixed_dictionaries(
        {
            "volume": volumes,
            "unit": st.just("14"),
            "frequency": st.sampled_from("246"),
            "agreedTariffCents": own,
        }
    )
    by_time = st.fixed_dictionaries(
        {
            "volume": volumes,
            "unit": st.sampled_from(["01", "04"]),
            "frequency": st.sampled_from("1246"),
            "agreedTariffCents": own,
        }
    )
    return by_night | by_night | by_time | st.fixed_dictionaries({"budgetCents": st.integers(0, 99_999)})


@st.composite
def _bases(draw: st.DrawFn) -> _Base:
    fixed = {"product": draw(codes), "provider": draw(providers), "from": draw(days), **draw(_amounts())}
    return _Base(draw(places), draw(st.integers(0, CLIENTS - 1)), fixed)


@st.composite
def _versions(draw: st.DrawFn, bases: list[_Base], hour: int) -> PutIndication:
    """A version of one of the numbers; sometimes it is late, or an administrative correction of everything."""
    number = draw(st.integers(0, NUMBERS - 1))
    base, reason = bases[number], {}
    if draw(st.sampled_from([False] * 7 + [True])):
        base, reason = draw(_bases()), {"administrativeReason": "verkeerd ingevoerd"}
    content = dict(base.fixed)
    if content.get("frequency") == "6":
        content["volume"] = draw(st.integers(1, 9))
    if "budgetCents" in content:
        content["budgetCents"] = draw(st.integers(0, 99_999))
    length = draw(ends)
    if length is None and ("budgetCents" in content or content["frequency"] == "2"):
        length = 200
    last = None if length is None else content["from"] + timedelta(days=length)
    referrer = draw(referrers)
    content |= {"to": last, "referrer": referrer and {"type": referrer}, **reason}
    return PutIndication(number, hour - draw(_late), draw(_sent), base.client, content)


@st.composite
def _products(draw: st.DrawFn) -> PutProduct:
    flags = st.fixed_dictionaries(dict.fromkeys(("residential", "family", "housing"), st.booleans()))
    first, later = draw(days), draw(st.none() | st.integers(1, 300))
    tariffs = [{"from": first, "to": None, "cents": draw(st.integers(0, 9000))}] * draw(
        st.sampled_from([0, 1, 1])
    )
    if tariffs and later is not None:
        start = first + timedelta(days=later)
        tariffs = [
            {**tariffs[0], "to": start - timedelta(days=1)},
            {"from": start, "to": None, "cents": draw(st.integers(0, 9000))},
        ]
    unit = draw(st.sampled_from(["14", "14", "04"]))
    return PutProduct(
        draw(codes),
        {"segment": draw(st.integers(1, 4)), "unit": unit, "tariffs": tariffs, **draw(flags)},
    )


@st.composite
def _agreements(draw: st.DrawFn) -> PutAgreement:
    start, length = draw(st.sampled_from(_STARTS)), draw(ends)
    end = None if length is None else start + timedelta(days=length)
    return PutAgreement(draw(providers), draw(codes), start, end, draw(st.none() | st.integers(0, 9000)))


_references = st.sampled_from(["a", "b", "c", "d"])


@st.composite
def _claims(draw: st.DrawFn, bases: list[_Base]) -> PutClaim | CreditClaim:
    """A claim by the provider of the number mostly, for days that lie in its period mostly; sometimes one taken back."""
    number = draw(st.integers(0, NUMBERS - 1))
    fixed = bases[number].fixed
    provider = draw(st.sampled_from([fixed["provider"]] * 5 + [CARER, CLINIC]))
    if draw(st.sampled_from([False] * 6 + [True])):
        return CreditClaim(provider, draw(_references))
    first = fixed["from"] + timedelta(days=draw(st.sampled_from([-1, 0, 0, 7, 31, 90])))
    last = first + timedelta(days=draw(st.sampled_from([0, 6, 30, 60])))
    return PutClaim(number, provider, draw(_references), first, last, draw(_claimed))


_claimed = st.sampled_from([1, 99, 5_000, 60_000])


@st.composite
def _care(draw: st.DrawFn, bases: list[_Base], hour: int) -> PutCare:
    """A start, a stop or a withdrawal of one of two periods of a number; mostly by the provider that it is for."""
    number = draw(st.integers(0, NUMBERS - 1))
    fixed = bases[number].fixed
    start = fixed["from"] + timedelta(days=draw(st.sampled_from([0, 0, 40])))
    length = draw(st.none() | st.integers(0, 60))
    end = None if length is None else start + timedelta(days=length)
    provider = draw(st.sampled_from([fixed["provider"]] * 5 + [CARER, CLINIC]))
    withdrawal = draw(st.sampled_from([False] * 5 + [True]))
    return PutCare(number, provider, start, end, hour - draw(_late), withdrawal)


@st.composite
def _waits(draw: st.DrawFn) -> ReportWaits:
    day = draw(st.sampled_from(_STARTS)) + timedelta(days=draw(st.sampled_from([0, 20, 31, 45, 70])))
    weeks = st.none() | st.integers(0, 40)
    # Mostly of what is offered from the beginning; of another offer only where its agreement came through.
    provider, product = draw(st.just((CARER, FOSTER)) | st.tuples(providers, codes))
    return ReportWaits(provider, product, day, draw(weeks), draw(weeks))


@st.composite
def _writes(draw: st.DrawFn, bases: list[_Base], hour: int) -> Write:
    match draw(_among(decision=60, care=14, claim=14, waits=12)):
        case "care":
            return draw(_care(bases, hour))
        case "claim":
            return draw(_claims(bases))
        case "waits":
            return draw(_waits())
    return draw(_decisions(bases, hour))


@st.composite
def _decisions(draw: st.DrawFn, bases: list[_Base], hour: int) -> Write:
    match draw(_among(version=47, withdrawal=5, product=15, provider=6, agreement=22, no_agreement=5)):
        case "version":
            return draw(_versions(bases, hour))
        case "withdrawal":
            return WithdrawIndication(draw(st.integers(0, NUMBERS - 1)), hour - draw(_late), draw(_sent))
        case "product":
            return draw(_products())
        case "provider":
            return PutProvider(draw(providers), draw(st.sampled_from(["De Linde", "Het Anker"])))
        case "agreement":
            return draw(_agreements())
    return WithdrawAgreement(draw(providers), draw(codes), draw(st.sampled_from(_STARTS)))


@st.composite
def questions(draw: st.DrawFn, figure: str | None = None) -> Question:
    figure = figure or draw(st.sampled_from(sorted(ASKED)))
    request, _ = draw(requests(FIGURES[figure].dimensions))
    if draw(st.booleans()):
        # Most narrow questions find nothing, and nothing is seldom wrong.
        request = replace(request, kind=PeriodKind.QUARTER, first_month=2022 * 12 + 9, periods=9, filters={})
    back = draw(st.just(0) | st.integers(1, 12))
    return Question(figure, request, back, draw(st.booleans()))


@st.composite
def _rare(draw: st.DrawFn) -> Operation:
    """What takes the chain a while to get over."""
    again = SendAll(draw(_publishers))
    match draw(_among(again=1, meanwhile=1, rebuild=1)):
        case "again":
            return again
        case "meanwhile":
            return Step(draw(_some_loops), again)
    return Rebuild(draw(st.sampled_from([name for name in NAMES if name.split()[0] in READ])))


@st.composite
def _operations(draw: st.DrawFn, bases: list[_Base], hour: int) -> Operation:
    match draw(_among(write=50, step=18, rounds=18, question=12, repeat=7, rare=3)):
        case "write":
            return draw(_writes(bases, hour))
        case "step":
            return Step(draw(_some_loops), draw(st.none() | _writes(bases, hour)))
        case "rounds":
            # Eight are mostly enough for a write to come through.
            number, times = draw(st.sampled_from([0, 0, 1, 2])), draw(st.sampled_from([1, 5, 8]))
            hanging = st.lists(st.sampled_from(_KINDS), min_size=number, max_size=number, unique=True)
            return Rounds(times, tuple(draw(hanging)))
        case "question":
            return draw(questions())
        case "repeat":
            back = st.lists(st.integers(0, 20), min_size=1, max_size=6)
            return Repeat(draw(_publishers), tuple(draw(back)), draw(st.booleans()))
    return draw(_rare())


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[str], list[Operation]]:
    """The municipality of each number, and what happens one after the other; what is offered may come late, or never."""
    bases = [draw(_bases()) for _ in range(NUMBERS)]
    offered: list[Write] = [PutProvider(CARER, "De Linde"), PutProvider(CLINIC, "Het Anker")]
    offered += [replace(draw(_products()), code=code) for code in (FOSTER, THERAPY)]
    offered.append(PutAgreement(CARER, FOSTER, _STARTS[0], None, draw(st.none() | st.integers(0, 9000))))
    opening: list[Operation] = [each for each in offered if draw(st.sampled_from([True, True, True, False]))]
    if draw(st.sampled_from([True, True, False])):
        # Drawn apart most of what providers say would come before what it needs, or never.
        said = [draw(_care(bases, 1)), draw(_claims(bases)), draw(_waits()), draw(_waits())]
        opening += [draw(_versions(bases, 0)), Rounds(8, ()), *said]
    hours = range(draw(st.integers(15, 45)))
    return [base.municipality for base in bases], [
        *opening,
        *(draw(_operations(bases, hour)) for hour in hours),
    ]
