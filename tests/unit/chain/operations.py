"""What can happen to a region: writes, steps of its loops, messages out of turn, and questions."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from services.monitoring.figures.domain import FigureRequest


@dataclass(frozen=True)
class PutIndication:
    """A version of an indication arrives; `decided` and `sent` are hours, by which it may be late."""

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
class PutClaim:
    """A provider claims, or corrects its claim, under one of the numbers: known or not, its own or not."""

    number: int
    provider: str
    reference: str
    first: date
    last: date
    cents: int


@dataclass(frozen=True)
class CreditClaim:
    provider: str
    reference: str


@dataclass(frozen=True)
class PutCare:
    """What a provider says of a period of care under a number; `sent` is an hour, by which it may be late."""

    number: int
    provider: str
    start: date
    end: date | None
    sent: int
    withdrawal: bool


@dataclass(frozen=True)
class ReportWaits:
    provider: str
    product: str
    day: date
    intake: int | None
    start: int | None


@dataclass(frozen=True)
class SendAll:
    """A service publishes its journal again, as a new generation."""

    service: str


Write = (
    PutIndication
    | WithdrawIndication
    | PutProduct
    | PutProvider
    | PutAgreement
    | WithdrawAgreement
    | PutClaim
    | CreditClaim
    | PutCare
    | ReportWaits
    | SendAll
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
