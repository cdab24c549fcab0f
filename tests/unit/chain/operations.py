"""What happens to a region, drawn at random: writes, steps of its loops, messages out of turn, and questions."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from services.monitoring.figures.domain import FIGURES, FigureRequest, PeriodKind
from tests.unit.chain.loops import NAMES, READ
from tests.unit.monitoring.histories import codes, days, places, providers, referrers, requests

NUMBERS = 3
CLIENTS = 3
_STARTS = (date(2022, 11, 1), date(2023, 7, 11))


@dataclass(frozen=True)
class PutIndication:
    """A version of an indication arrives; its moments are small numbers, so that it may be late."""

    number: int
    decided: int
    sent: int
    client: int
    content: dict[str, Any]


@dataclass(frozen=True)
class WithdrawIndication:
    number: int
    decided: int
    sent: int


@dataclass(frozen=True)
class PutProduct:
    code: str
    content: dict[str, Any]


@dataclass(frozen=True)
class PutProvider:
    agb: str
    name: str


@dataclass(frozen=True)
class PutAgreement:
    provider: str
    product: str
    start: date
    end: date | None
    tariff: int | None


@dataclass(frozen=True)
class WithdrawAgreement:
    provider: str
    product: str
    start: date


@dataclass(frozen=True)
class SendAll:
    """A service publishes its journal again, as a new generation."""

    service: str


Write = (
    PutIndication | WithdrawIndication | PutProduct | PutProvider | PutAgreement | WithdrawAgreement | SendAll
)


@dataclass(frozen=True)
class Step:
    """Some loops make a step at once, and a write comes meanwhile."""

    loops: tuple[str, ...]
    write: Write | None


@dataclass(frozen=True)
class Rounds:
    """Every loop makes a step, a number of times, but for those that hang: `contracts consumer` is both of them."""

    times: int
    hanging: tuple[str, ...]


@dataclass(frozen=True)
class Repeat:
    """Messages come once more, or before their turn: the newest of a journal, counted back, in any order."""

    service: str
    back: tuple[int, ...]
    of_last_generation: bool


@dataclass(frozen=True)
class Rebuild:
    """A loop is thrown away and built anew."""

    loop: str


@dataclass(frozen=True)
class Question:
    """A figure as known at a moment: what was known by then, counted back from what the platform says it knows."""

    figure: str
    request: FigureRequest
    back: int
    just_before: bool


Operation = Write | Step | Rounds | Repeat | Rebuild | Question

moments = st.integers(0, 11)
ends = st.none() | st.integers(0, 300)


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
def _versions(draw: st.DrawFn, bases: list[_Base]) -> PutIndication:
    """A version of one of the numbers; sometimes an administrative correction of everything."""
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
    return PutIndication(number, draw(moments), draw(st.integers(0, 2)), base.client, content)


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


def _writes(bases: list[_Base]) -> st.SearchStrategy[Write]:
    numbers = st.integers(0, NUMBERS - 1)
    return st.one_of(
        _versions(bases),
        _versions(bases),
        _versions(bases),
        st.builds(WithdrawIndication, numbers, moments, st.integers(0, 2)),
        _products(),
        st.builds(PutProvider, providers, st.sampled_from(["De Linde", "Het Anker"])),
        _agreements(),
        _agreements(),
        st.builds(WithdrawAgreement, providers, codes, st.sampled_from(_STARTS)),
    )


@st.composite
def questions(draw: st.DrawFn, figure: str | None = None) -> Question:
    request, _ = draw(requests())
    if draw(st.booleans()):
        # Most narrow questions find nothing, and nothing is seldom wrong.
        request = replace(request, kind=PeriodKind.QUARTER, first_month=2022 * 12 + 9, periods=9, filters={})
    back = draw(st.just(0) | st.integers(1, 12))
    return Question(figure or draw(st.sampled_from(sorted(FIGURES))), request, back, draw(st.booleans()))


_KINDS_OF_LOOPS = sorted({" ".join(name.split()[:2]) for name in NAMES})
# How often each kind of operation comes, of a hundred.
_SHARES = {"write": 40, "step": 20, "rounds": 15, "question": 14, "repeat": 8, "rare": 3}
_KINDS = [kind for kind, share in _SHARES.items() for _ in range(share)]


def _strategies(bases: list[_Base]) -> dict[str, st.SearchStrategy[Any]]:
    writes = _writes(bases)
    publishers = st.sampled_from(["referrals", "contracts"])
    some = st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True).map(tuple)
    readers = [name for name in NAMES if name.split()[0] in READ]
    hanging = st.just(()) | st.lists(st.sampled_from(_KINDS_OF_LOOPS), max_size=3, unique=True).map(tuple)
    picks = st.lists(st.integers(0, 20), min_size=1, max_size=6).map(tuple)
    again = st.builds(SendAll, publishers)
    return {
        "write": writes,
        "step": st.builds(Step, some, st.none() | writes),
        "rounds": st.builds(Rounds, st.sampled_from([1, 2, 8]), hanging),
        "question": questions(),
        "repeat": st.builds(Repeat, publishers, picks, st.booleans()),
        "rare": again | st.builds(Step, some, again) | st.builds(Rebuild, st.sampled_from(readers)),
    }


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[str], list[Operation]]:
    """The municipality of each number, and what happens one after the other; what is offered may come late, or never."""
    bases = [draw(_bases()) for _ in range(NUMBERS)]
    strategies = _strategies(bases)
    kinds = draw(st.lists(st.sampled_from(_KINDS), min_size=15, max_size=45))
    offered = st.builds(PutProvider, providers, st.just("De Linde")) | _products()
    opening = draw(st.lists(offered, max_size=5))
    return [base.municipality for base in bases], [*opening, *(draw(strategies[kind]) for kind in kinds)]
