"""Residential treatment: per municipality and year as many clients as published, some of whom are in segment 2 as well."""

from collections import defaultdict
from datetime import date, timedelta

from demo.places import spread
from demo.region.catalogue import RESIDENTIAL_1
from demo.region.contracts import Contracts
from demo.region.grants import HISTORY_ENDS, Grant
from demo.region.making import Maker, Term
from demo.region.people import People, Person
from demo.region.published import FACT_SHEET_DAY, RESIDENTIAL, SEGMENT_1_AND_2
from demo.request import Draw

_DAY = timedelta(days=1)
_BORN = (2005, 2013)
_OTHER_YEARS = {2021: 66, 2024: 71, 2025: 66, 2026: 30}
_IN_BOTH_YEARS = 0.55
GROUP = "segment 1 residential"


class Segment1:
    """Builds it once; `grants` is what counts in the end."""

    def __init__(self, maker: Maker, people: People, contracts: Contracts, segment_2: list[Grant]) -> None:
        self._maker, self._people, self._contracts = maker, people, contracts
        self._draw: Draw = maker.draw
        self._segment_2 = segment_2
        self.grants: list[Grant] = []
        self._published()
        self._other_years()

    def _published(self) -> None:
        weights = [{code: each.segment1[year] for code, each in RESIDENTIAL.items()} for year in (0, 1)]
        shared = [spread(SEGMENT_1_AND_2[year], weights[year]) for year in (0, 1)]
        for code, each in RESIDENTIAL.items():
            both = int(min(each.segment1) * _IN_BOTH_YEARS)
            for _ in range(both):
                first = self._maker.day(date(2021, 6, 1), date(2022, 11, 20))
                self._stay(self._person(code), first, self._maker.day(date(2023, 1, 8), date(2023, 12, 28)))
            for place, year in enumerate((2022, 2023)):
                others = self._of_segment_2(code, year)[: shared[place].count(code)]
                people = others + [
                    self._person(code) for _ in range(each.segment1[place] - both - len(others))
                ]
                for person in people:
                    self._within(person, year)

    def _person(self, code: str) -> Person:
        return self._people.one(code, _BORN)

    def _of_segment_2(self, code: str, year: int) -> list[Person]:
        first, last = date(year, 1, 1), date(year, 12, 31)
        people = {
            grant.person.bsn: grant.person
            for grant in self._segment_2
            if grant.person.municipality == code
            and grant.overlaps(first, last)
            # Not who was said to live elsewhere until then.
            and (grant.told or grant.sent <= FACT_SHEET_DAY)
        }
        return self._draw.shuffled(list(people.values()))

    def _within(self, person: Person, year: int) -> None:
        """A stay that counts in this year and not in the other published one."""
        starts = date(year, 1, 1)
        if year == 2022:  # noqa: PLR2004 - who was not there in 2023 may have come before 2022
            first = self._maker.day(date(2021, 9, 1), date(2022, 10, 30))
            last = self._maker.day(max(first, starts) + timedelta(days=30), date(2022, 12, 30))
        else:
            first = self._maker.day(starts + _DAY, date(2023, 12, 10))
            last = first + timedelta(days=self._draw.between(60, 420))
        self._stay(person, first, last)

    def _other_years(self) -> None:
        weights = {code: each.segment1[1] for code, each in RESIDENTIAL.items()}
        for year, number in _OTHER_YEARS.items():
            for code in spread(number, weights):
                first = self._maker.day(date(year, 1, 2), min(date(year, 11, 15), HISTORY_ENDS))
                last = first + timedelta(days=self._draw.between(60, 420))
                if year == 2021:  # noqa: PLR2004 - the places of 2022 are taken
                    last = min(last, date(2021, 12, 30))
                self._stay(self._people.one(code, (year - 17, year - 9)), first, last)

    def _stay(self, person: Person, first: date, last: date) -> None:
        line = self._draw.one_of([line for line in RESIDENTIAL_1 for _ in range(line.usual.share)])
        provider = self._draw.one_of(self._contracts.offers[line.code].contracted)
        term = Term(self._draw.between(*line.usual.volume), line.unit)
        for grant in self._maker.stay(person, line.code, provider, (first, last), term):
            grant.group = GROUP
            self.grants.append(grant)


def people_in(grants: list[Grant], first: date, last: date) -> dict[str, set[str]]:
    """The clients of each municipality with an indication in a period."""
    found: dict[str, set[str]] = defaultdict(set)
    for grant in grants:
        if grant.overlaps(first, last):
            found[grant.person.municipality].add(grant.person.bsn)
    return found
