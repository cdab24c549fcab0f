"""Where postcodes are: a vendored file, whose source and licence stand in it."""

from importlib.resources import files

import pytest

from demo.places import PLACES, POSTCODES
from shared.values.postcodes import UnknownPostcodeError, coordinates_of

CONTENT = files("shared.values").joinpath("postcodes.csv").read_text("ascii")
LINES = [line.split(",") for line in CONTENT.splitlines() if line[:1].isdigit()]


def test_source_licence_and_change_stand_in_the_file() -> None:
    head = CONTENT.partition("pc4,")[0]
    assert all(words in head for words in ("GeoNames", "CC BY 4.0", "creativecommons.org", "Changed"))


def test_every_line_is_one_postcode_in_the_netherlands() -> None:
    assert len({pc4 for pc4, _, _ in LINES}) == len(LINES) > 4_000
    for pc4, latitude, longitude in LINES:
        assert 1000 <= int(pc4) <= 9999
        assert 50.7 < float(latitude) < 53.6
        assert 3.3 < float(longitude) < 7.3


def test_the_regions_postcodes_are_known_and_its_places_where_they_are() -> None:
    for pc4 in (code for codes in POSTCODES.values() for code in codes):
        assert coordinates_of(pc4)
    for name, place in PLACES.items():
        found = coordinates_of(place.postcode)
        assert abs(found.latitude - place.latitude) < 0.04, name
        assert abs(found.longitude - place.longitude) < 0.06, name


@pytest.mark.parametrize("postcode", ["5701", "5701AB", "5701 ZZ"])
def test_letters_do_not_matter(postcode: str) -> None:
    assert coordinates_of(postcode) == coordinates_of("5701")


def test_an_unknown_postcode_says_so() -> None:
    with pytest.raises(UnknownPostcodeError):
        coordinates_of("5700")
