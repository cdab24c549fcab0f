"""The people of the region: children who do not exist, with numbers outside the official test range."""

from collections.abc import Iterator
from dataclasses import dataclass

from demo.places import POSTCODES
from demo.request import Draw

_FIRST, _PREFIXES, _STRIDE = 90_000_000, 9_989_999, 7_654_321
"""Prefixes of eight digits from 90000000 up to 99989998, in an order that looks like none."""
_WEIGHTS = range(9, 1, -1)
_NO_DIGIT = 10


@dataclass(frozen=True, slots=True)
class Person:
    """A child in a municipality (the code of the real one, whatever it is called in the files)."""

    bsn: str
    birth_year: int
    municipality: str
    postcode: str


class People:
    """Hands out children, each with a number of its own. `region` 0 is the first; others have other numbers."""

    def __init__(self, draw: Draw, region: int) -> None:
        self._draw = draw
        self._numbers = numbers(region * _A_REGION)

    def one(self, municipality: str, born: tuple[int, int]) -> Person:
        """A new child."""
        year = self._draw.between(*born)
        return Person(next(self._numbers), year, municipality, self.postcode(municipality))

    def postcode(self, municipality: str) -> str:
        """A postcode of the municipality."""
        return self._draw.one_of(POSTCODES[municipality])


_A_REGION = 90_000


def numbers(start: int) -> Iterator[str]:
    """Numbers that pass the 11-test, from a place in their order on."""
    for place in range(start, _PREFIXES):
        prefix = str(_FIRST + place * _STRIDE % _PREFIXES)
        digit = sum(weight * int(each) for weight, each in zip(_WEIGHTS, prefix, strict=True)) % 11
        if digit != _NO_DIGIT:
            yield f"{prefix}{digit}"
