"""Foster care, family homes, group homes and guidance: as many clients per municipality and year as were published.

Places first (a municipality, a group and the years in which it counts), then people in them. April 2023 takes most places of
2023; its clients were mostly there in 2022. See decision 0021.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from demo import offer
from demo.indication import Indication
from demo.offer import FAMILY_HOME, FOSTER_CARE, GROUP_HOME, INDEPENDENT_LIVING
from demo.places import FAMILY_WEIGHTS, spread
from demo.region import april
from demo.region.grants import HISTORY_ENDS, Grant, at
from demo.region.making import Maker
from demo.region.people import People, Person
from demo.region.published import RESIDENTIAL, SEGMENT_2_FIRST_HALF, SUB_REGIONS
from demo.request import Body

FAMILY, HOUSING = "family", "housing"
_GROUPS = {FOSTER_CARE: FAMILY, FAMILY_HOME: FAMILY, GROUP_HOME: HOUSING, INDEPENDENT_LIVING: HOUSING}
_BORN = {FAMILY: (2006, 2018), HOUSING: (2004, 2007)}
_DAY = timedelta(days=1)
_APRIL_1, _HALF_2022 = date(2023, 4, 1), date(2022, 6, 15)

# Of the clients of April: family care per sub-region (two of Helmond come from a group home), housing per municipality.
_APRIL_FAMILY = {"Dommelvallei+": 52, "Helmond": 109, "Peelgemeenten": 59, "Veldhoven": 36}
_APRIL_HOUSING = {"0794": 8, "0861": 5, "0743": 2, "1659": 2, "0847": 1}
_MOVERS_LIVE_IN = "0794"
# Clients of 2023 who were not known in its first half on 10 August.
_NOT_IN_FIRST_HALF = {"Dommelvallei+": 2, "Helmond": 17, "Peelgemeenten": 7, "Veldhoven": 6}
# Who goes from family care to housing within the year, and so counts in both.
_BOTH_GROUPS_2023 = {"0794": 2, "0861": 2, "0762": 1}
_BOTH_GROUPS_2022 = {"1771": 2, "0861": 2}
_BEGAN_LATE_2022 = 11
_LONG_THERE = 236
_WITHDRAWN = ("1771", "0820", "0848")
_MOVED = ("1771", "0866")
_MOVED_TO = "0794"
_NEW_A_YEAR = {2024: 66, 2025: 61, 2026: 28}


@dataclass(slots=True)
class Stay:
    """A client in a product, from a day up to another; `mine` are the indications of April among it."""

    person: Person
    product: str
    provider: str
    first: date
    last: date
    mine: tuple[Indication, ...] = ()
    goes_on: bool = True

    @property
    def group(self) -> str:
        return _GROUPS[self.product]


class Segment2:
    """Builds it once; `grants` is what counts in the end, `told` the lines that are told otherwise than by default."""

    def __init__(self, maker: Maker, people: People) -> None:
        self._maker, self._draw, self._people = maker, maker.draw, people
        self.stays: list[Stay] = []
        self.grants: list[Grant] = []
        self.told: list[Body] = []
        self._both: Counter[tuple[str, str]] = Counter()
        self._april()
        self._rest_of_2023()
        self._only_2022()
        self._long_there()
        self._later_years()
        self._grant()
        self._known_in_august_only()

    # April 2023

    def _april(self) -> None:
        clients = april.by_client()
        movers = [mine for mine in clients if len({one.product for one in mine}) > 1]
        rest = [mine for mine in clients if mine not in movers]
        for group, homes in self._april_homes().items():
            fitting = [mine for mine in rest if _GROUPS[mine[0].product] == group]
            for home, mine in zip(self._draw.shuffled(homes), fitting, strict=True):
                self._april_stay(home, mine)
        self._when_they_began()
        for mine in movers:
            person = self._person(_MOVERS_LIVE_IN, mine[0])
            self._both[_MOVERS_LIVE_IN, HOUSING] += 1
            for one in mine:
                self._add_april(person, [one])

    def _april_homes(self) -> dict[str, list[str]]:
        family: list[str] = []
        for sub_region, number in _APRIL_FAMILY.items():
            weights = {code: RESIDENTIAL[code].family[1] for code in SUB_REGIONS[sub_region]}
            family += spread(number, weights)
        housing = [code for code, number in _APRIL_HOUSING.items() for _ in range(number)]
        self._april_family = Counter(family)
        for _ in range(2):
            family.remove(_MOVERS_LIVE_IN)
            housing.remove(_MOVERS_LIVE_IN)
        return {FAMILY: family, HOUSING: housing}

    def _person(self, home: str, one: Indication) -> Person:
        return self._people.one(home, (one.client.birth_year, one.client.birth_year))

    def _april_stay(self, home: str, mine: list[Indication]) -> None:
        self._add_april(self._person(home, mine[0]), mine)

    def _add_april(self, person: Person, mine: list[Indication]) -> None:
        first = min(one.terms.valid_from for one in mine)
        last = max(one.terms.valid_to or date.max for one in mine)
        self.stays.append(Stay(person, mine[0].product, mine[0].provider, first, last, tuple(mine)))

    def _when_they_began(self) -> None:
        """Most were there in the first half of 2022 already, under earlier indications; some came later."""
        late = _BEGAN_LATE_2022
        for stay in self.stays:
            if stay.first <= _HALF_2022:
                self._both[stay.person.municipality, stay.group] += 1
            elif stay.first.year == _HALF_2022.year and stay.first.month > _HALF_2022.month and late:
                late -= 1
                self._both[stay.person.municipality, stay.group] += 1
            elif stay.first.year == _HALF_2022.year or (stay.first <= _APRIL_1 and self._draw.chance(0.6)):
                stay.first = self._earlier(stay.product)
                self._both[stay.person.municipality, stay.group] += 1

    def _earlier(self, product: str) -> date:
        earliest = date(2022, 1, 1) if product == GROUP_HOME else date(2021, 7, 1)
        return self._maker.day(earliest, _HALF_2022)

    # The other places of 2022 and 2023

    def _rest_of_2023(self) -> None:
        for sub_region, codes in SUB_REGIONS.items():
            places = [
                (code, FAMILY)
                for code in codes
                for _ in range(RESIDENTIAL[code].family[1] - self._april_family[code])
            ]
            for code in codes:
                both = _BOTH_GROUPS_2023.get(code, 0)
                places += [(code, HOUSING)] * (
                    RESIDENTIAL[code].housing[1] - _APRIL_HOUSING.get(code, 0) - both
                )
                self._from_family_to_housing(code, both)
            absent = _NOT_IN_FIRST_HALF[sub_region]
            if sub_region == "Helmond":
                # Two places are those of who moved there, as a correction said later.
                places.remove((_MOVED_TO, FAMILY))
                places.remove((_MOVED_TO, FAMILY))
                absent -= 2
            for place, (code, group) in enumerate(self._draw.shuffled(places)):
                self._in_2023(code, group, first_half=place >= absent)

    def _from_family_to_housing(self, code: str, number: int) -> None:
        leaving = [
            stay
            for stay in self.stays
            if stay.person.municipality == code and stay.group == FAMILY and stay.goes_on
            and date(2023, 5, 31) <= stay.last <= date(2023, 11, 30)
        ]  # fmt: skip
        for stay in leaving[:number]:
            stay.goes_on = False
            first = max(stay.last + _DAY, date(2023, 7, 1))
            self._new(stay.person, HOUSING, first, first + timedelta(days=self._draw.between(200, 500)))

    def _in_2023(self, code: str, group: str, *, first_half: bool) -> None:
        day, person = self._maker.day, self._people.one(code, _BORN[group])
        room = self._both[code, group] < getattr(RESIDENTIAL[code], group)[0]
        if not first_half:
            first = day(date(2023, 7, 3), date(2023, 12, 8))
        elif room and self._draw.chance(0.6):
            self._both[code, group] += 1
            self._new(person, group, self._earlier(GROUP_HOME), day(date(2023, 1, 5), date(2023, 3, 31)))
            return
        else:
            first = day(date(2023, 5, 2), date(2023, 6, 20))
        self._new(person, group, first, first + timedelta(days=self._draw.between(120, 800)))

    def _only_2022(self) -> None:
        for code, published in RESIDENTIAL.items():
            family = [
                self._leaver(self._people.one(code, _BORN[FAMILY]), FAMILY)
                for _ in range(published.family[0] - self._both[code, FAMILY])
            ]
            movers = [stay for stay in family if stay.last < date(2022, 9, 30)][
                : _BOTH_GROUPS_2022.get(code, 0)
            ]
            for place in range(published.housing[0] - self._both[code, HOUSING]):
                if place < len(movers):
                    first = movers[place].last + _DAY
                    last = self._maker.day(first + timedelta(days=40), date(2022, 12, 24))
                    self._new(movers[place].person, HOUSING, first, last)
                else:
                    self._leaver(self._people.one(code, _BORN[HOUSING]), HOUSING)

    def _leaver(self, person: Person, group: str) -> Stay:
        first = self._earlier(GROUP_HOME if group == HOUSING else FOSTER_CARE)
        earliest = max(date(2022, 1, 20), first + timedelta(days=30))
        last = max(self._maker.day(earliest, date(2022, 12, 28)) for _ in range(2))
        return self._new(person, group, first, last)

    def _new(self, person: Person, group: str, first: date, last: date) -> Stay:
        draw = self._draw
        if group == FAMILY:
            product = FAMILY_HOME if draw.chance(0.28) else FOSTER_CARE
        else:
            product = GROUP_HOME if draw.chance(0.85) else INDEPENDENT_LIVING
        used = offer.CONTRACTED[product][: offer.USED_CONTRACTED[product]]
        bespoke = offer.NOT_CONTRACTED[product]
        provider = draw.one_of(bespoke) if bespoke and draw.chance(0.12) else draw.one_of(used)
        stay = Stay(person, product, provider, first, last)
        self.stays.append(stay)
        return stay

    # 2021, and after 2023

    def _long_there(self) -> None:
        """Who was there in the first half of 2021: many of 2022, and some who left in between."""
        half = date(2021, 6, 30)
        there = {stay.person.bsn for stay in self.stays if stay.first <= half}
        for stay in self._draw.shuffled(self.stays):
            family = stay.group == FAMILY and half < stay.first <= _HALF_2022
            if len(there) < _LONG_THERE and family and stay.person.bsn not in there:
                stay.first = self._maker.day(date(2019, 6, 1), date(2021, 6, 1))
                there.add(stay.person.bsn)
        for code in spread(SEGMENT_2_FIRST_HALF[2021] - len(there), FAMILY_WEIGHTS):
            first = self._maker.day(date(2019, 6, 1), date(2021, 5, 1))
            last = self._maker.day(max(first, date(2021, 1, 1)) + timedelta(days=10), date(2021, 12, 24))
            self._new(self._people.one(code, (2004, 2016)), FAMILY, first, last)

    def _later_years(self) -> None:
        for year, number in _NEW_A_YEAR.items():
            for code in spread(number, FAMILY_WEIGHTS):
                first = self._maker.day(date(year, 1, 2), min(date(year, 12, 20), HISTORY_ENDS))
                group = HOUSING if self._draw.chance(0.1) else FAMILY
                person = self._people.one(code, (year - 16, year - 4))
                self._new(person, group, first, first + timedelta(days=self._draw.between(150, 900)))

    # Indications

    def _grant(self) -> None:
        people = {stay.person.bsn: stay.person for stay in self.stays}
        dealt = [(stay.person, list(stay.mine)) for stay in self.stays if stay.mine]
        requests = april.delivered(self._draw, dealt)
        newest = april.in_the_end(requests, people)
        self.told = [april.record(request) for request in requests]
        self._closed(newest)
        self.grants = newest
        for stay in self.stays:
            self.grants += self._around(stay)

    def _closed(self, newest: list[Grant]) -> None:
        """What was granted without end ends one day, as a newer version says."""
        bodies = {
            (each["municipality"], each["assignmentNumber"]): each for each in self.told if "bsn" in each
        }
        for each in sorted(self.told, key=lambda body: (body["decidedAt"], body["sentAt"])):
            if "bsn" in each:
                bodies[each["municipality"], each["assignmentNumber"]] = each
        for grant in newest:
            if grant.last is None and self._draw.chance(0.9):
                grant.last = self._maker.day(date(2023, 11, 1), date(2026, 5, 30))
                body = bodies[grant.person.municipality, grant.number]
                told = grant.last - timedelta(days=self._draw.below(30))
                moments = {"decidedAt": at(told, grant.number), "sentAt": at(told, grant.number, 13)}
                kept = {key: value for key, value in body.items() if key != "administrativeReason"}
                self.told.append(kept | moments | {"to": grant.last.isoformat()})

    def _around(self, stay: Stay) -> Iterator[Grant]:
        if not stay.mine:
            yield from self._stay(stay, stay.first, stay.last)
            return
        begins = min(one.terms.valid_from for one in stay.mine)
        if stay.first < begins:
            yield from self._stay(stay, stay.first, begins - _DAY)
        if stay.goes_on and date(2023, 5, 1) <= stay.last < date.max and self._draw.chance(0.6):
            last = stay.last + timedelta(days=self._draw.between(90, 900))
            yield from self._stay(stay, stay.last + _DAY, last)

    def _stay(self, stay: Stay, first: date, last: date) -> Iterator[Grant]:
        term = self._maker.usual(stay.product, stay.provider)
        for grant in self._maker.stay(stay.person, stay.product, stay.provider, (first, last), term):
            grant.group = stay.product
            yield grant

    def _known_in_august_only(self) -> None:
        """Clients of Dommelvallei+ of whom it was said after 10 August 2023 that they never were there."""
        for place, code in enumerate((*_WITHDRAWN, *_MOVED)):
            person = self._people.one(code, _BORN[FAMILY])
            first = self._maker.day(date(2023, 5, 3), date(2023, 6, 12))
            days = (first, first + timedelta(days=300))
            provider = offer.CONTRACTED[FOSTER_CARE][0]
            wrong = self._maker.one(
                person, FOSTER_CARE, provider, days, self._maker.usual(FOSTER_CARE, provider)
            )
            told = self._maker.day(date(2023, 9, 4), date(2024, 2, 20))
            self.told += [wrong.record(), withdrawal(wrong, told, "Delivered for the wrong client.")]
            if place >= len(_WITHDRAWN):
                moved = replace(person, municipality=_MOVED_TO, postcode=self._people.postcode(_MOVED_TO))
                for grant in self._stay(Stay(moved, FOSTER_CARE, provider, *days), *days):
                    grant.decided, grant.sent = told, told
                    self.grants.append(grant)


def withdrawal(grant: Grant, day: date, reason: str) -> Body:
    """The line that withdraws an indication on a day."""
    return {
        "municipality": grant.person.municipality,
        "assignmentNumber": grant.number,
        "withdrawn": True,
        "decidedAt": at(day, grant.number),
        "sentAt": at(day, grant.number, 12),
        "reason": reason,
    }
