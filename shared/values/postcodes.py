"""Where the four-digit postcodes of the Netherlands are (docs/decisions/0010-postcodes.md): never asked from outside."""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).with_name("postcodes.csv")
_DIGITS = 4


class Coordinates(NamedTuple):
    """A place, in degrees (WGS 84)."""

    latitude: float
    longitude: float


class UnknownPostcodeError(ValueError):
    """A postcode that the file does not hold; the message names only its digits."""

    def __init__(self, pc4: str) -> None:
        super().__init__(f"Postcode {pc4} is not known here; give one close to it.")


def coordinates_of(postcode: str) -> Coordinates:
    """Give the centre of a postcode by its four digits, with or without letters after them. Raises UnknownPostcodeError."""
    pc4 = postcode[:_DIGITS]
    try:
        return _known()[pc4]
    except KeyError as error:
        raise UnknownPostcodeError(pc4) from error


@cache
def _known() -> dict[str, Coordinates]:
    with _FILE.open(encoding="ascii", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {row["pc4"]: Coordinates(float(row["latitude"]), float(row["longitude"])) for row in rows}
