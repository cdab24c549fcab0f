"""The example's clients. Their citizen service numbers are from the official range for tests."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from demo.places import POSTCODES
from demo.request import Draw
from shared.values.bsn import Bsn, InvalidBsnError

_TEST_NUMBERS = range(999_900_006, 999_999_991)
_STRIDE = 29


@dataclass(frozen=True, slots=True)
class Client:
    """A made-up child: what a delivery says about it."""

    bsn: str
    birth_year: int
    municipality: str
    postcode: str


class Clients:
    """Hands out clients, each with a test number of its own."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self._numbers = _test_numbers()

    def one(self, municipality: str, birth_years: tuple[int, int]) -> Client:
        """A new client that lives in the municipality."""
        return Client(
            bsn=next(self._numbers),
            birth_year=self._draw.between(*birth_years),
            municipality=municipality,
            postcode=self._draw.one_of(POSTCODES[municipality]),
        )

    def several(self, municipalities: Iterable[str], birth_years: tuple[int, int]) -> list[Client]:
        """A new client for each municipality named."""
        return [self.one(municipality, birth_years) for municipality in municipalities]


def _test_numbers() -> Iterator[str]:
    passing = [number for number in map(str, _TEST_NUMBERS) if _passes(number)]
    return iter(passing[::_STRIDE])


def _passes(number: str) -> bool:
    try:
        Bsn(number)
    except InvalidBsnError:
        return False
    return True
