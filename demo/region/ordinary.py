"""All other help: courses that fill each municipality up to its clients of the year, and their indications."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from demo.places import spread
from demo.region.catalogue import ORDINARY, Line
from demo.region.contracts import Contracts
from demo.region.grants import HISTORY_ENDS, Grant
from demo.region.making import Maker, Term, shuffled
from demo.region.people import People, Person
from demo.region.published import CLIENTS, FACT_SHEET_DAY, FIRST_HALF_2023, SUB_REGIONS
from demo.region.segment_1 import people_in
from demo.region.segment_2 import withdrawal
from demo.request import Body
from shared.values.codes import Frequency, Unit

_DAY = timedelta(days=1)
_SHORTEST = timedelta(days=21)
_YEARS = range(2021, 2027)
_GROWTH = {2021: 0.985, 2024: 1.014, 2025: 1.021, 2026: 0.83}
"""Clients beside the nearest published year; 2026 is half a year."""
_STAYS, _STAY_OF_HALF = 0.6, 0.77
_NEW_ROUND = date(2023, 1, 1)
# In the first half of 2023: clients that were delivered after the fact sheet, and that it knew wrongly.
_LATE = {"Dommelvallei+": 5, "Helmond": 6, "Peelgemeenten": 4, "Veldhoven": 3}
_WRONG = {"Dommelvallei+": 7, "Helmond": 5, "Peelgemeenten": 6, "Veldhoven": 2}
_WRONG_SEGMENT_2 = {"Dommelvallei+": 5}
_CHANCE_KNOWN_BEFORE, _CHANCE_SECOND, _CHANCE_SAME = 0.07, 0.1, 0.6


@dataclass(slots=True)
class Course:
    """A client's help without a break, from a day up to another."""

    person: Person
    first: date
    last: date = HISTORY_ENDS
    punctual: bool = False
    late: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """What a municipality has of the first half of 2023."""

    second_half: int
    late: int


class Ordinary:
    """Builds it once; `grants` is what counts in the end, `told` the lines of who never was there."""

    def __init__(self, maker: Maker, people: People, contracts: Contracts, residential: list[Grant]) -> None:
        self._maker, self._people, self._contracts = maker, people, contracts
        self._draw = maker.draw
        self._lines = [line for line in ORDINARY for _ in range(line.usual.share)]
        self._left: dict[int, list[Person]] = defaultdict(list)
        self.told: list[Body] = []
        self._clients = self._wanted(residential)
        self._shares = self._first_half(residential)
        courses = [course for code in CLIENTS for course in self._courses(code)]
        self.grants = [grant for course in courses for grant in self._indications(course)]
        self._known_wrongly()

    def _wanted(self, residential: list[Grant]) -> dict[str, dict[int, int]]:
        taken = {year: people_in(residential, date(year, 1, 1), date(year, 12, 31)) for year in (2022, 2023)}
        wanted: dict[str, dict[int, int]] = {}
        for code, (in_2022, in_2023) in CLIENTS.items():
            published = {2022: in_2022 - len(taken[2022][code]), 2023: in_2023 - len(taken[2023][code])}
            near = {2021: 2022, 2024: 2023, 2025: 2023, 2026: 2023}
            others = {year: round(published[near[year]] * growth) for year, growth in _GROWTH.items()}
            wanted[code] = published | others
        return wanted

    def _first_half(self, residential: list[Grant]) -> dict[str, Share]:
        """How many of each municipality begin in the second half, so that the first is as it was known."""
        known = [grant for grant in residential if grant.told or grant.sent <= FACT_SHEET_DAY]
        there = people_in(known, date(2023, 1, 1), date(2023, 6, 30))
        shares: dict[str, Share] = {}
        for name, codes in SUB_REGIONS.items():
            certain = sum(len(there[code]) for code in codes) + _WRONG[name] + _WRONG_SEGMENT_2.get(name, 0)
            weights = {code: self._clients[code][2023] for code in codes}
            begin = sum(weights.values()) + certain - _LATE[name] - FIRST_HALF_2023[name]
            second, late = spread(begin, weights), spread(_LATE[name], weights)
            shares |= {code: Share(second.count(code), late.count(code)) for code in codes}
        return shares

    # Courses

    def _courses(self, code: str) -> Iterator[Course]:
        active: list[Course] = []
        for year in _YEARS:
            active += self._newcomers(code, year, self._clients[code][year] - len(active))
            active = shuffled(self._draw, active)
            stay = self._staying(code, year)
            for course in active[stay:]:
                course.last = self._end(course.first, year)
                self._left[year].append(course.person)
                yield course
            active = active[:stay]
        for course in active:
            course.last = HISTORY_ENDS + timedelta(days=self._draw.between(20, 300))
            yield course

    def _staying(self, code: str, year: int) -> int:
        clients, share = self._clients[code], self._shares[code]
        if year + 1 == _NEW_ROUND.year:
            return clients[2023] - share.second_half - self._new_in_first_half(share)
        if year + 1 == HISTORY_ENDS.year:
            return round(clients[year + 1] * _STAY_OF_HALF)
        return round(min(clients[year], clients.get(year + 1, clients[year])) * _STAYS)

    def _new_in_first_half(self, share: Share) -> int:
        return round(share.second_half * 1.02)

    def _newcomers(self, code: str, year: int, number: int) -> list[Course]:
        if year == _YEARS[0]:
            before = [
                self._course(code, date(2020, 1, 10), date(2020, 12, 31)) for _ in range(number * 3 // 5)
            ]
            rest = number - len(before)
            return before + [self._course(code, date(year, 1, 1), date(year, 12, 5)) for _ in range(rest)]
        if year != _NEW_ROUND.year:
            last = min(date(year, 12, 5), HISTORY_ENDS)
            return [self._course(code, date(year, 1, 1), last) for _ in range(number)]
        share = self._shares[code]
        second = [self._course(code, date(year, 7, 1), date(year, 12, 5)) for _ in range(share.second_half)]
        first = [self._course(code, date(year, 1, 1), date(year, 6, 30)) for _ in range(number - len(second))]
        for place, course in enumerate(first):
            course.punctual, course.late = True, place < share.late
        return first + second

    def _course(self, code: str, first: date, last: date) -> Course:
        draw, begins = self._draw, self._maker.day(first, last)
        known = first.year >= _NEW_ROUND.year and draw.chance(_CHANCE_KNOWN_BEFORE)
        return Course(self._again(code, first.year) if known else self._someone(code, begins), begins)

    def _someone(self, code: str, begins: date) -> Person:
        return self._people.one(code, self._born(begins))

    def _again(self, code: str, year: int) -> Person:
        """Somebody whose help ended in the year before, here or in a municipality that they moved from."""
        left = self._left[year - 1]
        if not left:
            return self._someone(code, date(year, 6, 30))
        person = left.pop(self._draw.below(len(left)))
        if person.municipality == code:
            return person
        return replace(person, municipality=code, postcode=self._people.postcode(code))

    def _born(self, first: date) -> tuple[int, int]:
        age = self._draw.one_of((1, 3, 4, 5, 6, 7, 8, 8, 9, 9, 10, 10, 11, 12, 13, 14, 15, 15, 16, 16, 17))
        return first.year - age, first.year - age

    def _end(self, first: date, year: int) -> date:
        last = date(year, 12, 31)
        earliest = min(max(first + _SHORTEST, date(year, 1, 10)), last)
        return self._maker.day(earliest, last)

    # Indications

    def _indications(self, course: Course) -> Iterator[Grant]:
        line, first = self._draw.one_of(self._lines), course.first
        provider = self._provider(line, first)
        while first <= min(course.last, HISTORY_ENDS):
            last = min(first + timedelta(days=self._draw.between(*line.usual.days)), course.last)
            last = course.last if course.last - last < _SHORTEST else last
            yield self._one(course, line, provider, (first, last))
            if self._draw.chance(_CHANCE_SECOND) and last - first > 3 * _SHORTEST:
                yield self._second(course, first, last)
            first = last + _DAY
            if line.segment == 5 or not self._draw.chance(_CHANCE_SAME):  # noqa: PLR2004 - crisis ends
                line = self._draw.one_of(self._lines)
                provider = self._provider(line, first)

    def _second(self, course: Course, first: date, last: date) -> Grant:
        other = self._draw.one_of(self._lines)
        begins = self._maker.day(first, last - 2 * _SHORTEST)
        return self._one(course, other, self._provider(other, begins), (begins, last))

    def _provider(self, line: Line, first: date) -> str:
        offered = self._contracts.offers[line.code]
        agbs = offered.contracted + (offered.since_2023 if first >= _NEW_ROUND else [])
        # The first ones are the larger.
        return agbs[self._draw.below(self._draw.between(1, len(agbs)))]

    def _one(self, course: Course, line: Line, provider: str, days: tuple[date, date]) -> Grant:
        grant = self._maker.one(course.person, line.code, provider, days, self._term(line))
        if course.late and grant.first <= FACT_SHEET_DAY:
            grant.decided = self._maker.day(FACT_SHEET_DAY + _DAY, date(2023, 11, 20))
            grant.sent = grant.decided + _DAY
            grant.punctual = True
        grant.punctual = grant.punctual or course.punctual
        if not grant.punctual and self._draw.chance(0.06):
            grant.sent += timedelta(days=self._draw.between(25, 130))
        return grant

    def _term(self, line: Line) -> Term:
        low, high = line.usual.volume
        volume = self._draw.between(low, high)
        if line.unit is Unit.MINUTE:
            volume = max(15, volume // 15 * 15)
        if line.unit is Unit.PIECE_OF_OUTPUT:
            return Term(volume, line.unit, Frequency.WHOLE_PERIOD)
        if self._draw.chance(0.12):
            return Term(volume * 13 // 3, line.unit, Frequency.MONTH)
        return Term(volume, line.unit)

    def _known_wrongly(self) -> None:
        for name, number in _WRONG.items():
            for place in range(number):
                code = SUB_REGIONS[name][place % len(SUB_REGIONS[name])]
                first = self._maker.day(date(2023, 2, 1), date(2023, 6, 20))
                course = Course(self._people.one(code, (2007, 2016)), first, punctual=True)
                line = self._draw.one_of(self._lines)
                days = (first, first + timedelta(days=200))
                wrong = self._one(course, line, self._provider(line, first), days)
                told = self._maker.day(date(2023, 8, 21), date(2024, 3, 20))
                self.told += [wrong.record(), withdrawal(wrong, told, "Delivered for the wrong client.")]
