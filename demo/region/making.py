"""How a stay or a course of help becomes indications: cut into years, decided before it starts, brought in by somebody."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import count
from typing import NamedTuple

from demo.offer import FAMILY_HOME, FOSTER_CARE, GROUP_HOME, INDEPENDENT_LIVING, NOT_CONTRACTED
from demo.region.grants import HISTORY_ENDS, Grant
from demo.region.people import Person
from demo.request import Draw, ItemT
from shared.values.codes import Frequency, ReferrerType, Unit

_YEAR = timedelta(days=364)
_DAY = timedelta(days=1)
_FIRST_NUMBER = 3_000_000
_FAR = 1 << 40
_R = ReferrerType
_REFERRERS: tuple[ReferrerType | None, ...] = (
    *(_R.GENERAL_PRACTITIONER,) * 36, *(_R.MUNICIPALITY,) * 31, *(_R.CERTIFIED_INSTITUTION,) * 9,
    *(_R.MEDICAL_SPECIALIST,) * 7, *(_R.YOUTH_DOCTOR,) * 6, *(None,) * 6, *(_R.NONE,) * 2,
    *(_R.JUDGE_OR_PROSECUTOR,) * 2, _R.CHILD_PROTECTION_BOARD,
)  # fmt: skip
_RESIDENTIAL: tuple[ReferrerType | None, ...] = (
    *(_R.CERTIFIED_INSTITUTION,) * 40, *(_R.MUNICIPALITY,) * 35, *(None,) * 15, *(_R.JUDGE_OR_PROSECUTOR,) * 6,
    *(_R.MEDICAL_SPECIALIST,) * 3, _R.CHILD_PROTECTION_BOARD,
)  # fmt: skip
_INSTITUTIONS = ("98900901", "98900902")
_PRACTICES = 14
_SCHOOLS = 9
_TEAMS = 3
_SCHOOL_AGE, _SCHOOL_ENDS = 4, 18
_BESPOKE_DAY = {FOSTER_CARE: (4600, 7400), FAMILY_HOME: (15700, 18400), GROUP_HOME: (16300, 18900)}


def shuffled(draw: Draw, items: Iterable[ItemT]) -> list[ItemT]:
    """The items in another order; for many of them, where `Draw.shuffled` takes long."""
    return [
        item for _, _, item in sorted((draw.below(_FAR), place, item) for place, item in enumerate(items))
    ]


class Term(NamedTuple):
    """How much is granted."""

    volume: int
    unit: Unit
    frequency: Frequency = Frequency.WEEK
    agreed: int | None = None


class Maker:
    """Makes indications with numbers of their own."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self._numbers = count(_FIRST_NUMBER)

    def one(self, person: Person, product: str, provider: str, days: tuple[date, date], term: Term) -> Grant:
        """An indication for these days."""
        draw, (first, last) = self.draw, days
        decided = first - timedelta(days=draw.below(40) - 4)
        grant = Grant(
            next(self._numbers), person, product, provider, first, last, term.volume, term.unit, term.frequency,
            sent=decided + timedelta(days=draw.below(12)), decided=decided, agreed=term.agreed,
        )  # fmt: skip
        self.bring(grant, _REFERRERS)
        return grant

    def bring(self, grant: Grant, referrers: Sequence[ReferrerType | None]) -> None:
        """Give it a referrer, and with it a practice, a team or a school."""
        draw, person = self.draw, grant.person
        grant.referrer = draw.one_of(referrers)
        grant.practice = grant.team = grant.school = None
        place = int(person.municipality)
        if grant.referrer in (_R.GENERAL_PRACTITIONER, _R.YOUTH_DOCTOR, _R.MEDICAL_SPECIALIST):
            grant.practice = f"01{place:04d}{draw.below(_PRACTICES):02d}"
        elif grant.referrer is _R.CERTIFIED_INSTITUTION:
            grant.practice = draw.one_of(_INSTITUTIONS)
        elif grant.referrer is _R.MUNICIPALITY:
            grant.team = f"{person.municipality}-{draw.between(1, _TEAMS)}"
        if _SCHOOL_AGE <= grant.first.year - person.birth_year < _SCHOOL_ENDS and draw.chance(0.5):
            grant.school = f"{10 + place % 80:02d}{'ABCDEFGHIJ'[draw.below(_SCHOOLS)]}Z00"

    def stay(
        self, person: Person, product: str, provider: str, days: tuple[date, date], term: Term
    ) -> Iterator[Grant]:
        """A stay of any length, indicated a year at a time."""
        first, last = days
        while first <= last and first <= HISTORY_ENDS:
            end = min(first + _YEAR, last)
            grant = self.one(person, product, provider, (first, end), term)
            self.bring(grant, _RESIDENTIAL)
            grant.punctual = True
            yield grant
            first = end + _DAY

    def usual(self, product: str, provider: str) -> Term:
        """What is usually granted of a product of segment 2 with this provider."""
        if product == INDEPENDENT_LIVING:
            return Term(self.draw.between(4, 8), Unit.HOUR)
        agreed = None
        if provider in NOT_CONTRACTED[product]:
            agreed = self.draw.between(*_BESPOKE_DAY[product]) // 10 * 10
        return Term(7, Unit.DAY_AND_NIGHT, agreed=agreed)

    def day(self, first: date, last: date) -> date:
        """Any day from the first up to and including the last."""
        return first + timedelta(days=self.draw.below((last - first).days + 1))
